import type { Fraction } from './fraction.js';

/** A longer jump than this, in a container where clocks may start anew, is a new clock and no pause. */
const DISCONTINUITY_US = 10_000_000;

export type TimelineOptions = {
  /** Length of a tick of the raw time stamps in seconds. */
  readonly timeBase: Fraction;
  /** Frames a second; 0/1 where unknown. */
  readonly fps: Fraction;
  /** Containers such as MPEG-TS, whose clock may jump: the jump is taken out. */
  readonly clockMayJump: boolean;
};

/**
 * Turns raw time stamps into microseconds from the first frame on that only grow: the first is 0, missing ones are
 * filled in at the source's rate, those that go back are put right behind the frame before.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #frameUs: number;
  #originTicks: bigint | undefined;
  #shiftUs = 0;
  #lastUs: number | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#frameUs = options.fps.num > 0 ? (1e6 * options.fps.den) / options.fps.num : 40_000;
  }

  /** Microseconds of the next frame with that raw time stamp (undefined: it has none), after `leftOut` frames that were not asked for. */
  next(ticks: bigint | undefined, leftOut = 0): number {
    const us = Math.round(this.#place(ticks, leftOut));
    this.#lastUs = us;
    return us;
  }

  /** What `next` would say. */
  peek(ticks: bigint | undefined): number {
    return Math.round(this.#place(ticks));
  }

  /** Raw time stamp of a moment `us` after the first frame. */
  ticksAt(us: number): bigint {
    const { num, den } = this.#options.timeBase;
    return (this.#originTicks ?? 0n) + BigInt(Math.round((us * den) / num / 1e6));
  }

  /** What `next` will say of a frame that comes later, unless the clock starts anew before it. */
  foretell(ticks: bigint): number {
    const { num, den } = this.#options.timeBase;
    return Math.round((Number(ticks - (this.#originTicks ?? ticks)) * 1e6 * num) / den + this.#shiftUs);
  }

  /** Microseconds from the first frame to that raw time stamp, as it stands: right after a jump it is what `next` would say. */
  plainUs(ticks: bigint): number {
    const { num, den } = this.#options.timeBase;
    return Math.round((Number(ticks - (this.#originTicks ?? ticks)) * 1e6 * num) / den);
  }

  /** After a seek times may go back; the origin stays. */
  jump(): void {
    this.#lastUs = undefined;
    this.#shiftUs = 0;
  }

  #place(ticks: bigint | undefined, leftOut = 0): number {
    const last = this.#lastUs;
    const expected = last === undefined ? 0 : last + (1 + leftOut) * this.#frameUs;
    if (ticks === undefined) return expected;
    const { num, den } = this.#options.timeBase;
    this.#originTicks ??= ticks - BigInt(Math.round((expected * den) / num / 1e6));
    const us = (Number(ticks - this.#originTicks) * 1e6 * num) / den;
    if (last === undefined) return us;
    if (this.#options.clockMayJump && Math.abs(us + this.#shiftUs - expected) > DISCONTINUITY_US) this.#shiftUs = expected - us;
    const shifted = us + this.#shiftUs;
    return shifted > last ? shifted : last + Math.max(1, this.#frameUs / 2);
  }
}
