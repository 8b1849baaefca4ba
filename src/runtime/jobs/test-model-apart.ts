import { join } from 'node:path';

import { fromWire, StreamInferError, type WireError } from '../base/index.js';
import { askProcess, endOf, lookLimitMib } from '../work/index.js';
import type { LookOptions } from './look-apart.js';
import type { ModelTest, TestModelOptions } from './test-model.js';

/** What the process of a test is asked, once. */
export type TestRequest = { readonly test: Omit<TestModelOptions, 'signal' | 'onProgress'>; readonly memoryLimitMib: number };
export type TestReply = { readonly test: ModelTest } | { readonly error: WireError };

/**
 * `testModel` in a process of its own. Throws what `testModel` throws, `MODEL_RUN_FAILED` where the process died or took too much memory, and `ALGO_TIMEOUT`.
 */
export async function testModelApart(test: TestRequest['test'], options: LookOptions = {}): Promise<ModelTest> {
  const { timeout = 60, memoryLimitMib = lookLimitMib(), signal } = options;
  const reply = await askProcess<TestRequest, TestReply>({
    entry: join(__dirname, 'test-model-process.js'),
    request: { test, memoryLimitMib },
    timeout,
    onTimeout: () => new StreamInferError('ALGO_TIMEOUT', `no result within ${timeout} s; a download goes on where it was when tried again`),
    onDeath: (how) => new StreamInferError('MODEL_RUN_FAILED', `the process that tried the model ended: ${endOf(how, memoryLimitMib)}`),
    signal,
  });
  if ('error' in reply) throw fromWire(reply.error);
  return reply.test;
}
