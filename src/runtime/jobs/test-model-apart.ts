import { join } from 'node:path';

import { fromWire, makeDeferred, StreamInferError, systemClock, type WireError } from '../base/index.js';
import { openProcess } from '../work/index.js';
import type { ModelTest, TestModelOptions } from './test-model.js';

/** What the process of a test is asked, once. */
export type TestRequest = Omit<TestModelOptions, 'signal' | 'onProgress'>;
export type TestReply = { readonly test: ModelTest } | { readonly error: WireError };

/**
 * `testModel` in a process of its own, which is ended after it: native code that faults, or waits for what never comes, takes
 * nobody along. Throws what `testModel` throws, `MODEL_RUN_FAILED` where the process died, and `ALGO_TIMEOUT`.
 */
export async function testModelApart(request: TestRequest, options: { /** Seconds. Default 60. */ readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<ModelTest> {
  const { timeout = 60, signal } = options;
  signal?.throwIfAborted();
  const replied = makeDeferred<TestReply>();
  const over = new AbortController();
  const host = openProcess<TestRequest, TestReply>({
    entry: join(__dirname, 'test-model-process.js'),
    onMessage: replied.resolve,
    onExit: (how) => { replied.reject(new StreamInferError('MODEL_RUN_FAILED', `the process that tried the model ended: ${how}`)); },
  });
  const giveUp = (): void => { replied.reject(signal?.reason); };
  signal?.addEventListener('abort', giveUp);
  systemClock.sleep(timeout * 1000, over.signal).then(
    () => { replied.reject(new StreamInferError('ALGO_TIMEOUT', `no result within ${timeout} s; a download goes on where it was when tried again`)); },
    () => undefined,
  );
  try {
    host.post(request);
    const reply = await replied.promise;
    if ('error' in reply) throw fromWire(reply.error);
    return reply.test;
  } finally {
    over.abort();
    signal?.removeEventListener('abort', giveUp);
    host.kill();
    await host.ended;
  }
}
