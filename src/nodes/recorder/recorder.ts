import path from 'node:path';
import { z } from 'zod';

import type { StreamEvent } from '../../runtime/index.js';
import { actionOf } from '../shared/action.js';
import { badgeWith, failed, streamBadge, timeText, type Badge } from '../shared/badge.js';
import { onInput } from '../shared/input.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { AttachedNode, ofWholeStream } from '../shared/stream-node.js';
import { recorderConfig } from './recorder.config.js';
import { recorderPart } from './recorder.plan.js';

const actionSchema = z.strictObject({ action: z.enum(['start', 'stop', 'clip']) });

/** stream-recorder: what is kept of the frames. Sends what becomes of its files; obeys actions, lets other messages pass by. */
export default function register(red: Red): void {
  red.nodes.registerType('stream-recorder', function (saved) {
    red.nodes.createNode(this, saved);
    const badge = recorderBadges(this.id);
    const attached = new AttachedNode(red, this, {
      part: () => recorderPart(migrateConfig(recorderConfig, saved)),
      badge,
      owns: (event) => 'recorderId' in event && event.recorderId === this.id,
      onEvent: (event, { id, name }) => {
        if (event.event !== 'recording' || event.recorderId !== this.id) return;
        const { state, path: file, frames, clip } = event;
        this.send({ topic: name, payload: { event: 'recording', state, path: file, ...(frames !== undefined && { frames }), ...clip }, stream: { id, name } });
      },
    });
    onInput(this, async ({ payload }) => {
      const action = actionOf(actionSchema, payload);
      if (action !== undefined) await attached.coordinator.command(this.id, { action: 'recorder', recorderId: this.id, do: action.action });
    });
  });
}

/** Badges of a recorder, which know since when each stream is being recorded. */
function recorderBadges(id: string): (event: StreamEvent) => Badge | undefined {
  const positions = new Map<string, number>();
  const startedAt = new Map<string, number>();
  return badgeWith({
    started: () => ({ look: 'idle', text: 'ready' }),
    reconnected: () => undefined,
    recording: ({ streamId, recorderId, state, path: file }) => {
      if (recorderId !== id || state === 'recovered') return undefined;
      if (state === 'started') {
        startedAt.set(streamId, positions.get(streamId) ?? 0);
        return recording(0);
      }
      startedAt.delete(streamId);
      return { look: 'over', text: 'recorded', values: { file: path.basename(file) } };
    },
    progress: ({ streamId, position }) => {
      positions.set(streamId, position);
      const since = startedAt.get(streamId);
      return since === undefined ? undefined : recording(position - since);
    },
    error: (event) => {
      if (event.recorderId !== id && !(event.fatal && ofWholeStream(event))) return undefined;
      startedAt.delete(event.streamId);
      return failed(event.error.message);
    },
    ended: (event) => {
      positions.delete(event.streamId);
      startedAt.delete(event.streamId);
      // The name of the file stays; only a failure is news.
      return event.reason === 'failed' ? streamBadge(event) : undefined;
    },
  });
}

function recording(seconds: number): Badge {
  return { look: 'working', text: 'recording', values: { time: timeText(seconds) } };
}
