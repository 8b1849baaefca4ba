import assert from 'node:assert/strict';

import type { Frame } from '../../../dist/runtime/base/index.js';
import { drawResult } from '../../../dist/runtime/record/index.js';

function blackFrame(): Frame {
  return { index: 1, sourceIndex: 0, pts: 0, position: 0, width: 64, height: 48, format: 'rgb24', strideBytes: 192, data: new Uint8Array(192 * 48) };
}

function result(of: unknown): Parameters<typeof drawResult>[1] {
  return { algo: 'objects', result: of, frame: { width: 640, height: 480 } };
}

const box = { xmin: 100, ymin: 200, xmax: 500, ymax: 400 };

describe('record/draw-result', () => {
  for (const [why, of] of [['an array', [{ label: '', box, classId: 0 }]], ['an array in an object', { count: 1, tracks: [{ box }] }]] as const) {
    it(`draws the boxes of ${why}, scaled from the source to the frame`, () => {
      const frame = blackFrame();
      drawResult(frame, result(of));
      const colored = (x: number, y: number): boolean => frame.data[y * 192 + x * 3] === 230;
      assert.deepEqual([colored(10, 20), colored(49, 39), colored(9, 20), colored(50, 39), colored(30, 30)], [true, true, false, false, false]);
    });
  }

  for (const of of [null, undefined, 7, 'person', [], {}, [null, 1, { box: {} }], { boxes: [{ box: { ...box, xmin: '1' } }] }]) {
    it(`draws nothing for ${JSON.stringify(of)}`, () => {
      const frame = blackFrame();
      drawResult(frame, result(of));
      assert.ok(frame.data.every((byte) => byte === 0));
    });
  }
});
