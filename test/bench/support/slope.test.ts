import assert from 'node:assert/strict';

import { slopeOf } from '../../../bench/support/slope.js';

describe('bench: slope', () => {
  const rows: readonly (readonly [points: readonly (readonly [number, number])[], slope: number])[] = [
    [[], 0],
    [[[3, 7]], 0],
    [[[1, 2], [1, 9]], 0],
    [[[0, 1], [1, 3], [2, 5]], 2],
    [[[0, 0], [1, 1], [2, 0], [3, 1]], 0.2],
    [[[10, 5], [12, 1]], -2],
  ];
  for (const [points, slope] of rows) it(`${JSON.stringify(points)}: ${slope}`, () => { assert.ok(Math.abs(slopeOf(points) - slope) < 1e-12); });
});
