/** Checks the numbers of messages that must come one after the other, from 1 on. */
export class MessageCount {
  #last = 0;
  #missing = 0;

  /** Numbers that were left out so far. */
  get missing(): number {
    return this.#missing;
  }

  /** How many are missing just before this one. */
  take(number: number): number {
    const gap = Math.max(0, number - this.#last - 1);
    this.#missing += gap;
    this.#last = Math.max(this.#last, number);
    return gap;
  }
}
