/** What holds from the result of frame number `from` on. */
type Rule = { readonly from: number; readonly interval: number; readonly enabled: boolean };

/** Part of a frame's time by which results may come early and still count as an interval apart; the rest of one rounds time stamps. */
const EARLY = 0.99;
/** Seconds; time stamps are not finer. */
const ROUNDING = 1e-6;

/**
 * Which results of the algo before it bring a turn of an algo on crops: the first, then those at least `interval` seconds after the
 * one that brought the last, give or take less than a frame: an algo of the same interval brings a turn each time.
 */
export class CropSchedule {
  #rules: readonly Rule[];
  #frameSec = 0;
  #lastSec: number | undefined;
  /** Frame from which on a result brings a turn that somebody asked for. */
  #extraFrom: number | undefined;

  /** `interval` in seconds, ≥ 0; 0: at every result. Not `enabled`: never. */
  constructor({ interval, enabled }: { readonly interval: number; readonly enabled: boolean }) {
    this.#rules = [{ from: -Infinity, interval, enabled }];
  }

  /** Time has jumped: the next result brings a turn. What holds last holds from the beginning; `fps` frames a second, 0: not known. */
  reset(fps: number): void {
    this.#rules = [{ ...this.#newestRule, from: -Infinity }];
    this.#frameSec = fps > 0 ? 1 / fps : 0;
    this.#lastSec = undefined;
    this.#extraFrom = undefined;
  }

  /** Another interval, or whether it is enabled, from frame `from` on. */
  change(from: number, changed: { readonly interval?: number; readonly enabled?: boolean }): void {
    this.#rules = [...this.#rules.filter((rule) => rule.from < from), { ...this.#newestRule, ...changed, from }];
  }

  /** One turn more, at the first result of frame `from` or a later one, due or not, enabled or not. */
  runFrom(from: number): void {
    this.#extraFrom ??= from;
  }

  /** Takes the turn that the result of frame `count`, at `atSec` seconds, brings; false: it brings none. */
  take(count: number, atSec: number): boolean {
    const isExtra = this.#extraFrom !== undefined && count >= this.#extraFrom;
    if (isExtra) this.#extraFrom = undefined;
    const isDue = this.#isDue(count, atSec);
    if (isDue) this.#lastSec = atSec;
    return isDue || isExtra;
  }

  #isDue(count: number, atSec: number): boolean {
    const rule = this.#rules.findLast(({ from }) => from <= count);
    if (rule === undefined || !rule.enabled) return false;
    const passed = atSec - (this.#lastSec ?? -Infinity);
    return passed < 0 || passed >= rule.interval - EARLY * this.#frameSec - ROUNDING;
  }

  get #newestRule(): Rule {
    return this.#rules.at(-1) as Rule;
  }
}
