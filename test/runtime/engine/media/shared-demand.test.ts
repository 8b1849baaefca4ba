import assert from 'node:assert/strict';

import { SharedDemand } from '../../../../dist/runtime/engine/media/shared-demand.js';
import type { FrameDemand } from '../../../../dist/runtime/media/index.js';

/** Wants each `every`-th frame. */
function demandOf(every: number, version = 0): FrameDemand {
  return { version, nextUsed: (n) => Math.ceil(n / every) * every };
}

function wanted(demand: FrameDemand, upTo: number): number[] {
  return Array.from({ length: upTo }, (_, n) => n).filter((n) => demand.nextUsed(n) === n);
}

describe('engine, demand of several streams', () => {
  it('is for all frames until all streams are there', () => {
    const shared = new SharedDemand();
    shared.add(demandOf(10));
    assert.deepEqual(wanted(shared, 5), [0, 1, 2, 3, 4]);
  });

  it('is for the frames that any of them uses', () => {
    const shared = new SharedDemand();
    for (const every of [6, 4]) shared.add(demandOf(every));
    shared.begin();
    assert.deepEqual(wanted(shared, 17), [0, 4, 6, 8, 12, 16]);
  });

  it('is no more for those of a stream that has left, and for none when all have', () => {
    const shared = new SharedDemand();
    const [six, four] = [demandOf(6), demandOf(4)];
    for (const demand of [six, four]) shared.add(demand);
    shared.begin();
    shared.remove(four);
    assert.deepEqual(wanted(shared, 17), [0, 6, 12]);
    shared.remove(six);
    assert.equal(shared.nextUsed(0), Infinity);
  });

  it('has another, higher version after each change, whoever leaves', () => {
    const shared = new SharedDemand();
    const first = { ...demandOf(6), version: 40 };
    const second = demandOf(4, 2);
    const versions = [shared.version];
    const changes = [
      () => { shared.add(first); }, () => { shared.add(second); }, () => { shared.begin(); }, () => { first.version += 1; },
      () => { shared.remove(first); }, () => { shared.remove(second); },
    ];
    for (const change of changes) {
      change();
      versions.push(shared.version);
    }
    assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
    shared.remove(first);
    assert.equal(shared.version, versions.at(-1), 'one that has left already changes nothing');
  });
});
