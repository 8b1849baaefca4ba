import { type AlgoPlan, cropsOf, followsThings, runsAtOnce, slicingOf } from '../../base/index.js';
import type { FrameTimes, Stage } from '../../media/index.js';
import { nextUsedInRealtime, OfflineSchedule, OverrunWatch, RealtimeCadence, Turns, type TurnsOptions } from '../../schedule/index.js';
import { CropRuns, type Work } from './crop-runs.js';
import type { DeliveredFrame } from './delivered-frame.js';
import { outcomeOf } from './known-results.js';
import type { LaneHandle, LaneOutcome } from './lane-handle.js';
import { MotionGate } from './motion-gate.js';
import { keepInRegions } from './region-filter.js';
import { ResultTracker } from './result-tracker.js';
import { SliceRuns } from './slice-runs.js';
import { ZoneWatch } from './zone-watch.js';

/** What was delivered since the last jump in time. */
export type Delivered = {
  /** Number of the frame that comes next, from 0. */
  readonly from: number;
  /** Frames that a window may reach back to, those left out included. */
  readonly delivered: number;
  /** Seconds of the last one. */
  readonly now: number;
};

/** One algo of a stream: when it is due, which turns wait, and what people have told it since. */
export class AlgoRunner {
  readonly lane: LaneHandle;
  readonly offline: OfflineSchedule;
  readonly turns: Turns<Work>;
  /** Of an algo on crops. */
  readonly crops: CropRuns | undefined;
  /** Absent: every turn runs. */
  readonly gate: MotionGate | undefined;
  /** Offline: turns at frames that were left out because what they gave is known; it is still to be told. */
  owed = 0;
  readonly #slices: SliceRuns | undefined;
  readonly #cadence: RealtimeCadence;
  readonly #overrun = new OverrunWatch();
  readonly #tracker: ResultTracker | undefined;
  readonly #zones: ZoneWatch | undefined;
  /** Resolves when all runs have ended. */
  #ended: Promise<unknown> = Promise.resolve();
  #interval: number;
  #enabled: boolean;
  #runNow = false;
  /** Number of the frame that brought its newest realtime turn; a frame brings one at most. */
  #turnIndex = 0;

  /** `algos` are all of the stream's. */
  constructor(lane: LaneHandle, algos: readonly AlgoPlan[], onSkipped: TurnsOptions<unknown>['onSkipped']) {
    const crops = cropsOf(lane.plan);
    const slicing = slicingOf(lane.plan);
    const { interval, enabled, late, lateLimit, motionGate } = lane.plan;
    this.lane = lane;
    this.gate = motionGate && new MotionGate(motionGate, lane.plan);
    this.#tracker = followsThings(lane.plan) ? new ResultTracker() : undefined;
    this.#zones = ZoneWatch.of(lane.plan);
    this.#slices = slicing && new SliceRuns(lane, slicing);
    this.#interval = interval;
    this.#enabled = enabled;
    this.crops = crops && new CropRuns(lane, crops, algos);
    this.offline = new OfflineSchedule(lane.plan, { interval, enabled: enabled && crops === undefined });
    this.#cadence = new RealtimeCadence(interval);
    const atOnce = crops === undefined ? runsAtOnce(lane.plan) : 1;
    this.turns = new Turns({ late, limit: lateLimit, atOnce, onSkipped, release: ({ frames }) => { for (const frame of frames) frame.release(); } });
  }

  get plan(): AlgoPlan {
    return this.lane.plan;
  }

  /**
   * Hands a window over before it returns; the frame of crops is held until they are done. Resolves with what the algo gave within its
   * regions, things in it numbered and placed in zones where the plan says so. Of several runs each waits for those before it, so that results come in order.
   */
  async run(work: Work, stage: Stage): Promise<LaneOutcome> {
    if (this.crops !== undefined) return await this.crops.run(work, stage);
    const newest = work.frames.at(-1) as DeliveredFrame;
    this.gate?.ran(newest);
    const before = this.#ended;
    const begun = work.known === undefined ? (this.#slices?.run(newest, stage) ?? this.lane.run(work.frames, stage)) : outcomeOf(work.known, this.plan);
    const ended = begun.finally(() => before);
    this.#ended = ended.catch(() => undefined);
    const outcome = await ended;
    // motion was looked for inside only: a region's box may reach out
    const result = this.plan.kind === 'motion' ? outcome.result : keepInRegions(outcome.result, this.plan, newest.info);
    const followed = this.#tracker === undefined ? result : this.#tracker.follow(result, newest.info.ptsUs / 1e6);
    return { ...outcome, result: this.#zones === undefined ? followed : this.#zones.watch(followed, newest.info) };
  }

  /** Realtime: the first frame at or after `count` that it uses, as things stand; Infinity: none. */
  nextUsed(count: number, { from, delivered, now }: Delivered, times: FrameTimes): number {
    // the frames of an algo on crops are those of the algo before it
    if (this.crops !== undefined) return Infinity;
    if (this.#runNow || this.turns.wantsNewest) return count;
    if (!this.#enabled) return Infinity;
    const { frameCount, frameStep } = this.plan;
    return nextUsedInRealtime(count, {
      cadence: this.#cadence, frameCount, frameStep: Math.max(1, frameStep), from, now,
      missing: Math.max(0, frameCount * Math.max(1, frameStep) - delivered), isBusy: this.turns.isBusy,
    }, times);
  }

  /** Realtime: takes the turn that the frame of that number, at `now` seconds, brings; false: it brings none, or none more. */
  takeTurn(index: number, now: number): boolean {
    if (index === this.#turnIndex) return false;
    const isDueNow = this.#enabled && this.#cadence.isDue(now);
    if (isDueNow) this.#cadence.take(now);
    if (!this.#takeRunNow() && !isDueNow) return false;
    this.#turnIndex = index;
    return true;
  }

  /** After a realtime run: what to tell of one that is lastingly slower than its interval. */
  noteDuration(runMs: number): string | undefined {
    const enough = this.#overrun.note(runMs / 1000, this.#interval);
    if (enough === undefined) return undefined;
    const loss = this.plan.late === 'restart' ? 'runs are given up' : 'turns are skipped';
    return `${this.plan.name}: a run takes ${(runMs / 1000).toFixed(2)} s, the interval is ${String(this.#interval)} s: ${loss}; use ${String(enough)} s or more`;
  }

  /** After a realtime run that was given up. */
  noteGivenUp(): void {
    this.#overrun.noteGivenUp();
  }

  /** Time has jumped: the next turn is due at once, and none that waits runs any more. */
  reset(): void {
    this.#cadence.reset();
    this.turns.clear();
    this.gate?.reset();
    this.#tracker?.reset();
    this.#zones?.reset();
  }

  enable(enabled: boolean): void {
    if (enabled !== this.#enabled) this.reset();
    this.#enabled = enabled;
  }

  /** A run as soon as there are frames, due or not, enabled or not. */
  runNow(): void {
    this.#runNow = true;
    this.gate?.reset();
  }

  setInterval(interval: number): void {
    this.#interval = interval;
    this.#cadence.setInterval(interval);
  }

  #takeRunNow(): boolean {
    const runNow = this.#runNow;
    this.#runNow = false;
    return runNow;
  }
}
