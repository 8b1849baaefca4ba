import type { StreamEvent } from '../../runtime/index.js';
import type { StreamRef } from '../shared/node-api.js';
import type { RedMessage } from '../shared/red.js';
import { without } from '../shared/values.js';

/** The message of the second output that tells of an event; undefined for what is not told there. */
export function lifecycleMessage(event: StreamEvent, { id, name }: StreamRef): RedMessage | undefined {
  const payload = payloadOf(event);
  if (payload === undefined) return undefined;
  const message = { topic: name, payload: { event: event.event, ...payload }, stream: { id, name } };
  return event.event === 'ended' ? { ...message, complete: true } : message;
}

/** Events that are told as they are. */
const PLAIN: ReadonlySet<StreamEvent['event']> = new Set(['started', 'progress', 'paused', 'resumed', 'reconnected', 'picture', 'dropped', 'warning']);

function payloadOf(event: StreamEvent): Record<string, unknown> | undefined {
  if (PLAIN.has(event.event)) return without(event, 'streamId', 'event');
  if (event.event === 'error') return { ...event.error, ...without(event, 'streamId', 'event', 'error') };
  if (event.event === 'stalled') return { ...event.error, retryIn: event.retryIn };
  if (event.event === 'ended') return { ...without(event.totals, 'stats'), ...without(event, 'streamId', 'event', 'totals') };
  return undefined;
}
