import assert from 'node:assert/strict';

import { playToEnd } from '../../support/engine.js';
import { CASES, expectedOf, expectedResults, expectedRuns, planOf, runsOf, titleOf } from '../../support/oracle.js';

describe('the same settings give the same calls as stream-infer, offline', function () {
  this.timeout(60_000);
  for (const one of CASES) {
    it(titleOf(one), async () => {
      const { results, end } = await playToEnd(planOf(one));
      const given = results.map(({ algo, frame: { index, sourceIndex }, result }) => ({ algo, index, sourceIndex, result: result ?? null }));
      assert.deepEqual(given, expectedResults(one, one.algos));
      assert.equal(end.totals.frames.delivered, expectedOf(one).delivered.length);
      assert.deepEqual(runsOf(end.totals.algos), expectedRuns(one, one.algos));
    });
  }
});
