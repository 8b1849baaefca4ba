import assert from 'node:assert/strict';

import { OfflineDemand } from '../../../dist/runtime/engine/media/offline-demand.js';
import { everyFrame, openThinner } from '../../../dist/runtime/media/index.js';

const tenth = (count: number): number => Math.ceil(count / 10) * 10;

describe('engine, offline demand', () => {
  it('wants all until it knows the run', () => {
    assert.equal(new OfflineDemand({ usesAll: false, nextUsed: () => Infinity }).nextUsed(7), 7);
  });

  it('the frames of a run are counted from the start of the source', () => {
    const demand = new OfflineDemand({ usesAll: false, nextUsed: tenth });
    demand.begin({ thinner: everyFrame, countBefore: 0, passedBefore: 0 });
    assert.deepEqual([0, 9, 10, 19].map((n) => demand.nextUsed(n)), [9, 9, 19, 19]);
    demand.begin({ thinner: everyFrame, countBefore: 147, passedBefore: 0 });
    assert.deepEqual([0, 2, 3].map((n) => demand.nextUsed(n)), [2, 2, 12]);
  });

  it('a frame that is thinned out is not wanted, the next delivered one may be', () => {
    const demand = new OfflineDemand({ usesAll: true, nextUsed: tenth });
    demand.begin({ thinner: openThinner({ num: 30, den: 1 }, 12), countBefore: 0, passedBefore: 0 }); // delivered are 0, 3, 5, 8, 10, 13
    assert.deepEqual([0, 1, 3, 4, 6, 9, 11].map((n) => demand.nextUsed(n)), [0, 3, 3, 5, 8, 10, 13]);
    const some = new OfflineDemand({ usesAll: false, nextUsed: tenth });
    some.begin({ thinner: openThinner({ num: 30, den: 1 }, 12), countBefore: 0, passedBefore: 0 });
    assert.deepEqual([0, 23, 24].map((n) => some.nextUsed(n)), [23, 23, 48]);
  });

  it('an answer is asked for anew when what is wanted changes', () => {
    let every = 100;
    const demand = new OfflineDemand({ usesAll: false, nextUsed: (count) => Math.ceil(count / every) * every });
    demand.begin({ thinner: everyFrame, countBefore: 0, passedBefore: 0 });
    const { version } = demand;
    assert.equal(demand.nextUsed(5), 99);
    every = 8;
    assert.equal(demand.nextUsed(6), 99, 'known already');
    demand.change();
    assert.equal(demand.nextUsed(6), 7);
    assert.ok(demand.version > version);
  });

  it('nothing wanted is nothing for ever', () => {
    const demand = new OfflineDemand({ usesAll: false, nextUsed: () => Infinity });
    demand.begin({ thinner: openThinner({ num: 30_000, den: 1001 }, 10), countBefore: 3, passedBefore: 0 });
    assert.deepEqual([0, 1000].map((n) => demand.nextUsed(n)), [Infinity, Infinity]);
  });
});
