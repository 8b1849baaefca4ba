import assert from 'node:assert/strict';

import { hasData } from '../support/data.js';
import { CASES, DIFFERENCES, playCase, playRecorded, RECORDINGS } from '../support/oracle.js';

describe('the rules', () => {
  it('have cases to be held against', function () {
    if (!hasData) this.skip();
    assert.equal(CASES.length, 40);
  });

  for (const one of CASES) {
    for (const recording of RECORDINGS) {
      const isFollowed = !DIFFERENCES[one.name]?.from.includes(recording);
      it(`${isFollowed ? 'give' : 'do not give'} what stream-infer ${recording} did: ${one.name}`, () => {
        const [ours, theirs] = [playCase(one), playRecorded(one.name, recording)];
        if (isFollowed) assert.deepEqual(ours, theirs);
        else assert.notDeepEqual(ours, theirs);
      });
    }
  }
});
