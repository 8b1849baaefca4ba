import type { FileHandle } from 'node:fs/promises';

/** Read at once: more than a fragment's index takes. */
const WINDOW_BYTES = 1 << 14;

/** Bytes of a file wherever they are, read in larger pieces. */
export class FileWindow {
  /** Of the file, in bytes. */
  readonly size: number;
  readonly #file: FileHandle;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Up to `count` bytes from `at` on: fewer where the file ends. */
  async read(at: number, count: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(count, this.size - at));
    if (at < this.#from || at + wanted > this.#from + this.#bytes.length) await this.#fill(at, Math.max(wanted, Math.min(WINDOW_BYTES, this.size - at)));
    return this.#bytes.subarray(at - this.#from, at - this.#from + wanted);
  }

  async #fill(at: number, count: number): Promise<void> {
    const bytes = Buffer.alloc(Math.max(0, count));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, at);
    this.#from = at;
    this.#bytes = bytes.subarray(0, bytesRead);
  }
}
