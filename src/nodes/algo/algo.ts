import { z } from 'zod';

import { plainCopy, systemClock, toWire, type AlgoResult, type StreamCommand, type StreamEvent } from '../../runtime/index.js';
import { actionOf } from '../shared/action.js';
import { badgeWith, failed, openingBadge, type Badge } from '../shared/badge.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { onInput } from '../shared/input.js';
import { ResultBadges } from '../shared/left-out.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red, RedMessage } from '../shared/red.js';
import { AttachedNode, ofWholeStream } from '../shared/stream-node.js';
import { without } from '../shared/values.js';
import { algoConfig } from './algo.config.js';
import { algoPart } from './algo.plan.js';
import { answerOf, framesMessage, type FlowReturn } from './flow-messages.js';
import { serveModelLooks } from './look-route.js';
import { serveStills } from './still-route.js';
import { serveModelTests } from './test-route.js';

const fraction = z.number().min(0).max(1).optional();

const actionSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum(['enable', 'disable', 'run']) }),
  z
    .strictObject({ action: z.literal('set'), interval: z.number().min(0).max(1e6).optional(), scoreThreshold: fraction, iouThreshold: fraction })
    .refine((request) => Object.keys(request).length > 1, 'expected interval, scoreThreshold or iouThreshold'),
]);

/** stream-algo: what runs on the frames. Sends each result, or asks the flow for it; obeys actions, lets other messages pass by. */
export default function register(red: Red): void {
  coordinatorOf(red).makers.add('algo', algoConfig, algoPart);
  serveStills(red);
  serveModelTests(red);
  serveModelLooks(red);
  red.nodes.registerType('stream-algo', function (saved) {
    red.nodes.createNode(this, saved);
    const badges = new Map<string, ResultBadges>();
    const badgesOf = (streamId: string): ResultBadges => {
      const known = badges.get(streamId) ?? new ResultBadges(systemClock);
      badges.set(streamId, known);
      return known;
    };
    const attached = new AttachedNode(red, this, {
      part: () => algoPart(migrateConfig(algoConfig, saved), this.credentials ?? {}),
      badge: algoBadges(this.id),
      owns: (event) => 'algoId' in event && event.algoId === this.id,
      onEvent: (event) => {
        if (event.event === 'started') badgesOf(event.streamId).reset();
        if (event.event === 'dropped' && event.algoId === this.id) badgesOf(event.streamId).skipped(event.counts);
      },
      onResult: (result) => {
        attached.badge.set(result.streamId, badgesOf(result.streamId).after(result));
        this.send(resultMessage(result));
      },
      onFlowRequest: (request) => {
        if (this.wires[1]?.length) this.send([null, framesMessage(request)]);
        else void attached.coordinator.answer(request.requestId, { error: 'nothing is wired to the second output, which gives the frames to the flow' });
      },
    });
    const take = async (answer: FlowReturn): Promise<void> => {
      const outcome = 'error' in answer ? { error: answer.error } : plainOutcome(answer.result);
      const isInTime = await attached.coordinator.answer(answer.requestId, outcome);
      if (!isInTime) badges.get(answer.streamId)?.answeredLate();
    };
    onInput(this, async (message) => {
      const answer = answerOf(message, this.id);
      if (answer !== undefined) {
        await take(answer);
        return;
      }
      const action = actionOf(actionSchema, message['payload']);
      if (action === undefined) return;
      const streamIds = await attached.coordinator.command(this.id, commandOf(this.id, action));
      for (const id of streamIds) {
        if (action.action === 'disable') attached.badge.set(id, { look: 'idle', text: 'disabled' });
        if (action.action === 'enable') attached.badge.set(id, { look: 'working', text: 'ready' });
      }
    });
  }, { credentials: { remoteToken: { type: 'password' } } });
}

function commandOf(algoId: string, request: z.output<typeof actionSchema>): StreamCommand {
  if (request.action !== 'set') return { action: 'algo', algoId, do: request.action };
  return { action: 'algo', algoId, do: 'set', ...without(request, 'action') } as StreamCommand;
}

/** A flow's payload, if it can leave this process. */
function plainOutcome(payload: unknown): { readonly result: unknown } | { readonly error: string } {
  try {
    return { result: plainCopy(payload) };
  } catch (error) {
    return { error: toWire(error).message };
  }
}

/** A result as it goes over wires. */
function resultMessage({ algo, position, frame, stream, result, timing }: AlgoResult): RedMessage {
  return { topic: stream.name, payload: result, algo, position, frame, stream, timing };
}

function algoBadges(id: string): (event: StreamEvent) => Badge | undefined {
  return badgeWith({
    // Its own pace is what an algo shows while the stream plays, and what is wrong with its model before it does.
    connecting: () => undefined,
    started: () => undefined,
    reconnected: () => undefined,
    progress: () => undefined,
    algo: ({ algoId, state, description, retryIn = 0 }) => {
      if (algoId !== id) return undefined;
      if (state === 'waiting') return { look: 'waiting', text: 'notAnswering', values: { seconds: Math.ceil(retryIn) } };
      return state === 'opening' ? openingBadge(description) : { look: 'working', text: 'ready' };
    },
    error: (event) => (event.algoId === id || (event.fatal && ofWholeStream(event)) ? failed(event.error.message) : undefined),
  });
}
