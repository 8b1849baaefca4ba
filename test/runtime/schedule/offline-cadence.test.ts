import assert from 'node:assert/strict';

import { countBefore, isDue, offlineCadence } from '../../../dist/runtime/schedule/index.js';

/** The first delivered frames, of `upTo`, at which an algo of that interval is due. */
function dueFrames(interval: number, fps: number, upTo: number): number[] {
  const cadence = offlineCadence(interval, fps);
  return Array.from({ length: upTo }, (_, i) => i + 1).filter((count) => isDue(cadence, count));
}

describe('offline cadence', () => {
  const rows: readonly [why: string, interval: number, fps: number, upTo: number, due: readonly number[]][] = [
    ['one second at 30 fps is every 30th frame, not the first', 1, 30, 90, [30, 60, 90]],
    ['two seconds at 25 fps', 2, 25, 100, [50, 100]],
    ['0.25 s at 30 fps is cut to 7 frames', 0.25, 30, 21, [7, 14, 21]],
    ['0 is every frame', 0, 30, 3, [1, 2, 3]],
    ['shorter than a frame is every frame', 0.01, 30, 3, [1, 2, 3]],
    ['29.97 fps: 29 whole frames fit into a second', 1, 30000 / 1001, 58, [29, 58]],
    ['an unknown rate is every frame', 1, 0, 2, [1, 2]],
  ];
  for (const [why, interval, fps, upTo, due] of rows) {
    it(why, () => { assert.deepEqual(dueFrames(interval, fps, upTo), due); });
  }
});

describe('frames before a position', () => {
  const rows: readonly [why: string, position: number, fps: number, count: number][] = [
    ['the start', 0, 30, 0],
    ['whole seconds', 5, 10, 50],
    ['a part of a second', 2.5, 30, 75],
    ['between two frames the later one comes first', 0.05, 30, 2],
    ['29.97 fps: frame 150 is the first at 5 s', 5, 30000 / 1001, 150],
    ['a product that floats make a little too small', 4.1, 30, 123],
    ['a product that floats make a little too large', 1.1, 30, 33],
    ['a time stamp rounded down', 0.066_666, 30, 2],
    ['a time stamp rounded up', 0.066_667, 30, 2],
    ['an unknown rate', 5, 0, 0],
  ];
  for (const [why, position, fps, count] of rows) {
    it(why, () => { assert.equal(countBefore(position, fps), count); });
  }
});
