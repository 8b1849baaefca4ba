import { StreamInferError } from '../../runtime/index.js';

/** Lets so many tasks of a kind run at once. */
export class AtOnce {
  readonly #most: number;
  readonly #refusal: string;
  #running = 0;

  /** `refusal`: what one more is told. */
  constructor(most: number, refusal: string) {
    this.#most = most;
    this.#refusal = refusal;
  }

  /** What the task gives. Rejects with `STATE_INVALID` where as many run already. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) throw new StreamInferError('STATE_INVALID', this.#refusal);
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
    }
  }
}
