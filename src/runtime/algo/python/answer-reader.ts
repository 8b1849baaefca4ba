/** Bytes of the length that stands in front of each answer. */
const LENGTH_BYTES = 4;

/**
 * Cuts the bytes that the runner writes into its answers: a little-endian uint32 and that many bytes of JSON. Throws where
 * an answer is longer than `limitBytes` or no JSON: whoever writes there is not the runner.
 */
export class AnswerReader {
  readonly #limitBytes: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The answers that are whole with `piece`. */
  push(piece: Buffer): unknown[] {
    this.#pieces.push(piece);
    this.#size += piece.length;
    const answers: unknown[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#size < LENGTH_BYTES + length) return answers;
      const bytes = this.#joined();
      answers.push(JSON.parse(bytes.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length)));
      this.#keep(bytes.subarray(LENGTH_BYTES + length));
    }
  }

  #nextLength(): number | undefined {
    if (this.#size < LENGTH_BYTES) return undefined;
    const first = this.#pieces[0] as Buffer;
    const length = (first.length >= LENGTH_BYTES ? first : this.#joined()).readUInt32LE(0);
    if (length > this.#limitBytes) throw new Error(`an answer of ${length} bytes, more than ${this.#limitBytes}`);
    return length;
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#keep(Buffer.concat(this.#pieces));
    return this.#pieces[0] as Buffer;
  }

  #keep(bytes: Buffer): void {
    this.#pieces.splice(0, this.#pieces.length, bytes);
    this.#size = bytes.length;
  }
}
