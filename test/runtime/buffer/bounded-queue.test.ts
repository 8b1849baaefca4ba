import assert from 'node:assert/strict';

import { BoundedQueue, type DropPolicy } from '../../../dist/runtime/buffer/index.js';

const DROPPING: readonly { policy: DropPolicy; left: number[]; dropped: number[] }[] = [
  { policy: 'drop-oldest', left: [3, 4], dropped: [1, 2] },
  { policy: 'drop-newest', left: [1, 2], dropped: [3, 4] },
  { policy: 'keep-latest', left: [4], dropped: [1, 2, 3] },
];

/** What a promise has come to after all that is ready now has run. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = new Promise<string>((resolve) => setImmediate(() => { resolve('pending'); }));
  return Promise.race([promise.then(() => 'resolved', () => 'rejected'), pending]);
}

async function readAll(queue: BoundedQueue<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('buffer/bounded-queue', () => {
  for (const { policy, left, dropped } of DROPPING) {
    it(`${policy}: a full queue of two gives up ${dropped.join(', ')} of four, counts them and hands them over`, async () => {
      const given: number[] = [];
      const queue = new BoundedQueue<number>({ limit: 2, policy, onDrop: (item) => given.push(item) });
      for (const item of [1, 2, 3, 4]) await queue.push(item);
      queue.close();
      assert.deepEqual(await readAll(queue), left);
      assert.deepEqual(given, dropped);
      assert.equal(queue.dropped, dropped.length);
    });
  }

  it('block: the writer waits for room, nothing is dropped, order is kept', async () => {
    const queue = new BoundedQueue<number>({ limit: 1, policy: 'block' });
    await queue.push(1);
    const second = queue.push(2);
    const third = queue.push(3);
    assert.equal(await stateOf(second), 'pending');
    assert.equal(queue.take(), 1);
    assert.equal(await stateOf(second), 'resolved');
    assert.equal(await stateOf(third), 'pending');
    assert.equal(await queue.shift(), 2);
    await third;
    assert.equal(queue.take(), 3);
    assert.equal(queue.take(), undefined);
    assert.equal(queue.dropped, 0);
  });

  it('a waiting reader gets the next item, the first reader the first', async () => {
    const queue = new BoundedQueue<string>({ limit: 5, policy: 'block' });
    const readers = [queue.shift(), queue.shift()];
    await queue.push('a');
    await queue.push('b');
    assert.deepEqual(await Promise.all(readers), ['a', 'b']);
    assert.equal(queue.size, 0);
  });

  it('close: what is in line can be read, writers are refused, readers get undefined', async () => {
    const queue = new BoundedQueue<number>({ limit: 1, policy: 'block' });
    await queue.push(1);
    const waiting = queue.push(2);
    queue.close();
    queue.close();
    await assert.rejects(waiting, { code: 'STATE_INVALID' });
    await assert.rejects(queue.push(3), { code: 'STATE_INVALID' });
    assert.deepEqual(await readAll(queue), [1]);
    const empty = new BoundedQueue<number>({ limit: 1, policy: 'block' });
    const reader = empty.shift();
    empty.close();
    assert.equal(await reader, undefined);
  });

  it('destroy: what is in line goes to onDrop and is not counted as dropped', async () => {
    const given: number[] = [];
    const queue = new BoundedQueue<number>({ limit: 3, policy: 'block', onDrop: (item) => given.push(item) });
    await queue.push(1);
    await queue.push(2);
    queue.destroy();
    queue.destroy();
    assert.deepEqual(given, [1, 2]);
    assert.equal(queue.dropped, 0);
    assert.equal(await queue.shift(), undefined);
  });

  it('an aborted writer’s item never comes out, an aborted reader takes none', async () => {
    const queue = new BoundedQueue<number>({ limit: 1, policy: 'block' });
    const stop = new AbortController();
    const reader = queue.shift(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(reader, /enough/);
    await queue.push(1);
    const stopWriter = new AbortController();
    const writer = queue.push(2, stopWriter.signal);
    stopWriter.abort(new Error('enough'));
    await assert.rejects(writer, /enough/);
    await assert.rejects(queue.push(3, stopWriter.signal), /enough/);
    await assert.rejects(queue.shift(stopWriter.signal), /enough/);
    queue.close();
    assert.deepEqual(await readAll(queue), [1]);
  });

  it('a limit below one holds one', async () => {
    const queue = new BoundedQueue<number>({ limit: 0, policy: 'drop-oldest' });
    await queue.push(1);
    await queue.push(2);
    assert.equal(queue.take(), 2);
  });
});
