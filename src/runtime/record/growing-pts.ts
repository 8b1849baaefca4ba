/** Steps back up to this long are uneven time stamps; longer ones are a loop, a seek or a new connection. */
const JUMP_US = 1_000_000;

/**
 * Makes time stamps grow, as a file needs them. One that repeats or goes back is put one frame after the last; after
 * a long step back, all that follow are moved by as much, so that their distances stay.
 */
export class GrowingPts {
  readonly #frameUs: number;
  #firstUs: number | undefined;
  #lastUs: number | undefined;
  #offsetUs = 0;

  /** @param frameUs Microseconds that a frame lasts, above 0. */
  constructor(frameUs: number) {
    this.#frameUs = Math.max(1, Math.round(frameUs));
  }

  /** Seconds from the first frame to the end of the last one; 0: there was none. */
  get seconds(): number {
    return this.#firstUs === undefined || this.#lastUs === undefined ? 0 : (this.#lastUs - this.#firstUs + this.#frameUs) / 1e6;
  }

  /** The time stamp to write for `ptsUs`; what is no number counts as a repetition. */
  next(ptsUs: number): number {
    const lastUs = this.#lastUs;
    const wantedUs = Number.isFinite(ptsUs) ? Math.round(ptsUs) + this.#offsetUs : (lastUs ?? 0);
    this.#firstUs ??= wantedUs;
    if (lastUs === undefined || wantedUs > lastUs) {
      this.#lastUs = wantedUs;
      return wantedUs;
    }
    const grownUs = lastUs + this.#frameUs;
    if (lastUs - wantedUs > JUMP_US) this.#offsetUs += grownUs - wantedUs;
    this.#lastUs = grownUs;
    return grownUs;
  }
}
