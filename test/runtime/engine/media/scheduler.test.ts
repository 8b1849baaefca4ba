import assert from 'node:assert/strict';

import { FRAME_MS, play } from '../../../support/scheduler-play.js';

const sum = (counts: Readonly<Record<string, number>> = {}): number => Object.values(counts).reduce((total, count) => total + count, 0);
const p99 = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] as number;

describe('scheduler, realtime', () => {
  for (const overload of [1, 2, 5]) {
    for (const [turns, interval] of [[7500, 0], [3000, 0.1]] as const) {
      it(`at ${overload}× overload and interval ${interval} frames are fresh, and every turn is told`, async () => {
        const runMs = overload * (interval === 0 ? FRAME_MS : 100) * 1.001;
        const { results, algos, held } = await play(300, [{ name: 'a', plan: { interval }, runMs }]);
        const ages = results.map(({ timing }) => timing.latencyMs);
        assert.ok(p99(ages) <= runMs + FRAME_MS, `${p99(ages)} ms old at p99, a run takes ${runMs} ms`);
        const { runs, skipped } = algos['a'] ?? assert.fail();
        assert.equal(results.length, runs);
        assert.equal(runs + sum(skipped), turns, JSON.stringify(algos));
        assert.deepEqual(Object.keys(skipped), ['busy']);
        assert.ok(Math.abs(runs - turns / overload) < turns * 0.01, `${runs} runs`);
        assert.equal(held, 0);
      });
    }
  }

  it('an algo that is slow delays no other', async () => {
    const { results, algos } = await play(60, [{ name: 'fast', runMs: 35 }, { name: 'slow', runMs: 700 }]);
    assert.deepEqual(algos['fast'], { runs: 1500, skipped: {} });
    assert.ok(results.filter(({ algo }) => algo === 'fast').every(({ timing }) => timing.latencyMs === 35));
    assert.equal((algos['slow']?.runs ?? 0) + sum(algos['slow']?.skipped), 1500);
  });

  it('skip: takes the newest frames when it begins', async () => {
    const { results } = await play(1, [{ name: 'a', plan: { frameCount: 2 }, runMs: 100 }]);
    assert.deepEqual(results.slice(0, 3).map(({ result }) => result), [[1, 2], [3, 4], [5, 6]]);
  });

  it('queue: turns run with the frames of their moment, late but in order, and what is too much is told', async () => {
    const { results, algos, held, warnings } = await play(2, [{ name: 'a', plan: { late: 'queue', lateLimit: 3, frameCount: 2, interval: 0.1 }, runMs: 250 }]);
    const seen = results.map(({ result }) => result as number[]);
    assert.deepEqual(seen[0], [1, 2]);
    assert.ok(seen.every(([from, to]) => to === (from ?? 0) + 1));
    assert.deepEqual(seen, [...seen].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)));
    const oldest = Math.max(...results.map(({ timing }) => timing.latencyMs));
    assert.ok(oldest > 500 && oldest <= 4 * 250, `${oldest} ms`);
    // the window is full at 0.04 s; from there a turn each 0.1 s
    assert.equal((algos['a']?.runs ?? 0) + sum(algos['a']?.skipped), 20);
    assert.equal(held, 0);
    assert.match(warnings[0] ?? '', /turns are skipped; use 0\.3 s or more$/);
  });

  it('queue: a burst that it has room for loses nothing', async () => {
    const { algos } = await play(0.2, [{ name: 'a', plan: { late: 'queue', lateLimit: 4 }, runMs: 1000 }]);
    assert.deepEqual(algos['a'], { runs: 5, skipped: {} });
  });

  for (const heeds of [true, false]) {
    it(`restart: a run that ${heeds ? 'stops' : 'does not stop'} when told is thrown away, yet one in six comes to its end, and it is told`, async () => {
      const { algos, held, results, warnings } = await play(60, [{ name: 'a', plan: { late: 'restart', interval: 0.2 }, runMs: 300, heeds }]);
      const { runs, skipped } = algos['a'] ?? assert.fail();
      assert.equal(runs + sum(skipped), 300, JSON.stringify(skipped));
      assert.ok(runs >= 25 && (skipped['restarted'] ?? 0) >= 5 * (runs - 1), JSON.stringify(algos));
      assert.ok(results.every(({ timing }) => timing.latencyMs <= 300 + FRAME_MS), 'fresh');
      assert.equal(held, 0);
      assert.match(warnings[0] ?? '', /^a: a run takes 0\.30 s, the interval is 0\.2 s: runs are given up; use 0\.4 s or more$/);
      assert.equal(warnings.length, 1);
    });
  }

  it('restart: an algo that keeps its interval is left alone', async () => {
    const { algos } = await play(10, [{ name: 'a', plan: { late: 'restart', interval: 0.2 }, runMs: 190 }]);
    assert.deepEqual(algos['a'], { runs: 50, skipped: {} });
  });
});

