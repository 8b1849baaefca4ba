import type { Clock } from '../base/index.js';

/** Parts that a silence is counted in. */
const PARTS = 16;

/** Of them, those that are waited for: it is noticed before its time is over, even where a timer is late. */
const WAITED = 15;

export type SilenceOptions = {
  readonly clock: Clock;
  /** Seconds without a sign of life that are a silence: told after seven eighths of them, at least, and within them. */
  readonly seconds: number;
  /** Told once. */
  readonly onSilence: () => void;
};

/**
 * Notices that nothing comes while it is waited for. Time is counted in ticks: a process that stood still has not waited,
 * and first gets what came meanwhile.
 */
export class Silence {
  readonly #options: SilenceOptions;
  readonly #stop = new AbortController();
  #isWaiting = false;
  #ticks = 0;

  constructor(options: SilenceOptions) {
    this.#options = options;
    void this.#count().catch(() => undefined);
  }

  /** Waits from now on. */
  begin(): void {
    this.#isWaiting = true;
  }

  /** Something came. */
  end(): void {
    this.#isWaiting = false;
    this.#ticks = 0;
  }

  /** May be called twice. */
  close(): void {
    this.#stop.abort();
  }

  async #count(): Promise<void> {
    const { clock, seconds, onSilence } = this.#options;
    const tickMs = (seconds * 1000) / PARTS;
    while (this.#ticks < WAITED) {
      await clock.sleep(tickMs, this.#stop.signal);
      if (this.#isWaiting) this.#ticks += 1;
    }
    onSilence();
  }
}
