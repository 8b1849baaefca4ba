import type { Clock } from '../base/index.js';

/**
 * A frame of a live source that comes this much later than it could have is out of date, in milliseconds. Wireless
 * networks and a TCP packet that is sent again (after 200 ms) hold frames up for less; a person notices more.
 */
const LATE_MS = 500;
/** Milliseconds, at least, for which the quickest frame is remembered; at most twice as long. The clocks of a camera and of this machine part by 1 ms in that time. */
const MEMORY_MS = 5000;
/** While all frames are late, one is let through so often, in milliseconds: a late picture says more than none. */
const GLIMPSE_MS = 1000;
/** Frames that are late for so long, in milliseconds, come from a decoder that does not catch up by itself. */
const BEHIND_MS = 2000;

export type Arrival = {
  /** Milliseconds by which the frame is late; below 0: so much quicker than any frame of late. */
  readonly lateMs: number;
  /** Whether the frame is to be used. */
  readonly isInTime: boolean;
};

/**
 * How late the frames of a live source are. Nobody tells when a camera took a frame; but the quickest frame of late had
 * nothing to wait for, and each other one is late by what its way took longer.
 */
export class Lateness {
  readonly #clock: Clock;
  /** Least arrival minus time stamp, in ms: in the present stretch of `MEMORY_MS`, and in the one before. */
  #least = Infinity;
  #leastBefore = Infinity;
  #stretchAtMs: number;
  #wayBefore = Infinity;
  #lateSinceMs: number | undefined;
  /** Since when no frame was used, or since when they are late. */
  #blindSinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stretchAtMs = clock.now();
  }

  /** True: frames have been late for so long that decoding all of them does not do. */
  get isBehind(): boolean {
    return this.#lateSinceMs !== undefined && this.#clock.now() - this.#lateSinceMs >= BEHIND_MS;
  }

  /** Takes note of the frame of `ptsUs`, which comes now. */
  take(ptsUs: number): Arrival {
    const lateMs = this.#lateBy(ptsUs);
    return { lateMs, isInTime: this.#isInTime(lateMs > LATE_MS) };
  }

  /** A frame that is late is out, unless nothing was used for a second of lateness. */
  #isInTime(isLate: boolean): boolean {
    const now = this.#clock.now();
    if (!isLate) {
      this.#lateSinceMs = undefined;
      return true;
    }
    if (this.#lateSinceMs === undefined) {
      this.#lateSinceMs = now;
      this.#blindSinceMs = now;
    }
    if (now - this.#blindSinceMs < GLIMPSE_MS) return false;
    this.#blindSinceMs = now;
    return true;
  }

  #lateBy(ptsUs: number): number {
    const now = this.#clock.now();
    const way = now - ptsUs / 1000;
    // never two stretches at once: after a long hold-up the frames before it are all that is known
    if (now - this.#stretchAtMs >= MEMORY_MS && this.#least < Infinity) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
      this.#stretchAtMs = now;
    }
    const known = Math.min(this.#least, this.#leastBefore);
    // one frame alone may come from the future, by a slip of the camera's; two in a row are quick
    this.#least = Math.min(this.#least, Math.max(way, this.#wayBefore));
    this.#wayBefore = way;
    return known === Infinity ? 0 : way - known;
  }
}
