import assert from 'node:assert/strict';
import { setImmediate as settle } from 'node:timers/promises';

import { type AlgoPlan, type AlgoResult, type StreamEvent } from '../../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../../dist/runtime/base/plan.js';
import { DeliveredFrame } from '../../../../dist/runtime/engine/media/delivered-frame.js';
import { Reporter } from '../../../../dist/runtime/engine/media/reporter.js';
import { Scheduler } from '../../../../dist/runtime/engine/media/scheduler.js';
import { Tally } from '../../../../dist/runtime/engine/media/tally.js';
import type { LaneReply, LaneRequest } from '../../../../dist/runtime/engine/messages.js';
import type { Picture } from '../../../../dist/runtime/media/index.js';
import { FakeClock } from '../../../support/fake-clock.js';

const STAGE = { width: 2, height: 2, format: 'gray8' } as const;
const FRAME_MS = 40;

type SlowAlgo = {
  readonly name: string;
  readonly plan?: Partial<AlgoPlan>;
  /** What a run takes. */
  readonly runMs: number;
  /** A run ends when it is told to. */
  readonly heeds?: boolean;
};

/** A lane whose runs take as long as they are said to, on the fake clock. */
class FakeLane {
  readonly #algo: SlowAlgo;
  readonly #clock: FakeClock;
  #onMessage: (reply: LaneReply) => void = () => undefined;
  #run: { readonly runId: number; readonly frames: readonly number[] } | undefined;
  /** When the run under way ends. */
  endsAtMs = Infinity;

  constructor(algo: SlowAlgo, clock: FakeClock) {
    this.#algo = algo;
    this.#clock = clock;
  }

  on(event: string, listener: (reply: LaneReply) => void): void {
    if (event === 'message') this.#onMessage = listener;
  }

  postMessage(request: LaneRequest): void {
    if (request.type === 'run') {
      this.#run = { runId: request.runId, frames: request.frames.map(({ info }) => info.index) };
      this.endsAtMs = this.#clock.now() + this.#algo.runMs;
    } else if (this.#algo.heeds) this.endsAtMs = this.#clock.now();
  }

  close(): void { /* nothing is open */ }

  end(): void {
    const { runId, frames } = this.#run ?? assert.fail('no run is under way');
    this.endsAtMs = Infinity;
    this.#onMessage({ type: 'done', runId, result: frames, timing: { waitMs: 0, inferenceMs: this.#algo.runMs }, buffers: [] });
  }
}

type Played = {
  readonly results: readonly AlgoResult[];
  readonly warnings: readonly string[];
  readonly algos: Readonly<Record<string, { readonly runs: number; readonly skipped: Readonly<Record<string, number>> }>>;
  /** Pictures not given back. */
  readonly held: number;
};

/** Plays `seconds` of 25 frames a second through a scheduler, then lets all runs end. */
async function play(seconds: number, algos: readonly SlowAlgo[]): Promise<Played> {
  const clock = new FakeClock();
  const plan = resolveStreamPlan({
    id: 's', name: 's', source: { location: 'test:' },
    algos: algos.map(({ plan: algo = {}, name }) => ({ interval: 0, ...algo, id: name, name, kind: 'local' })),
  });
  const results: AlgoResult[] = [];
  const events: StreamEvent[] = [];
  const tally = new Tally(plan.algos, clock.now());
  const reporter = new Reporter({ plan, clock, tally, post: (message) => {
    if (message.type === 'result') results.push(message.result);
    else if (message.type === 'event') events.push(message.event);
  } });
  const scheduler = new Scheduler({ plan, clock, reporter, tally, signal: new AbortController().signal, onHang: () => assert.fail('it hangs') });
  const lanes = algos.map((algo) => new FakeLane(algo, clock));
  scheduler.attach(lanes.map((lane, i) => ({ algoId: algos[i]?.name ?? '', port: lane as never, needs: { kind: 'pixels' } })));
  scheduler.reset(STAGE, 25, 0);
  let held = 0;
  const runLanesUntil = async (untilMs: number): Promise<void> => {
    for (;;) {
      const next = lanes.reduce((first, lane) => (lane.endsAtMs < first.endsAtMs ? lane : first));
      if (next.endsAtMs > untilMs || next.endsAtMs === Infinity) break;
      clock.advance(Math.max(0, next.endsAtMs - clock.now()));
      next.end();
      await settle();
    }
    if (untilMs < Infinity) clock.advance(untilMs - clock.now());
  };
  for (let i = 0; i < seconds * 25; i++) {
    await runLanesUntil(i * FRAME_MS);
    held += 1;
    const picture = { ptsUs: i * FRAME_MS * 1000, sourceIndex: i, width: 2, height: 2, retain: () => { held += 1; }, release: () => { held -= 1; }, toPixels: () => undefined };
    const frame = new DeliveredFrame(picture as unknown as Picture, { index: i + 1, stream: reporter.stream, atMs: clock.now(), onFirstUse: () => undefined });
    await scheduler.take(frame);
    frame.release();
  }
  await runLanesUntil(Infinity);
  await scheduler.idle();
  scheduler.close();
  const warnings = events.filter((event) => event.event === 'warning').map(({ message }) => message);
  return { results, warnings, algos: tally.totals(clock.now()).algos, held };
}

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
