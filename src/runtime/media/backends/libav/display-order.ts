/** Time stamps kept behind the newest ones; frames are shown at most 16 packets away from their own (the largest decoded picture buffer). */
const KEPT = 1024;

/**
 * Numbers frames in the order they are shown, from the time stamps of their packets, which come in the order of decoding.
 * A frame's number is final when all packets up to 16 behind it were added.
 */
export class DisplayOrder {
  /** Ascending. */
  readonly #stamps: bigint[] = [];
  /** Number of the first of `#stamps`. */
  #base: number;
  #first: bigint | undefined;

  /** `base`: the number of the first frame. */
  constructor(base = 0) {
    this.#base = base;
  }

  /** Frames so far, `base` included. */
  get count(): number {
    return this.#base + this.#stamps.length;
  }

  /** Time stamp of the frame shown first. */
  get first(): bigint | undefined {
    return this.#first;
  }

  /** False where there is no telling: a time stamp that another frame has, or that comes far too late. Then it is not added. */
  add(stamp: bigint): boolean {
    const at = this.#placeOf(stamp);
    if (this.#stamps[at] === stamp || (at === 0 && this.#stamps.length === KEPT)) return false;
    this.#stamps.splice(at, 0, stamp);
    if (at === 0) this.#first = stamp;
    if (this.#stamps.length > KEPT) {
      this.#stamps.shift();
      this.#base += 1;
    }
    return true;
  }

  /** Number of the frame with that time stamp; undefined where it was not added, or long ago. */
  numberOf(stamp: bigint): number | undefined {
    const at = this.#placeOf(stamp);
    return this.#stamps[at] === stamp ? this.#base + at : undefined;
  }

  /** Time stamp of the frame with that number; undefined where it was not added, or long ago. */
  stampOf(number: number): bigint | undefined {
    return this.#stamps[number - this.#base];
  }

  /** Index of the first of `#stamps` that is not below `stamp`. */
  #placeOf(stamp: bigint): number {
    let [low, high] = [0, this.#stamps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#stamps[middle] as bigint) < stamp) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
