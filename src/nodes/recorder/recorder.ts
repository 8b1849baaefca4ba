import path from 'node:path';
import { z } from 'zod';

import type { StreamEvent } from '../../runtime/index.js';
import { actionOf } from '../shared/action.js';
import { failed, streamBadge, timeText, type Badge } from '../shared/badge.js';
import { onInput } from '../shared/input.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { AttachedNode } from '../shared/stream-node.js';
import { recorderConfig } from './recorder.config.js';
import { recorderPart } from './recorder.plan.js';

const actionSchema = z.strictObject({ action: z.enum(['start', 'stop']) });

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
        const { state, path: file, frames } = event;
        this.send({ topic: name, payload: { event: 'recording', state, path: file, ...(frames === undefined ? {} : { frames }) }, stream: { id, name } });
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
  return (event) => {
    const { streamId } = event;
    switch (event.event) {
      case 'recording':
        if (event.recorderId !== id) return undefined;
        if (event.state === 'finished') {
          startedAt.delete(streamId);
          return { look: 'over', text: 'recorded', values: { file: path.basename(event.path) } };
        }
        startedAt.set(streamId, positions.get(streamId) ?? 0);
        return recording(0);
      case 'progress': {
        positions.set(streamId, event.position);
        const since = startedAt.get(streamId);
        return since === undefined ? undefined : recording(event.position - since);
      }
      case 'error':
        if (event.recorderId === id) return failed(event.error.message);
        return event.fatal && event.algoId === undefined && event.recorderId === undefined ? failed(event.error.message) : undefined;
      case 'ended':
        positions.delete(streamId);
        startedAt.delete(streamId);
        // The name of the file stays; only a failure is news.
        return event.reason === 'failed' ? streamBadge(event) : undefined;
      case 'started':
        return { look: 'idle', text: 'ready' };
      default:
        return event.event === 'reconnected' || event.event === 'resumed' ? undefined : streamBadge(event);
    }
  };
}

function recording(seconds: number): Badge {
  return { look: 'working', text: 'recording', values: { time: timeText(seconds) } };
}
