import assert from 'node:assert/strict';

import { type Box, boxArea, clipBox, iou } from '../../../dist/runtime/vision/index.js';

function box(...[x1, y1, x2, y2]: readonly [number, number, number, number]): Box {
  return { x1, y1, x2, y2 };
}

const OVERLAPS: readonly { why: string; a: Box; b: Box; expected: number }[] = [
  { why: 'the same box', a: box(0, 0, 10, 10), b: box(0, 0, 10, 10), expected: 1 },
  { why: 'half of one within the other', a: box(0, 0, 10, 10), b: box(0, 0, 10, 5), expected: 0.5 },
  { why: 'one quarter shared: 25 of 175', a: box(0, 0, 10, 10), b: box(5, 5, 15, 15), expected: 25 / 175 },
  { why: 'one in the middle of the other', a: box(0, 0, 10, 10), b: box(4, 4, 6, 6), expected: 0.04 },
  { why: 'a common edge has no area', a: box(0, 0, 10, 10), b: box(10, 0, 20, 10), expected: 0 },
  { why: 'a common corner has no area', a: box(0, 0, 10, 10), b: box(10, 10, 20, 20), expected: 0 },
  { why: 'apart across', a: box(0, 0, 10, 10), b: box(30, 0, 40, 10), expected: 0 },
  { why: 'apart down', a: box(0, 0, 10, 10), b: box(0, 30, 10, 40), expected: 0 },
  { why: 'maxima are outside: boxes of one pixel overlap wholly', a: box(3, 3, 4, 4), b: box(3, 3, 4, 4), expected: 1 },
  { why: 'parts of a pixel count', a: box(0, 0, 1, 1), b: box(0.5, 0, 1.5, 1), expected: 1 / 3 },
  { why: 'negative places are places', a: box(-10, -10, 0, 0), b: box(-5, -10, 5, 0), expected: 1 / 3 },
  { why: 'both empty', a: box(5, 5, 5, 5), b: box(5, 5, 5, 5), expected: 0 },
  { why: 'one without width within the other', a: box(0, 0, 10, 10), b: box(5, 0, 5, 10), expected: 0 },
  { why: 'inside out in both directions is empty, not positive', a: box(10, 10, 0, 0), b: box(0, 0, 10, 10), expected: 0 },
  { why: 'sides so small that the area underflows', a: box(0, 0, 1e-200, 1e-200), b: box(0, 0, 1e-200, 1e-200), expected: 0 },
  { why: 'no number', a: box(NaN, 0, 10, 10), b: box(0, 0, 10, 10), expected: 0 },
];

describe('vision/box', () => {
  for (const { why, a, b, expected } of OVERLAPS) {
    it(`iou is ${expected.toFixed(3)}: ${why}`, () => {
      assert.ok(Math.abs(iou(a, b) - expected) < 1e-12, `got ${iou(a, b)}`);
      assert.equal(iou(b, a), iou(a, b), 'does not depend on the order');
    });
  }

  it('an empty or inside-out box has no area', () => {
    assert.deepEqual([box(0, 0, 3, 4), box(1, 1, 1, 5), box(5, 5, 1, 1), box(5, 0, 1, 9)].map(boxArea), [12, 0, 0, 0]);
  });

  it('clipping keeps what lies within the frame, and empties what does not', () => {
    const frame = { width: 100, height: 50 };
    assert.deepEqual(clipBox(box(10, 10, 20, 20), frame), box(10, 10, 20, 20));
    assert.deepEqual(clipBox(box(-5, -5, 300, 60), frame), box(0, 0, 100, 50));
    assert.equal(boxArea(clipBox(box(150, 10, 200, 20), frame)), 0);
    assert.equal(boxArea(clipBox(box(-50, 10, -20, 20), frame)), 0);
    assert.deepEqual(clipBox(box(-Infinity, -Infinity, Infinity, Infinity), frame), box(0, 0, 100, 50));
  });
});
