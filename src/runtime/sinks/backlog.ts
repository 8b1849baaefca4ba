import type { RecordLine } from './record.js';

/** Lines from the front of a backlog. */
export type Taken = {
  readonly lines: readonly RecordLine[];
  /** Names the place behind each of them. */
  readonly marks: readonly number[];
};

/**
 * What waits to be sent, oldest first. One method at a time, but for `count` and `lost`. Where more would wait than is allowed the
 * oldest or the newest lines are lost, and counted.
 */
export interface Backlog {
  /** Lines that wait. */
  readonly count: number;
  /** Lines that were lost because there was no room, or because they were damaged. */
  readonly lost: number;
  /** Throws where it cannot be written; some of the lines may be in it then, and come twice when they are put in again. */
  append(lines: readonly RecordLine[]): Promise<void>;
  /** The oldest lines, which stay until they are released. */
  take(most: number): Promise<Taken>;
  /** Everything before the mark has been sent, or is given up. */
  release(mark: number): Promise<void>;
  close(): Promise<void>;
}

export type BacklogLimit = { readonly maxBytes: number; readonly whenFull: 'oldest' | 'newest' };

/** In memory, and gone with the process. */
export class MemoryBacklog implements Backlog {
  readonly #limit: BacklogLimit;
  readonly #lines: RecordLine[] = [];
  #bytes = 0;
  /** Lines that have gone from the front. */
  #gone = 0;
  #lost = 0;

  constructor(limit: BacklogLimit) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#lines.length;
  }

  get lost(): number {
    return this.#lost;
  }

  append(lines: readonly RecordLine[]): Promise<void> {
    for (const line of lines) this.#add(line);
    return Promise.resolve();
  }

  take(most: number): Promise<Taken> {
    const lines = this.#lines.slice(0, most);
    return Promise.resolve({ lines, marks: lines.map((_, i) => this.#gone + i + 1) });
  }

  release(mark: number): Promise<void> {
    while (this.#gone < mark && this.#lines.length > 0) this.#shift();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #add(line: RecordLine): void {
    const { maxBytes, whenFull } = this.#limit;
    if (whenFull === 'newest' && this.#bytes + line.length > maxBytes) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    while (this.#bytes > maxBytes) {
      this.#shift();
      this.#lost += 1;
    }
  }

  #shift(): void {
    this.#bytes -= this.#lines.shift()?.length ?? 0;
    this.#gone += 1;
  }
}
