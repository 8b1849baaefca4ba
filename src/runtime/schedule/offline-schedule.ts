import { type OfflineCadence, isDue, offlineCadence } from './offline-cadence.js';

/** What holds for the frames delivered from number `from` on. */
type Rule = { readonly from: number; readonly interval: number; readonly enabled: boolean };

/** The frames that a run gets: `frameCount` of them, `frameStep` (at least 1) apart, the last one the frame it is due at. */
export type WindowShape = { readonly frameCount: number; readonly frameStep: number };

/**
 * At which delivered frames one algo is due, offline, and which frames its runs will use. Frames are counted from 1, from
 * the start of the source. What is changed while it plays holds from a frame on that nobody has decided about yet.
 */
export class OfflineSchedule {
  readonly #window: WindowShape;
  #rules: readonly Rule[];
  #fps = 0;
  /** Frame of a run that somebody asked for. */
  #extra: number | undefined;

  /** `interval` in seconds, ≥ 0; not `enabled`: never due. */
  constructor(window: WindowShape, rule: { readonly interval: number; readonly enabled: boolean }) {
    this.#window = window;
    this.#rules = [{ from: 0, ...rule }];
  }

  /** Counting starts anew, as after a seek, at `fps` frames a second: what holds last holds from the beginning. */
  reset(fps: number): void {
    this.#fps = fps;
    this.#rules = [{ ...this.#lastRule, from: 0 }];
    this.#extra = undefined;
  }

  /** Another interval, or whether it is enabled, from frame `from` on. */
  change(from: number, changed: { readonly interval?: number; readonly enabled?: boolean }): void {
    this.#rules = [...this.#rules.filter((rule) => rule.from < from), { ...this.#lastRule, ...changed, from }];
  }

  /** One run more, at the first frame whose whole window lies at or behind frame `from`. */
  runFrom(from: number): void {
    this.#extra ??= from + this.#offset(this.#window.frameCount - 1);
  }

  /** Whether a run that somebody asked for is due at that frame; before `isDue`. */
  isAsked(count: number): boolean {
    return count === this.#extra;
  }

  isDue(count: number): boolean {
    if (this.isAsked(count)) {
      this.#extra = undefined;
      return true;
    }
    const rule = this.#rules.findLast(({ from }) => from <= count);
    return rule !== undefined && rule.enabled && isDue(this.#cadenceOf(rule), count);
  }

  /** The frames `from` to `to` are not there, such as could not be decoded: how often it was due at them. */
  missed(from: number, to: number): number {
    let turns = 0;
    for (let due = this.#nextDue(from); due <= to; due = this.#nextDue(due + 1)) turns += 1;
    if (this.#extra !== undefined && this.#extra >= from && this.#extra <= to) this.#extra = undefined;
    return turns;
  }

  /** The first frame at or after `count` that one of its runs will get, of those due at frame `dueFrom` or later; Infinity: none. */
  nextUsed(count: number, dueFrom = 0): number {
    let next = Infinity;
    for (let i = 0; i < this.#window.frameCount && next > count; i += 1) {
      const offset = this.#offset(i);
      next = Math.min(next, this.#nextDue(Math.max(count + offset, dueFrom)) - offset);
    }
    return next;
  }

  get #lastRule(): Rule {
    return this.#rules.at(-1) as Rule;
  }

  /** Frames from the i-th newest frame of a window to the newest. */
  #offset(i: number): number {
    return i * Math.max(1, this.#window.frameStep);
  }

  #nextDue(count: number): number {
    let next = this.#extra !== undefined && this.#extra >= count ? this.#extra : Infinity;
    for (const [i, rule] of this.#rules.entries()) {
      if (!rule.enabled) continue;
      const { everyFrames } = this.#cadenceOf(rule);
      const due = Math.ceil(Math.max(count, rule.from, 1) / everyFrames) * everyFrames;
      if (due < (this.#rules[i + 1]?.from ?? Infinity)) next = Math.min(next, due);
    }
    return next;
  }

  #cadenceOf(rule: Rule): OfflineCadence {
    return offlineCadence(rule.interval, this.#fps);
  }
}
