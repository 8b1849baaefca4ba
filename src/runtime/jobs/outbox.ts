import type { AlgoResult, StreamMode } from '../base/index.js';

/** Results that wait at most; offline those on their way when the stream is paused come on top. */
const LIMIT = 1000;
/** Waiting results at which a paused stream goes on. */
const LOW_WATER_MARK = 100;

export type OutboxOptions = {
  /** Full: `offline` asks the stream to pause, nothing is lost; `realtime` drops the oldest and counts. */
  readonly mode: StreamMode;
  /** Takes one result; the next one comes when it has resolved. */
  readonly deliver: (result: AlgoResult) => unknown;
  /** The stream is to pause (`full`) or to go on (`room`); offline only, by turns. */
  readonly onLevel: (level: 'full' | 'room') => void;
  /** `deliver` threw: what waits is thrown away, and nothing is taken any more. */
  readonly onError: (error: unknown) => void;
};

/** Results on their way to whoever takes them, one after the other, in order. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: AlgoResult[] = [];
  #pumping: Promise<void> | undefined;
  #isFull = false;
  #hasFailed = false;
  /** Results dropped so far; realtime only. */
  dropped = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  push(result: AlgoResult): void {
    if (this.#hasFailed) return;
    this.#waiting.push(result);
    this.#checkFull();
    this.#pumping ??= this.#pump();
  }

  /** Resolves when all that was pushed has been taken. */
  async drained(): Promise<void> {
    await this.#pumping;
  }

  #checkFull(): void {
    if (this.#waiting.length <= LIMIT) return;
    if (this.#options.mode === 'realtime') {
      this.#waiting.shift();
      this.dropped += 1;
      return;
    }
    if (this.#isFull) return;
    this.#isFull = true;
    this.#options.onLevel('full');
  }

  async #pump(): Promise<void> {
    try {
      for (let result = this.#waiting.shift(); result; result = this.#waiting.shift()) {
        await this.#options.deliver(result);
        this.#checkRoom();
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#waiting.length = 0;
      this.#options.onError(error);
    }
    this.#pumping = undefined;
  }

  #checkRoom(): void {
    if (!this.#isFull || this.#waiting.length > LOW_WATER_MARK) return;
    this.#isFull = false;
    this.#options.onLevel('room');
  }
}
