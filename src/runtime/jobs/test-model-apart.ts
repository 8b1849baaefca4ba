import { join } from 'node:path';

import { fromWire, StreamInferError, type WireError } from '../base/index.js';
import { askProcess } from '../work/index.js';
import type { ModelTest, TestModelOptions } from './test-model.js';

/** What the process of a test is asked, once. */
export type TestRequest = Omit<TestModelOptions, 'signal' | 'onProgress'>;
export type TestReply = { readonly test: ModelTest } | { readonly error: WireError };

/**
 * `testModel` in a process of its own. Throws what `testModel` throws, `MODEL_RUN_FAILED` where the process died, and `ALGO_TIMEOUT`.
 */
export async function testModelApart(request: TestRequest, options: { /** Seconds. Default 60. */ readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<ModelTest> {
  const { timeout = 60, signal } = options;
  const reply = await askProcess<TestRequest, TestReply>({
    entry: join(__dirname, 'test-model-process.js'),
    request,
    timeout,
    onTimeout: () => new StreamInferError('ALGO_TIMEOUT', `no result within ${timeout} s; a download goes on where it was when tried again`),
    onDeath: (how) => new StreamInferError('MODEL_RUN_FAILED', `the process that tried the model ended: ${how}`),
    signal,
  });
  if ('error' in reply) throw fromWire(reply.error);
  return reply.test;
}
