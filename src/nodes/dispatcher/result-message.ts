import { z } from 'zod';

import { check, StreamInferError, type AlgoResult } from '../../runtime/index.js';
import type { RedMessage } from '../shared/red.js';

/** A result as it travels over wires; nodes on the way may have changed its payload and added to it. */
const resultSchema = z.looseObject({
  algo: z.string(),
  position: z.number(),
  frame: z.looseObject({ index: z.number(), sourceIndex: z.number(), pts: z.number(), width: z.number(), height: z.number() }),
  stream: z.looseObject({
    id: z.string(),
    name: z.string(),
    mode: z.enum(['offline', 'realtime']),
    fps: z.number(),
    width: z.number(),
    height: z.number(),
    epoch: z.number(),
  }),
  timing: z.looseObject({ inferenceMs: z.number(), latencyMs: z.number() }),
});

/** The result that a message carries. Throws `OPTION_INVALID` for a message that carries none. */
export function resultOf(message: RedMessage): AlgoResult {
  if (message['algo'] === undefined || message['stream'] === undefined) {
    throw new StreamInferError('OPTION_INVALID', "expected a result of a stream-algo, or msg.payload = { query: 'last' | 'all', algo?, stream?, clear? }");
  }
  const { algo, position, frame, stream, timing } = check(resultSchema, message);
  return { streamId: stream.id, algoId: algo, algo, position, frame, stream, timing, result: message['payload'] ?? null };
}

/** A kept result as it is answered: what its message had. */
export function answerOf({ algo, position, frame, stream, timing, result }: AlgoResult): RedMessage {
  return { topic: stream.name, payload: result, algo, position, frame, stream, timing };
}
