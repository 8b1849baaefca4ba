/** Pauses between tries to open a lost source: they grow from half a second to half a minute, and no two are alike. */
export class Backoff {
  readonly #random: () => number;
  #tries = 0;

  /** `random` gives 0…1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Seconds to wait before the next try: min(30, 0.5 × 2^tries), a quarter of it by chance. */
  next(): number {
    const full = Math.min(30, 0.5 * 2 ** this.#tries);
    this.#tries += 1;
    return full * (0.75 + 0.25 * this.#random());
  }

  /** The source is there again, and stays. */
  reset(): void {
    this.#tries = 0;
  }
}