describe('scheduler, realtime, an algo on crops', () => {
  const THINGS = [{ box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } }, { box: { xmin: 1, ymin: 1, xmax: 2, ymax: 2 } }];
  const finder = { name: 'things', plan: { interval: 0.2 }, runMs: 50, gives: THINGS };
  const looker = (runMs: number, plan: object = {}) => ({ name: 'looks', plan: { crops: { of: 'things', minSize: 1 }, ...plan }, runMs, gives: 'it' });
  const framesOf = (results: Awaited<ReturnType<typeof play>>['results'], name: string): number[] => results.filter(({ algo }) => algo === name).map(({ frame }) => frame.index);

  it('is run at each result, on its frame, one crop after the other', async () => {
    const { results, algos, held } = await play(10, [finder, looker(30)]);
    assert.deepEqual(framesOf(results, 'looks'), framesOf(results, 'things'));
    assert.deepEqual(algos, { things: { runs: 50, skipped: {} }, looks: { runs: 50, skipped: {} } });
    for (const { algo, result, timing } of results) {
      if (algo !== 'looks') continue;
      assert.deepEqual(result, THINGS.map((thing) => ({ ...thing, parts: { looks: 'it' } })));
      assert.deepEqual([timing.inferenceMs, timing.latencyMs], [60, 110]);
    }
    assert.equal(held, 0);
  });

  it('is too slow: the other goes on, it takes the newest result there is, and what it missed is told', async () => {
    const { results, algos, held, warnings } = await play(30, [finder, looker(150)]);
    assert.deepEqual(algos['things'], { runs: 150, skipped: {} });
    const { runs = 0, skipped = {} } = algos['looks'] ?? {};
    assert.equal(runs + sum(skipped), 150);
    assert.ok(runs > 75 && runs < 105 && Object.keys(skipped).join() === 'busy', JSON.stringify(algos));
    const newest = framesOf(results, 'looks');
    assert.deepEqual(newest, [...newest].sort((a, b) => a - b));
    assert.deepEqual([held, warnings], [0, []]);
  });

  it('queue: on the frames of their moment', async () => {
    const { results, algos, held } = await play(4, [finder, looker(250, { late: 'queue', lateLimit: 3 })]);
    const frames = framesOf(results, 'looks');
    assert.deepEqual(frames.slice(0, 2), framesOf(results, 'things').slice(0, 2), 'the second waited');
    assert.ok((algos['looks']?.skipped['busy'] ?? 0) > 5);
    assert.equal(held, 0);
  });

  it('restart: the crops that are left are given up for a newer result', async () => {
    const { algos, held, results } = await play(4, [finder, { ...looker(150, { late: 'restart' }), heeds: true }]);
    const { runs = 0, skipped = {} } = algos['looks'] ?? {};
    assert.ok((skipped['restarted'] ?? 0) > 5 && runs > 0, JSON.stringify(skipped));
    assert.equal(framesOf(results, 'looks').length, runs);
    assert.equal(held, 0);
  });

  it('at most every interval; disabled: never', async () => {
    const { results } = await play(4, [finder, looker(30, { interval: 1 })]);
    assert.deepEqual(framesOf(results, 'looks'), [1, 26, 51, 76]);
    const { algos, held } = await play(4, [finder, looker(30, { enabled: false })]);
    assert.deepEqual([algos['looks'], held], [{ runs: 0, skipped: {} }, 0]);
  });
});
