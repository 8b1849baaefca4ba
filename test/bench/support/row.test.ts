import assert from 'node:assert/strict';

import { spreadOf } from '../../../bench/support/row.js';

describe('spreadOf', () => {
  for (const [values, median, why] of [
    [[5], 5, 'the only one'],
    [[9, 1, 5], 5, 'the middle one, whatever the order'],
    [[4, 1, 3, 2], 2.5, 'between the two in the middle'],
    [[1, 1, 1000], 1, 'one that is far off does not move it'],
    [[10, 9, 100], 10, 'numbers are sorted as numbers'],
  ] as const) {
    it(`the median of ${values.join(', ')} is ${median}: ${why}`, () => {
      assert.deepEqual(spreadOf(values), { median, least: Math.min(...values), most: Math.max(...values) });
    });
  }
});
