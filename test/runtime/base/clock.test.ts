import assert from 'node:assert/strict';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

import { systemClock } from '../../../dist/runtime/base/index.js';

const DOOR = resolve(__dirname, '../../../dist/runtime/base/index.js');

describe('the system\'s clock', () => {
  it('is the same in all threads', async () => {
    const before = systemClock.now();
    const thread = new Worker(`require('node:worker_threads').parentPort.postMessage(require(${JSON.stringify(DOOR)}).systemClock.now());`, { eval: true });
    const [there] = (await once(thread, 'message')) as [number];
    const after = systemClock.now();
    await thread.terminate();
    assert.ok(before <= there && there <= after, `${String(before)} ≤ ${String(there)} ≤ ${String(after)}`);
  });
});
