import type { Clock } from '../base/index.js';

/** What a throttle is made with. */
export type ThrottleOptions<T> = {
  /** Milliseconds from one value let through to the next, at least. */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** Gets the values that are let through. */
  readonly emit: (value: T) => void;
};

/** Lets values through at most every so often, and the last one always: for progress, which comes with every frame. */
export class Throttle<T> {
  readonly #options: ThrottleOptions<T>;
  #next: { readonly value: T } | undefined;
  #lastMs = -Infinity;
  #waiting: AbortController | undefined;

  constructor(options: ThrottleOptions<T>) {
    this.#options = options;
  }

  /** Lets `value` through now, or later in place of the one that waits. */
  push(value: T): void {
    this.#next = { value };
    const waitMs = this.#lastMs + this.#options.intervalMs - this.#options.clock.now();
    if (waitMs <= 0) this.flush();
    else if (this.#waiting === undefined) this.#wait(waitMs);
  }

  /** Lets through what waits, now: before an event that must come after it. */
  flush(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#lastMs = this.#options.clock.now();
    this.#options.emit(next.value);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#next = undefined;
  }

  #wait(ms: number): void {
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#options.clock.sleep(ms, waiting.signal).then(
      () => {
        if (this.#waiting === waiting) this.flush();
      },
      () => undefined,
    );
  }
}
