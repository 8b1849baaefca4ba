import assert from 'node:assert/strict';

import fc from 'fast-check';

import { findCapacity, type Goal, type Load } from '../../../../dist/runtime/jobs/capacity/search.js';

const MIB = 2 ** 20;
const GOAL: Goal = { cpuPercent: 70, memoryBytes: 4096 * MIB, streams: 200 };

type Machine = { readonly percentEach: number; readonly mibEach: number; readonly keepsUpTo?: number };

/** A machine of which each stream takes its part, and that misses runs beyond what its cores can do. */
function machine({ percentEach, mibEach, keepsUpTo = 100 / percentEach }: Machine): { readonly played: number[]; readonly play: (streams: number) => Promise<Load> } {
  const played: number[] = [];
  return {
    played,
    play: (streams) => {
      played.push(streams);
      const kept = Math.min(1, keepsUpTo / streams);
      return Promise.resolve({ keptPercent: 100 * kept, droppedPercent: 0, cpuPercent: Math.min(100, streams * percentEach), memoryBytes: (300 + mibEach * streams) * MIB });
    },
  };
}

describe('jobs/capacity: search', () => {
  it('plays one, then what that lets expect, then one more or less until it is sure', async () => {
    const { played, play } = machine({ percentEach: 6.9, mibEach: 20 });
    const { streams, limit } = await findCapacity(play, GOAL);
    assert.deepEqual([streams, limit], [10, 'cores']);
    assert.deepEqual(played, [1, 10, 11]);
  });

  it('finds what memory limits', async () => {
    const { streams, limit } = await findCapacity(machine({ percentEach: 0.5, mibEach: 100 }).play, GOAL);
    assert.deepEqual([streams, limit], [37, 'memory']);
  });

  it('does not believe what runs were missed at', async () => {
    const { streams, limit } = await findCapacity(machine({ percentEach: 2, mibEach: 1, keepsUpTo: 12 }).play, GOAL);
    assert.equal(limit, 'cores');
    assert.ok(streams <= 12 && streams >= 9, String(streams));
  });

  it('says 0 where one is too many, with what that took', async () => {
    const { streams, load, limit } = await findCapacity(machine({ percentEach: 90, mibEach: 1 }).play, GOAL);
    assert.deepEqual([streams, load.cpuPercent, limit], [0, 90, 'cores']);
  });

  it('plays no more than the most that are wanted', async () => {
    const { played, play } = machine({ percentEach: 0.001, mibEach: 0.001 });
    const { streams, limit } = await findCapacity(play, { ...GOAL, streams: 5 });
    assert.deepEqual([streams, limit, Math.max(...played)], [5, 'streams', 5]);
  });

  it('passes on what a trial fails with', async () => {
    await assert.rejects(findCapacity((streams) => (streams === 1 ? machine({ percentEach: 1, mibEach: 1 }).play(1) : Promise.reject(new Error('no camera'))), GOAL), /no camera/);
  });

  it('never says more than what was played within the goal, on any machine', async () => {
    await fc.assert(fc.asyncProperty(
      fc.record({ percentEach: fc.double({ min: 0.01, max: 200, noNaN: true }), mibEach: fc.double({ min: 0, max: 5000, noNaN: true }), keepsUpTo: fc.double({ min: 0.1, max: 300, noNaN: true }) }),
      async (given) => {
        const { played, play } = machine(given);
        const { streams, load } = await findCapacity(play, GOAL);
        assert.ok(played.length <= 6 && new Set(played).size === played.length && played.every((count) => Number.isInteger(count) && count >= 1 && count <= GOAL.streams), played.join());
        if (streams === 0) return;
        assert.ok(played.includes(streams));
        assert.deepEqual(load, await play(streams));
        assert.ok(load.cpuPercent <= 70 && load.memoryBytes <= GOAL.memoryBytes && load.keptPercent >= 98);
      },
    ), { numRuns: 300 });
  });
});
