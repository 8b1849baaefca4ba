/**
 * The newest items of a stream, from which windows are cut. Items belong to the ring until it gives them up. An item that
 * is not there, because nobody will use it, has its place all the same.
 */
export class FrameRing<T> {
  /** A ring once it is full: the oldest item is at `#oldest`, the others follow it around. */
  #items: (T | undefined)[] = [];
  #oldest = 0;
  #capacity: number;
  readonly #onEvict: (item: T) => void;

  /**
   * @param capacity Most items kept, at least 1.
   * @param onEvict Gets each item that the ring gives up: pushed out by a newer one, or cleared. Here memory is released.
   */
  constructor(capacity: number, onEvict: (item: T) => void = () => undefined) {
    this.#capacity = Math.max(1, Math.floor(capacity));
    this.#onEvict = onEvict;
  }

  /** Places that are taken. */
  get size(): number {
    return this.#items.length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Adds the newest item; gives up the oldest where the ring is full. */
  push(item: T): void {
    this.#put(item);
  }

  /** `count` items came that are not there. */
  skip(count: number): void {
    for (let i = Math.min(count, this.#capacity); i > 0; i -= 1) this.#put(undefined);
  }

  /** Raises the capacity; a smaller one than now is no error and changes nothing. */
  grow(capacity: number): void {
    if (capacity <= this.#capacity) return;
    this.#items = this.#inOrder();
    this.#oldest = 0;
    this.#capacity = Math.floor(capacity);
  }

  /**
   * The items for one run, oldest first; undefined while there are too few. `frameStep` 0: the newest `frameCount`
   * (at least 1), or as many as there are. Above 0: `frameCount` items that far apart, the last one the newest; there
   * must be `frameCount` × `frameStep` items, which is more than the window spans: stream-infer, whose schedule this
   * is, waits for that many. Undefined also where one of them is not there.
   */
  window(frameCount: number, frameStep: number): T[] | undefined {
    const { size } = this;
    if (size === 0 || size < frameCount * frameStep) return undefined;
    const count = frameStep > 0 ? frameCount : Math.min(frameCount, size);
    const step = Math.max(1, frameStep);
    const items = Array.from({ length: count }, (_, i) => this.#at(size - 1 - (count - 1 - i) * step));
    return items.every((item) => item !== undefined) ? items : undefined;
  }

  /** Gives up all items, oldest first: after a seek or reconnect a window must not reach back. */
  clear(): void {
    const items = this.#inOrder();
    this.#items = [];
    this.#oldest = 0;
    for (const item of items) if (item !== undefined) this.#onEvict(item);
  }

  #put(item: T | undefined): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return;
    }
    const evicted = this.#items[this.#oldest];
    this.#items[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    if (evicted !== undefined) this.#onEvict(evicted);
  }

  /** The item at `place`, counted from the oldest, from 0. */
  #at(place: number): T | undefined {
    return this.#items[(this.#oldest + place) % this.#items.length];
  }

  #inOrder(): (T | undefined)[] {
    return [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)];
  }
}
