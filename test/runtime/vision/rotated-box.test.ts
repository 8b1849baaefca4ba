import assert from 'node:assert/strict';

import fc from 'fast-check';

import { areaOf, cornersOf, hullOf, iou, normaliseAngle, type RotatedBox, rotatedIou } from '../../../dist/runtime/vision/index.js';

const square = (cx: number, side: number, angle = 0): RotatedBox => ({ cx, cy: 5, width: side, height: side, angle });

const IOUS: { why: string; a: RotatedBox; b: RotatedBox; expected: number }[] = [
  { why: 'the same', a: square(5, 4), b: square(5, 4), expected: 1 },
  { why: 'the same, turned by a quarter', a: { cx: 5, cy: 5, width: 6, height: 2, angle: 0.2 }, b: { cx: 5, cy: 5, width: 2, height: 6, angle: 0.2 + Math.PI / 2 }, expected: 1 },
  { why: 'one within the other', a: square(5, 4, 0.3), b: square(5, 2, 1), expected: 4 / 16 },
  { why: 'an octagon: a square on its twin turned by an eighth', a: square(0, 2), b: square(0, 2, Math.PI / 4), expected: (8 * (Math.SQRT2 - 1)) / (8 - 8 * (Math.SQRT2 - 1)) },
  { why: 'side by side', a: square(0, 2), b: square(2, 2), expected: 0 },
  { why: 'far away', a: square(0, 2), b: square(100, 2), expected: 0 },
  { why: 'empty', a: square(0, 0), b: square(0, 2), expected: 0 },
  { why: 'no numbers', a: square(NaN, 2), b: square(0, 2), expected: 0 },
];

describe('vision/rotated-box', () => {
  for (const { why, a, b, expected } of IOUS) {
    it(`IoU, ${why}: ${expected.toFixed(3)}`, () => {
      assert.ok(Math.abs(rotatedIou(a, b) - expected) < 1e-9, String(rotatedIou(a, b)));
      assert.ok(Math.abs(rotatedIou(b, a) - expected) < 1e-9, String(rotatedIou(b, a)));
    });
  }

  it('upright boxes overlap as `iou` says, at whatever angle both are turned', () => {
    const side = fc.double({ min: 0.5, max: 20, noNaN: true });
    fc.assert(fc.property(fc.tuple(side, side, side, side), fc.double({ min: -10, max: 10, noNaN: true }), ([x, width, y, height], angle) => {
      const [a, b] = [{ cx: 10, cy: 10, width: 12, height: 9, angle: 0 }, { cx: x, cy: y, width, height, angle: 0 }];
      const expected = iou(hullOf(cornersOf(a)), hullOf(cornersOf(b)));
      const turn = (box: RotatedBox): RotatedBox => ({ ...box, cx: box.cx * Math.cos(angle) - box.cy * Math.sin(angle), cy: box.cx * Math.sin(angle) + box.cy * Math.cos(angle), angle });
      assert.ok(Math.abs(rotatedIou(turn(a), turn(b)) - expected) < 1e-6);
    }));
  });

  it('any angle becomes one of the first quarter, and the rectangle stays where it is', () => {
    fc.assert(fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (angle) => {
      const box = { cx: 3, cy: 4, width: 10, height: 2, angle };
      const same = normaliseAngle(box);
      assert.ok(same.angle >= 0 && same.angle < Math.PI / 2, String(same.angle));
      assert.ok(rotatedIou(box, same) > 1 - 1e-6);
    }));
  });

  it('corners go clockwise as seen, from the upper left one', () => {
    assert.deepEqual(cornersOf({ cx: 2, cy: 1, width: 4, height: 2, angle: 0 }), [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 2 }, { x: 0, y: 2 }]);
    assert.ok(areaOf(cornersOf(square(0, 2, 1))) > 0);
  });
});
