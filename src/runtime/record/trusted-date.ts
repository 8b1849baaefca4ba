import type { Clock } from '../base/index.js';

/** Milliseconds: a larger step of the wall clock is a jump, and one that has lasted as long is believed. */
const HOUR_MS = 3_600_000;

/**
 * The date for decisions that cannot be taken back. A wall clock that jumps ahead (no battery, a wrong time server, a sleep) would make
 * every file old at once: until the jump has lasted for an hour, the date goes on from before it. Steps back are taken at once.
 */
export class TrustedDate {
  readonly #clock: Clock;
  /** Milliseconds of the date and of the monotonic clock, of the same moment. */
  #known: { readonly dateMs: number; readonly nowMs: number };
  #jumpedAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#known = { dateMs: clock.date().getTime(), nowMs: clock.now() };
  }

  /** Milliseconds since 1970. */
  get ms(): number {
    const [dateMs, nowMs] = [this.#clock.date().getTime(), this.#clock.now()];
    const expectedMs = this.#known.dateMs + nowMs - this.#known.nowMs;
    if (dateMs - expectedMs > HOUR_MS) {
      this.#jumpedAtMs ??= nowMs;
      if (nowMs - this.#jumpedAtMs < HOUR_MS) return expectedMs;
    }
    this.#jumpedAtMs = undefined;
    this.#known = { dateMs, nowMs };
    return dateMs;
  }
}
