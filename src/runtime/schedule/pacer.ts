import type { Clock } from '../base/index.js';

/** A file that plays this much too late skips frames; later still, it plays on from where it is. Milliseconds. */
const LATE_MS = 250;
const SLIP_MS = 1000;

/** Ties media time to wall time, so that a file plays at its own speed. */
export class Pacer {
  readonly #clock: Clock;
  #origin: { readonly ptsUs: number; readonly atMs: number } | undefined;
  #pausedAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the frame of `ptsUs` is to be shown; negative: so much too late. The first frame is due at once. */
  wait(ptsUs: number): number {
    const now = this.#clock.now();
    this.#origin ??= { ptsUs, atMs: now };
    return this.#origin.atMs + (ptsUs - this.#origin.ptsUs) / 1000 - now;
  }

  /** Waits until the frame's time has come, or the signal aborts; false for a frame that is too late to be shown. */
  async isInTime(ptsUs: number, signal: AbortSignal): Promise<boolean> {
    const wait = this.wait(ptsUs);
    if (wait > 0) await this.#clock.sleep(wait, signal).catch(() => undefined);
    if (wait < -SLIP_MS) this.reset();
    return wait > -LATE_MS;
  }

  /** The next frame starts the count anew: after a seek, a loop, a reconnect. */
  reset(): void {
    this.#origin = undefined;
  }

  pause(): void {
    this.#pausedAtMs ??= this.#clock.now();
  }

  /** Goes on where `pause` stopped. */
  resume(): void {
    if (this.#pausedAtMs !== undefined && this.#origin !== undefined) {
      this.#origin = { ptsUs: this.#origin.ptsUs, atMs: this.#origin.atMs + this.#clock.now() - this.#pausedAtMs };
    }
    this.#pausedAtMs = undefined;
  }
}
