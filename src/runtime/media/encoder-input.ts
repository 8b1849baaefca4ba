import { StreamInferError } from '../base/index.js';
import type { YuvPlanes } from '../vision/index.js';

export type EncoderInputOptions = {
  /** For messages: "write PATH". */
  readonly what: string;
  /** Pixels of every picture. */
  readonly width: number;
  readonly height: number;
};

/** What every encoder holds the pictures to that it is given: they have one size, and their times grow. */
export class EncoderInput {
  readonly #options: EncoderInputOptions;
  #originUs: number | undefined;
  #lastUs = -1;

  constructor(options: EncoderInputOptions) {
    this.#options = options;
  }

  /** Time of the first picture, in microseconds. */
  get originUs(): number | undefined {
    return this.#originUs;
  }

  /** Microseconds since the first picture. Throws `OPTION_INVALID`. */
  take(picture: YuvPlanes, ptsUs: number): number {
    const { what, width, height } = this.#options;
    if (picture.width !== width || picture.height !== height) {
      throw new StreamInferError('OPTION_INVALID', `${what}: expected a picture of ${width}×${height}, got ${picture.width}×${picture.height}`);
    }
    this.#originUs ??= ptsUs;
    const us = Math.round(ptsUs - this.#originUs);
    if (!(us > this.#lastUs)) throw new StreamInferError('OPTION_INVALID', `${what}: time went back from ${this.#lastUs} to ${us} µs`);
    this.#lastUs = us;
    return us;
  }
}
