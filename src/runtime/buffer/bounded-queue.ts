import { StreamInferError } from '../base/index.js';

/**
 * What a full queue does with one item more: `block` makes the writer wait, `drop-oldest` gives up the first in line,
 * `drop-newest` gives up the new one, `keep-latest` holds one item only, always the newest.
 */
export type DropPolicy = 'block' | 'drop-oldest' | 'drop-newest' | 'keep-latest';

/** What a queue is made with. */
export type BoundedQueueOptions<T> = {
  /** Most items in line, at least 1; `keep-latest` holds 1 whatever this says. */
  readonly limit: number;
  readonly policy: DropPolicy;
  /** Gets each item that was given up, by the policy or by `destroy`. Here memory is released. */
  readonly onDrop?: (item: T) => void;
};

type Waiter<V> = { readonly resolve: (value: V) => void; readonly reject: (reason: Error) => void };
type Writer<T> = Waiter<undefined> & { readonly item: T };

/**
 * A waiting line with a limit between a writer and a reader. Items come out in the order they went in; each goes to
 * exactly one reader, or to `onDrop`. Items may be anything but undefined.
 */
export class BoundedQueue<T> implements AsyncIterable<T, undefined> {
  readonly #items: T[] = [];
  readonly #readers = new Set<Waiter<T | undefined>>();
  readonly #writers = new Set<Writer<T>>();
  readonly #options: BoundedQueueOptions<T>;
  readonly #limit: number;
  #dropped = 0;
  #closed = false;

  constructor(options: BoundedQueueOptions<T>) {
    this.#options = options;
    this.#limit = options.policy === 'keep-latest' ? 1 : Math.max(1, Math.floor(options.limit));
  }

  /** Items in line. */
  get size(): number {
    return this.#items.length;
  }

  /** Items that the policy gave up so far. */
  get dropped(): number {
    return this.#dropped;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Puts `item` in line. Only `block` ever waits: it resolves when there was room. Rejects with `STATE_INVALID` when
   * the queue is closed, before or while it waits, and with the signal's reason when aborted; the item then still
   * belongs to the caller.
   */
  async push(item: T, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const [reader] = this.#readers;
    if (reader) {
      this.#readers.delete(reader);
      reader.resolve(item);
      return;
    }
    if (this.#items.length < this.#limit) {
      this.#items.push(item);
      return;
    }
    if (this.#options.policy === 'block') {
      await waitIn<undefined, Writer<T>>(this.#writers, (waiter) => ({ ...waiter, item }), signal);
      return;
    }
    this.#dropped += 1;
    if (this.#options.policy === 'drop-newest') {
      this.#options.onDrop?.(item);
      return;
    }
    const oldest = this.#items.shift() as T;
    this.#items.push(item);
    this.#options.onDrop?.(oldest);
  }

  /** The first item in line, now; undefined where there is none. */
  take(): T | undefined {
    if (this.#items.length === 0) return undefined;
    const item = this.#items.shift() as T;
    const [writer] = this.#writers;
    if (writer) {
      this.#writers.delete(writer);
      this.#items.push(writer.item);
      writer.resolve(undefined);
    }
    return item;
  }

  /** The first item, as soon as there is one; undefined when the queue is closed and empty. Rejects when aborted. */
  async shift(signal?: AbortSignal): Promise<T | undefined> {
    signal?.throwIfAborted();
    if (this.#items.length > 0) return this.take();
    if (this.#closed) return undefined;
    return waitIn<T | undefined, Waiter<T | undefined>>(this.#readers, (waiter) => waiter, signal);
  }

  /** All items until the queue is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    for (let item = await this.shift(); item !== undefined; item = await this.shift()) yield item;
    return undefined;
  }

  /** Takes no more; what is in line can still be read. Writers that wait are refused. May be called twice. */
  close(): void {
    this.#closed = true;
    const writers = [...this.#writers];
    const readers = [...this.#readers];
    this.#writers.clear();
    this.#readers.clear();
    for (const writer of writers) writer.reject(closedError());
    for (const reader of readers) reader.resolve(undefined);
  }

  /** `close`, and what is in line goes to `onDrop`; it is not counted as dropped. May be called twice. */
  destroy(): void {
    this.close();
    for (const item of this.#items.splice(0)) this.#options.onDrop?.(item);
  }
}

/** A place in `waiters` until somebody settles it or the signal is aborted. */
function waitIn<V, W extends Waiter<V>>(waiters: Set<W>, make: (waiter: Waiter<V>) => W, signal?: AbortSignal): Promise<V> {
  return new Promise<V>((resolve, reject) => {
    const waiter = make({
      resolve: (value) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      },
      reject: (reason) => {
        signal?.removeEventListener('abort', onAbort);
        reject(reason);
      },
    });
    const onAbort = (): void => {
      waiters.delete(waiter);
      waiter.reject(signal?.reason as Error);
    };
    waiters.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function closedError(): StreamInferError {
  return new StreamInferError('STATE_INVALID', 'the queue is closed');
}
