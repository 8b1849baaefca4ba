import type { Clock, StreamMode, WireError } from '../../base/index.js';
import { Backoff } from '../../schedule/index.js';

export type RecorderStandingOptions = {
  /** From its beginning on. */
  readonly isActive: boolean;
  readonly mode: StreamMode;
  readonly clock: Clock;
};

/** Whether a recorder is told to record, and whether it may after what has gone wrong. */
export class RecorderStanding {
  /** A failure was told, and nothing has proved to work since. */
  isTroubled = false;
  readonly #options: RecorderStandingOptions;
  readonly #backoff = new Backoff();
  #isActive: boolean;
  #retryAtMs = -Infinity;

  constructor(options: RecorderStandingOptions) {
    this.#options = options;
    this.#isActive = options.isActive;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Whether the pause after a failure is not over. */
  get isPausing(): boolean {
    return this.#options.clock.now() < this.#retryAtMs;
  }

  /** As if nothing had gone wrong. */
  start(): void {
    this.#isActive = true;
    this.#retryAtMs = -Infinity;
    this.proved();
  }

  stop(): void {
    this.#isActive = false;
  }

  /** It works again. */
  proved(): void {
    this.isTroubled = false;
    this.#backoff.reset();
  }

  /** In realtime it is tried again, after pauses that grow; offline, and with a template that is wrong and stays so, not before it is started. */
  failed({ code }: Pick<WireError, 'code'>): void {
    if (this.#options.mode === 'offline' || code === 'OPTION_INVALID') this.stop();
    else this.#retryAtMs = this.#options.clock.now() + 1000 * this.#backoff.next();
  }
}
