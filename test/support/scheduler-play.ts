import assert from 'node:assert/strict';
import { setImmediate as settle } from 'node:timers/promises';

import { type AlgoResult, type StreamEvent, type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../dist/runtime/base/plan.js';
import { DeliveredFrame } from '../../dist/runtime/engine/media/delivered-frame.js';
import { Reporter } from '../../dist/runtime/engine/media/reporter.js';
import { Scheduler } from '../../dist/runtime/engine/media/scheduler.js';
import { Tally } from '../../dist/runtime/engine/media/tally.js';
import type { LaneReply, LaneRequest } from '../../dist/runtime/engine/messages.js';
import type { Picture } from '../../dist/runtime/media/index.js';
import type { Region } from '../../dist/runtime/vision/index.js';
import { FakeClock } from './fake-clock.js';

const STAGE = { width: 2, height: 2, format: 'gray8' } as const;
export const FRAME_MS = 40;

export type SlowAlgo = {
  readonly name: string;
  readonly plan?: Partial<Extract<NonNullable<StreamPlanInput['algos']>[number], { kind: 'local' }>>;
  /** What a run takes. */
  readonly runMs: number;
  /** A run ends when it is told to. */
  readonly heeds?: boolean;
  /** What a run gives. Absent: the numbers of its frames. */
  readonly gives?: unknown;
};

/** A lane whose runs take as long as they are said to, on the fake clock. */
class FakeLane {
  readonly #algo: SlowAlgo;
  readonly #clock: FakeClock;
  #onMessage: (reply: LaneReply) => void = () => undefined;
  /** The one under way, and those of crops that wait behind it. */
  readonly #runs: { readonly runId: number; readonly frames: readonly number[] }[] = [];
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
      this.#runs.push({ runId: request.runId, frames: request.frames.map(({ info }) => info.index) });
      if (this.#runs.length === 1) this.endsAtMs = this.#clock.now() + this.#algo.runMs;
    } else if (this.#algo.heeds) this.endsAtMs = this.#clock.now();
  }

  close(): void { /* nothing is open */ }

  end(): void {
    const { runId, frames } = this.#runs.shift() ?? assert.fail('no run is under way');
    this.endsAtMs = this.#runs.length === 0 ? Infinity : this.#clock.now() + this.#algo.runMs;
    const result = 'gives' in this.#algo ? this.#algo.gives : frames;
    this.#onMessage({ type: 'done', runId, result, timing: { waitMs: 0, inferenceMs: this.#algo.runMs }, buffers: [] });
  }
}

export type Played = {
  readonly results: readonly AlgoResult[];
  readonly warnings: readonly string[];
  readonly algos: Readonly<Record<string, { readonly runs: number; readonly skipped: Readonly<Record<string, number>> }>>;
  /** Pictures not given back. */
  readonly held: number;
  readonly leftOut: number;
};

export type Playing = {
  /** Times of the frames in ms, ascending from 0; absent: 25 a second. */
  readonly timesMs?: readonly number[];
  /** Frames that nobody uses are left out; of frame `n` it is decided when `ahead(n)` frames before it are still to come. Absent: all are there. */
  readonly ahead?: (n: number) => number;
};

/** Frames whose times are known before they come. */
const KNOWN_AHEAD = 40;

/** Plays `seconds` of frames through a scheduler, then lets all runs end. */
export async function play(seconds: number, algos: readonly SlowAlgo[], { timesMs = evenly(seconds), ahead }: Playing = {}): Promise<Played> {
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
  }, onResult: () => undefined });
  const scheduler = new Scheduler({ plan, clock, reporter, tally, signal: new AbortController().signal, known: undefined, onHang: () => assert.fail('it hangs') });
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
  let leftOut = 0;
  const decided = new Map<number, boolean>();
  /** After frame `from - 1` was delivered, or before the first one. */
  const decide = (from: number): void => {
    for (let n = from; n < timesMs.length && n <= from + 8; n += 1) {
      if (decided.has(n) || from < n - (ahead?.(n) ?? 0)) continue;
      const times = { end: Math.min(timesMs.length, from + KNOWN_AHEAD), isAll: from + KNOWN_AHEAD >= timesMs.length, usOf: (k: number) => (timesMs[k] as number) * 1000 };
      decided.set(n, ahead === undefined || scheduler.nextUsedInRealtime(n, from, times) === n);
    }
  };
  for (const [i, ms] of timesMs.entries()) {
    decide(i);
    await runLanesUntil(ms);
    if (decided.get(i) === false) {
      scheduler.skip(1, i + 1, ms / 1000);
      leftOut += 1;
      continue;
    }
    held += 1;
    const picture = {
      ptsUs: ms * 1000, sourceIndex: i, width: 2, height: 2, retain: () => { held += 1; }, release: () => { held -= 1; }, toPixels: () => undefined,
      crop: (region: Region) => {
        held += 1;
        return { picture: { ...picture, ...region }, region };
      },
    };
    const frame = new DeliveredFrame(picture as unknown as Picture, { index: i + 1, stream: reporter.stream, atMs: clock.now(), onFirstUse: () => undefined });
    await scheduler.take(frame);
    frame.release();
  }
  await runLanesUntil(Infinity);
  await scheduler.idle();
  scheduler.close();
  const warnings = events.filter((event) => event.event === 'warning').map(({ message }) => message);
  return { results, warnings, algos: tally.totals(clock.now()).algos, held, leftOut };
}

function evenly(seconds: number): number[] {
  return Array.from({ length: seconds * 25 }, (_, i) => i * FRAME_MS);
}
