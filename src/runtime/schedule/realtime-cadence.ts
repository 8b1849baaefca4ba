/**
 * Turns of an algo in realtime: the first as soon as its window is full, then one every `interval` seconds on a grid
 * that does not drift. A turn that comes while the algo is busy waits for it; when the next one comes before it could
 * start, it is missed.
 */
export class RealtimeCadence {
  #interval: number;
  #next: number | undefined;

  /** `interval` in seconds, ≥ 0; 0: a turn at every frame. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Takes effect from the turn after the next. */
  setInterval(interval: number): void {
    this.#interval = interval;
  }

  /** Whether a turn is due at `now` (seconds of the stream's clock). */
  isDue(now: number): boolean {
    return this.#next === undefined || now >= this.#next;
  }

  /**
   * Takes the turn that is due at `now` and plans the next.
   * @returns How many turns before this one were missed.
   */
  take(now: number): number {
    const due = this.#next ?? now;
    const missed = this.#interval > 0 ? Math.floor((now - due) / this.#interval) : 0;
    this.#next = due + (missed + 1) * this.#interval;
    return missed;
  }

  /** Starts anew, as after a seek: the next turn is due at once. */
  reset(): void {
    this.#next = undefined;
  }
}
