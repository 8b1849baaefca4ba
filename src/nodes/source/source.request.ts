import { z } from 'zod';

import { check, StreamInferError } from '../../runtime/index.js';
import type { SourceRequest } from '../shared/node-api.js';

const location = z.string().trim().min(1, 'expected a path, URL, device or test:').max(4096);

const requestSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('start'),
    location: location.optional(),
    mode: z.enum(['offline', 'realtime']).optional(),
    fps: z.number().positive().max(1000).optional(),
    position: z.number().min(0).max(1e7).optional(),
  }),
  z.strictObject({ action: z.enum(['stop', 'pause', 'resume', 'step']) }),
  z.strictObject({ action: z.literal('seek'), position: z.number().min(0).max(1e7) }),
]);

/** What a message's payload asks of a source: a location to play, or an action. Throws `OPTION_INVALID`. */
export function sourceRequest(payload: unknown): SourceRequest {
  if (typeof payload === 'string') {
    return check(z.object({ payload: z.object({ action: z.literal('start'), location }) }), { payload: { action: 'start', location: payload } }).payload;
  }
  if (typeof payload !== 'object' || payload === null || !('action' in payload)) {
    throw new StreamInferError(
      'OPTION_INVALID',
      "payload: expected a location as text, or { action: 'start' | 'stop' | 'pause' | 'resume' | 'step' | 'seek', location?, mode?, fps?, position? }",
    );
  }
  return check(z.object({ payload: requestSchema }), { payload }).payload as SourceRequest;
}
