import assert from 'node:assert/strict';

import { GrowingPts } from '../../../dist/runtime/record/growing-pts.js';

describe('record/growing-pts', () => {
  const rows: { why: string; given: number[]; written: number[] }[] = [
    { why: 'what grows stays', given: [0, 40_000, 80_000], written: [0, 40_000, 80_000] },
    { why: 'gaps stay', given: [500_000, 9_000_000, 9_000_001], written: [500_000, 9_000_000, 9_000_001] },
    { why: 'a repetition is a frame later', given: [0, 40_000, 40_000], written: [0, 40_000, 80_000] },
    { why: 'after a small step back the stream’s own times are met again', given: [0, 40_000, 30_000, 120_000, 160_000], written: [0, 40_000, 80_000, 120_000, 160_000] },
    { why: 'a loop goes on, its distances stay', given: [0, 5_000_000, 0, 100_000, 5_000_000, 0], written: [0, 5_000_000, 5_040_000, 5_140_000, 10_040_000, 10_080_000] },
    { why: 'what is no number is a frame later', given: [NaN, 40_000, NaN, Infinity, 200_000], written: [0, 40_000, 80_000, 120_000, 200_000] },
    { why: 'from below zero', given: [-80_000, -40_000], written: [-80_000, -40_000] },
    { why: 'whole numbers', given: [0.4, 33_333.4], written: [0, 33_333] },
  ];
  for (const { why, given, written } of rows) {
    it(why, () => {
      const pts = new GrowingPts(40_000);
      assert.deepEqual(given.map((ptsUs) => pts.next(ptsUs)), written);
    });
  }

  it('grows whatever it is given', () => {
    const pts = new GrowingPts(0);
    let last = -Infinity;
    for (const ptsUs of [5, 5, 4, -1e12, 1e12, 0, NaN, 1e12, 1e12]) {
      const next = pts.next(ptsUs);
      assert.ok(next > last, `${next} after ${last}`);
      last = next;
    }
  });
});
