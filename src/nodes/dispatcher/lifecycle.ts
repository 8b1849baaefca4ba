import type { StreamEvent } from '../../runtime/index.js';
import type { StreamRef } from '../shared/node-api.js';
import type { RedMessage } from '../shared/red.js';

/** The message of the second output that tells of an event; undefined for what is not told there. */
export function lifecycleMessage(event: StreamEvent, { id, name }: StreamRef): RedMessage | undefined {
  const payload = payloadOf(event);
  if (payload === undefined) return undefined;
  const message = { topic: name, payload: { event: event.event, ...payload }, stream: { id, name } };
  return event.event === 'ended' ? { ...message, complete: true } : message;
}

function payloadOf(event: StreamEvent): Record<string, unknown> | undefined {
  switch (event.event) {
    case 'error': {
      const { error, fatal, algoId, recorderId } = event;
      return { ...error, fatal, ...(algoId === undefined ? {} : { algoId }), ...(recorderId === undefined ? {} : { recorderId }) };
    }
    case 'stalled':
      return { ...event.error, retryIn: event.retryIn };
    case 'ended': {
      const { reason, totals, error } = event;
      return { reason, ...totals, ...(error === undefined ? {} : { error }) };
    }
    case 'started':
    case 'progress':
    case 'paused':
    case 'resumed':
    case 'reconnected':
    case 'dropped':
    case 'warning': {
      const { streamId: _, event: __, ...rest } = event;
      return rest;
    }
    case 'connecting':
    case 'algo':
    case 'recording':
      return undefined;
  }
}
