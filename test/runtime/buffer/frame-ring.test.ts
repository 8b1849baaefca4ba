import assert from 'node:assert/strict';

import { FrameRing } from '../../../dist/runtime/buffer/index.js';

/** A ring after `count` delivered frames, which are their own numbers, from 1. */
function ringOf(count: number, capacity: number): FrameRing<number> {
  const ring = new FrameRing<number>(capacity);
  for (let index = 1; index <= count; index++) ring.push(index);
  return ring;
}

describe('buffer/frame-ring', () => {
  const windows: { why: string; have: number; capacity: number; count: number; step: number; window: number[] | undefined }[] = [
    { why: 'nothing is there', have: 0, capacity: 30, count: 1, step: 0, window: undefined },
    { why: 'one frame', have: 1, capacity: 30, count: 1, step: 0, window: [1] },
    { why: 'step 0 takes what is there', have: 3, capacity: 30, count: 10, step: 0, window: [1, 2, 3] },
    { why: 'step 0 takes the newest', have: 12, capacity: 30, count: 10, step: 0, window: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
    { why: 'step 1 waits for its count', have: 9, capacity: 30, count: 10, step: 1, window: undefined },
    { why: 'step 1 at its count', have: 12, capacity: 30, count: 10, step: 1, window: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
    { why: 'count 1 waits for the whole step', have: 29, capacity: 30, count: 1, step: 30, window: undefined },
    { why: 'count 1 with its step there', have: 30, capacity: 30, count: 1, step: 30, window: [30] },
    { why: 'spans 25 frames, needs 30', have: 29, capacity: 30, count: 5, step: 6, window: undefined },
    { why: 'five, six apart, the seed’s second run', have: 60, capacity: 30, count: 5, step: 6, window: [36, 42, 48, 54, 60] },
    { why: 'ten, three apart', have: 30, capacity: 30, count: 10, step: 3, window: [3, 6, 9, 12, 15, 18, 21, 24, 27, 30] },
    { why: 'more than the ring can hold', have: 100, capacity: 29, count: 5, step: 6, window: undefined },
    { why: 'step 0 and more than the ring can hold', have: 100, capacity: 2, count: 5, step: 0, window: [99, 100] },
    { why: 'huge numbers', have: 5, capacity: 5, count: 1000, step: 100_000, window: undefined },
  ];
  for (const row of windows) {
    it(`window(${row.count}, ${row.step}) of ${row.have} frames: ${row.why}`, () => {
      assert.deepEqual(ringOf(row.have, row.capacity).window(row.count, row.step), row.window);
    });
  }

  it('gives each evicted item away exactly once, oldest first, and none that is in a later window', () => {
    const evicted: number[] = [];
    const ring = new FrameRing<number>(3, (item) => evicted.push(item));
    for (let index = 1; index <= 8; index++) ring.push(index);
    assert.deepEqual(evicted, [1, 2, 3, 4, 5]);
    assert.deepEqual(ring.window(3, 1), [6, 7, 8]);
    ring.clear();
    assert.deepEqual(evicted, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(ring.size, 0);
    assert.equal(ring.window(1, 0), undefined);
    ring.push(9);
    assert.deepEqual(ring.window(3, 0), [9]);
  });

  it('keeps order and items when it grows in the middle of a turn', () => {
    const evicted: number[] = [];
    const ring = new FrameRing<number>(3, (item) => evicted.push(item));
    for (let index = 1; index <= 5; index++) ring.push(index);
    ring.grow(5);
    ring.grow(2);
    assert.equal(ring.capacity, 5);
    assert.deepEqual(ring.window(5, 0), [3, 4, 5]);
    for (let index = 6; index <= 9; index++) ring.push(index);
    assert.deepEqual(ring.window(5, 1), [5, 6, 7, 8, 9]);
    assert.deepEqual(evicted, [1, 2, 3, 4]);
  });

  it('holds one item whatever capacity it is given', () => {
    for (const capacity of [0, -5, 0.5]) assert.deepEqual(ringOf(3, capacity).window(2, 0), [3]);
  });
});
