import assert from 'node:assert/strict';

import { cropOfBox } from '../../../dist/runtime/vision/index.js';

const FRAME = { width: 640, height: 360 };

type Row = readonly [what: string, box: readonly [number, number, number, number], region: readonly [number, number, number, number] | undefined, limits?: { minSize?: number; padding?: number }];

const ROWS: readonly Row[] = [
  ['a tenth more on each side', [100, 100, 200, 150], [90, 95, 120, 60]],
  ['whole pixels, outwards', [100.4, 100.6, 200.2, 150.9], [100, 100, 101, 51], { padding: 0 }],
  ['no further than the frame', [0, 300, 640, 360], [0, 294, 640, 66]],
  ['a box that sticks out is cut before it is padded', [-100, -100, 100, 100], [0, 0, 110, 110]],
  ['twice its size on each side', [300, 100, 310, 120], [280, 60, 50, 100], { padding: 2, minSize: 1 }],
  ['just as large as asked for', [10, 10, 26, 50], [8, 6, 20, 48]],
  ['a side too small', [10, 10, 25.9, 50], undefined],
  ['what is left of it in the frame is too small', [630, 10, 700, 50], undefined],
  ['a thousandth of a pixel, where that will do', [10, 10, 10.001, 10.001], undefined],
  ['no area', [10, 10, 10, 50], undefined, { minSize: 0 }],
  ['inside out', [50, 50, 10, 10], undefined],
  ['outside', [700, 400, 800, 500], undefined],
  ['not a number', [NaN, 10, 50, 50], undefined],
  ['endless', [-Infinity, -Infinity, Infinity, Infinity], [0, 0, 640, 360]],
];

describe('the crop of a box', () => {
  for (const [what, [x1, y1, x2, y2], wanted, limits] of ROWS) {
    it(what, () => {
      const crop = cropOfBox({ x1, y1, x2, y2 }, FRAME, { minSize: 16, padding: 0.1, ...limits });
      assert.deepEqual(crop && [crop.region.x, crop.region.y, crop.region.width, crop.region.height], wanted);
    });
  }

  it('tells the area of the box in the frame, without the padding', () => {
    assert.equal(cropOfBox({ x1: -50, y1: 0, x2: 50, y2: 20 }, FRAME, { minSize: 1, padding: 1 })?.area, 50 * 20);
  });
});
