import { join } from 'node:path';

import { fromWire, type ProducerOptions, type SourceOptions, StreamInferError, type WireError } from '../base/index.js';
import { askProcess, endOf, lookLimitMib } from '../work/index.js';

/** A picture of a source to look at, as a JPEG. */
export type Still = { readonly width: number; readonly height: number; readonly jpeg: Uint8Array };

/** Where it is taken from; the picture has the aspect that the producer gives it. */
export type StillRequest = {
  readonly source: SourceOptions;
  readonly producer: ProducerOptions;
  /** Pixels, even. */
  readonly width: number;
};

/** What the process that takes it is asked, once. */
export type StillTask = StillRequest & { readonly memoryLimitMib: number };
export type StillReply = { readonly still: Still } | { readonly error: WireError };

/** Longest that anybody waits for a picture, in seconds. */
const PATIENCE_SEC = 20;

/**
 * The first picture of a source, from its `position` on. The source is opened by itself, in a process of its own, which is ended
 * after it, also when the signal is aborted; a camera that admits one reader only cannot give one while it plays. Rejects with the
 * `SOURCE_…` errors, `BACKEND_MISSING`, and the signal's reason.
 */
export async function takeStill(request: StillRequest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Still> {
  const memoryLimitMib = lookLimitMib();
  const reply = await askProcess<StillTask, StillReply>({
    entry: join(__dirname, 'still-process.js'),
    request: { ...request, memoryLimitMib },
    timeout: PATIENCE_SEC,
    onTimeout: () => new StreamInferError('SOURCE_TIMEOUT', `no picture within ${String(PATIENCE_SEC)} s`),
    onDeath: (how) => new StreamInferError('SOURCE_READ_FAILED', `the process that opened the source ended: ${endOf(how, memoryLimitMib)}`),
    signal,
  });
  if ('error' in reply) throw fromWire(reply.error);
  return reply.still;
}
