import assert from 'node:assert/strict';

import { RealtimeDemand, type RealtimeDemandOptions } from '../../../../dist/runtime/engine/media/realtime-demand.js';
import { everyFrame, openThinner } from '../../../../dist/runtime/media/index.js';
import { play, type SlowAlgo } from '../../../support/scheduler-play.js';

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomAlgo(random: () => number, name: string): SlowAlgo {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const interval = pick([0, 0.1, 0.37, 1, 2, 3.3]);
  return {
    name, runMs: Math.round(random() * pick([20, 200, 1500, 4000])), heeds: random() < 0.5,
    plan: { interval, frameCount: pick([1, 1, 2, 5]), frameStep: pick([0, 1, 3, 6]), late: pick(['skip', 'queue', 'restart']), lateLimit: 3 },
  };
}

/** 30 s of times: even ones, jittered ones, and stretches at a third of the rate. */
function randomTimes(random: () => number): number[] {
  const [jitterMs, mayBeSlow] = [random() < 0.5 ? 0 : 30, random() < 0.3];
  const times = [0];
  for (let at = 0; at < 30_000; times.push(Math.round(at))) at += 40 + (random() - 0.5) * jitterMs + (mayBeSlow && Math.floor(at / 3000) % 2 === 1 ? 80 : 0);
  return times;
}

describe('frames left out in realtime', () => {
  let leftOutOfAll = 0;
  for (let seed = 1; seed <= 80; seed += 1) {
    it(`the runs get the same frames at the same moments as if all were there (${seed})`, async () => {
      const random = randomOf(seed);
      const algos = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, i) => randomAlgo(random, `a${i}`));
      const timesMs = randomTimes(random);
      const most = Math.floor(random() * 5);
      const aheads = timesMs.map(() => Math.floor(random() * (most + 1)));
      const all = await play(30, algos, { timesMs });
      const some = await play(30, algos, { timesMs, ahead: (n) => aheads[n] as number });
      const told = `${JSON.stringify(algos)}, decided up to ${most} frames before`;
      assert.deepEqual(some.results.map(({ result, frame, timing }) => [result, frame, timing]), all.results.map(({ result, frame, timing }) => [result, frame, timing]), told);
      assert.deepEqual(some.algos, all.algos, told);
      assert.equal(some.held, 0);
      leftOutOfAll += some.leftOut / timesMs.length / 80;
    });
  }

  it('many of them', () => { assert.ok(leftOutOfAll > 0.2, String(leftOutOfAll)); });

  it('an algo that keeps up gets its windows, and only these are there', async () => {
    const algos = [{ name: 'one', plan: { interval: 1 }, runMs: 100 }, { name: 'five', plan: { interval: 2, frameCount: 5, frameStep: 6 }, runMs: 300 }];
    const { results, leftOut } = await play(20, algos, { ahead: () => 3 });
    assert.equal(results.length, 30);
    // 20 frames, 10 windows of 5, none in both
    assert.equal(leftOut, 500 - 70);
  });

  it('one that is always late has all frames while a turn waits', async () => {
    // in each 700 ms the next turn is due after 500 at the latest
    const { results, leftOut } = await play(21, [{ name: 'slow', plan: { interval: 0.5 }, runMs: 700 }], { ahead: () => 0 });
    assert.ok(results.length >= 30 && leftOut < 0.5 * 525, `${results.length} runs, ${leftOut} left out`);
    assert.equal((await play(20, [{ name: 'slow', plan: { interval: 0 }, runMs: 700 }], { ahead: () => 0 })).leftOut, 0);
  });
});

describe('engine, realtime demand', () => {
  const tenth = (count: number): number => Math.ceil(count / 10) * 10;
  const options: RealtimeDemandOptions = { usesAll: () => false, span: 24, passed: () => 0, nextUsed: tenth };

  it('wants all until it knows the run', () => {
    assert.equal(new RealtimeDemand(options).nextUsed(7), 7);
  });

  it('counts from where the stream joined', () => {
    const demand = new RealtimeDemand(options);
    demand.begin({ thinner: everyFrame, countBefore: 0, passedBefore: 33 });
    assert.deepEqual([33, 34, 43, 44].map((n) => demand.nextUsed(n)), [33, 43, 43, 53]);
  });

  it('a frame that is thinned out is not wanted, the next delivered one may be', () => {
    const demand = new RealtimeDemand(options);
    demand.begin({ thinner: openThinner({ num: 30, den: 1 }, 12), countBefore: 0, passedBefore: 0 }); // delivered are 0, 3, 5, 8, 10, 13
    assert.deepEqual([0, 1, 25, 26].map((n) => demand.nextUsed(n)), [0, 25, 25, 50]);
    assert.equal(demand.reach, 60);
  });

  it('asks again each time: a recorder may have been started', () => {
    let isRecording = false;
    const demand = new RealtimeDemand({ ...options, usesAll: () => isRecording });
    demand.begin({ thinner: everyFrame, countBefore: 0, passedBefore: 0 });
    assert.equal(demand.nextUsed(1), 10);
    isRecording = true;
    assert.equal(demand.nextUsed(1), 1);
  });
});
