/** Seconds by which sums of intervals may be off; time stamps are not finer. */
const ROUNDING = 1e-6;

/**
 * Turns of an algo in realtime: the first as soon as its window is full, then one every `interval` seconds on a grid
 * that does not drift. A turn comes with the first frame at or after its time; times without a frame of their own are no turns.
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

  /** Whether the frame of `now` (seconds of the stream's clock) brings a turn. */
  isDue(now: number): boolean {
    return isReached(this.next, now);
  }

  /** Takes the turn that is due at `now` and plans the next. */
  take(now: number): void {
    this.#next = this.nextAfter(now);
  }

  /** When the next turn is due, in seconds; -Infinity: at once. */
  get next(): number {
    return this.#next ?? -Infinity;
  }

  /** When the turn after the next will be due, where that one comes at `now`. */
  nextAfter(now: number): number {
    const due = this.#next ?? now;
    const passed = this.#interval > 0 ? Math.floor((now - due + ROUNDING) / this.#interval) : 0;
    return due + (passed + 1) * this.#interval;
  }

  /** Starts anew, as after a seek: the next turn is due at once. */
  reset(): void {
    this.#next = undefined;
  }
}

/** Whether a turn that is due at `due` seconds comes with the frame of `now`. */
export function isReached(due: number, now: number): boolean {
  return now >= due - ROUNDING;
}
