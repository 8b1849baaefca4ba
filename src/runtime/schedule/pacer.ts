import type { Clock } from '../base/index.js';

/** A file that plays this much too late skips frames; later still, it plays on from where it is. Milliseconds. */
const LATE_MS = 250;
const SLIP_MS = 1000;
/** A file that slips again within so many milliseconds, or that skips frames for so long, does not catch up by itself. */
const AGAIN_MS = 5000;
const BEHIND_MS = 2000;

/** Ties media time to wall time, so that a file plays at its own speed. */
export class Pacer {
  readonly #clock: Clock;
  #origin: { readonly ptsUs: number; readonly atMs: number } | undefined;
  #pausedAtMs: number | undefined;
  #slippedAtMs = -Infinity;
  #lateSinceMs: number | undefined;
  #isBehind = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether frames have been late for so long, as the one asked about last tells, that decoding all of them does not do. */
  get isBehind(): boolean {
    return this.#isBehind;
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
    const isInTime = wait > -LATE_MS;
    const hasSlippedAgain = wait < -SLIP_MS && this.#slip();
    this.#isBehind = hasSlippedAgain || this.#isLastinglyLate(isInTime);
    return isInTime;
  }

  #isLastinglyLate(isInTime: boolean): boolean {
    const now = this.#clock.now();
    this.#lateSinceMs = isInTime ? undefined : (this.#lateSinceMs ?? now);
    return now - (this.#lateSinceMs ?? now) >= BEHIND_MS;
  }

  /** Plays on from where it is; whether it had done so a moment ago. */
  #slip(): boolean {
    const now = this.#clock.now();
    const isAgain = now - this.#slippedAtMs < AGAIN_MS;
    this.#slippedAtMs = now;
    this.reset();
    return isAgain;
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
