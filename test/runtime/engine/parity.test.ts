import assert from 'node:assert/strict';

import { playToEnd } from '../../support/engine.js';
import { CASES, expectedOf, expectedResults, expectedRuns, planOf, titleOf } from '../../support/oracle.js';

describe('the same settings give the same calls as stream-infer, offline', function () {
  this.timeout(60_000);
  for (const one of CASES) {
    it(titleOf(one), async () => {
      const { results, end } = await playToEnd(planOf(one));
      const given = results.map(({ algo, frame: { index, sourceIndex }, result }) => ({ algo, index, sourceIndex, result: result ?? null }));
      assert.deepEqual(given, expectedResults(one, one.algos));
      assert.equal(end.totals.frames.delivered, expectedOf(one).delivered.length);
      const runs = Object.entries(end.totals.algos).map(([algo, { runs, skipped }]) => [algo, { runs, failed: skipped['failed'] ?? 0 }]);
      assert.deepEqual(Object.fromEntries(runs), expectedRuns(one, one.algos));
    });
  }
});
