import assert from 'node:assert/strict';

import { slowdown } from '../../../dist/plugins/live/pace.js';

describe('plugins/live: how often there are pictures', () => {
  const rows: readonly [string, number, number, number][] = [
    ['a machine with nothing to do', 0, 2, 1],
    ['as much as the cores can', 2, 2, 1],
    ['twice that', 4, 2, 2],
    ['far more', 90, 2, 4],
    ['many cores', 40, 64, 1],
    ['a load that is not told', 0, 1, 1],
  ];
  for (const [what, load, cores, expected] of rows) {
    it(`${what}: ${expected} times the time that was asked for`, () => { assert.equal(slowdown(load, cores), expected); });
  }

  it('takes the machine as it is', () => {
    const now = slowdown();
    assert.ok(now >= 1 && now <= 4, String(now));
  });
});
