import type { AlgoPlan } from '../../base/index.js';
import { OfflineSchedule, OverrunWatch, RealtimeCadence } from '../../schedule/index.js';
import type { LaneHandle } from './lane-handle.js';

/** One algo of a stream: when it is due, and what people have told it since. */
export class AlgoRunner {
  readonly lane: LaneHandle;
  readonly realtime: RealtimeCadence;
  readonly offline: OfflineSchedule;
  readonly #overrun = new OverrunWatch();
  #interval: number;
  #enabled: boolean;
  #runNow = false;
  /** Number of the newest frame it has seen; a realtime run on the same one would say the same. */
  #lastIndex = 0;

  constructor(lane: LaneHandle) {
    this.lane = lane;
    this.#interval = lane.plan.interval;
    this.#enabled = lane.plan.enabled;
    this.realtime = new RealtimeCadence(lane.plan.interval);
    this.offline = new OfflineSchedule(lane.plan, lane.plan);
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get plan(): AlgoPlan {
    return this.lane.plan;
  }

  /** Realtime: whether a turn is due at `now` seconds. */
  isDueRealtime(now: number): boolean {
    return this.#runNow || (this.#enabled && this.realtime.isDue(now));
  }

  /**
   * Realtime: begins the due turn on the frame of that number.
   * @returns The turns that were missed before it; without an interval every frame is a turn.
   */
  takeRealtime(now: number, index: number): number {
    const previous = this.#lastIndex;
    this.#lastIndex = index;
    if (this.#takeRunNow() && !this.#enabled) return 0;
    const missed = this.realtime.take(now);
    return this.#interval === 0 && previous > 0 ? index - previous - 1 : missed;
  }

  /** After a realtime run: what to tell of one that is lastingly slower than its interval. */
  noteDuration(runMs: number): string | undefined {
    const enough = this.#overrun.note(runMs / 1000, this.#interval);
    if (enough === undefined) return undefined;
    return `${this.plan.name}: a run takes ${(runMs / 1000).toFixed(2)} s, the interval is ${String(this.#interval)} s: turns are skipped; use ${String(enough)} s or more`;
  }

  enable(enabled: boolean): void {
    if (enabled && !this.#enabled) this.realtime.reset();
    this.#enabled = enabled;
  }

  /** A run as soon as there are frames, due or not, enabled or not. */
  runNow(): void {
    this.#runNow = true;
  }

  setInterval(interval: number): void {
    this.#interval = interval;
    this.realtime.setInterval(interval);
  }

  #takeRunNow(): boolean {
    const runNow = this.#runNow;
    this.#runNow = false;
    return runNow;
  }
}
