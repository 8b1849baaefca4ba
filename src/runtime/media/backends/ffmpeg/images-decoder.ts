import { StreamInferError } from '../../../base/index.js';
import type { Decoder, OpenDecoderOptions, Picture, SourceInfo } from '../../backend.js';
import { fractionOf } from '../../fraction.js';
import { FrameCounter } from '../../frame-counter.js';
import { openFfmpegDecoder } from './decoder.js';
import type { FfmpegPicture } from './picture.js';
import type { Program } from './program.js';

type Image = { readonly picture: FfmpegPicture; readonly info: SourceInfo };

/** What a list of images is decoded with. */
export type ImagesParts = { readonly program: Program; readonly files: readonly string[]; readonly options: OpenDecoderOptions };

/**
 * Plays image files one after the other, each a picture of its own size by a run of the program of its own: sizes and
 * formats may change from file to file, and a damaged one spoils no other. The next one is decoded ahead.
 */
class ImagesDecoder implements Decoder {
  readonly info: SourceInfo;
  damaged: number;
  readonly frames = new FrameCounter();
  readonly #parts: ImagesParts;
  readonly #interruption = new AbortController();
  #position: number;
  #ahead: Promise<Image | undefined> | undefined;

  /** `first` is the first image that could be decoded, the `skipped` before it could not. */
  constructor(parts: ImagesParts, { first, skipped }: { readonly first: Image; readonly skipped: number }) {
    this.#parts = parts;
    this.#position = skipped;
    this.#ahead = Promise.resolve(first);
    this.damaged = skipped;
    const count = parts.files.length;
    const fps = fractionOf(parts.options.source.imageFps);
    this.info = { ...first.info, fps, frameCount: count, duration: (count * fps.den) / fps.num };
  }

  async next(): Promise<Picture | undefined> {
    const { files } = this.#parts;
    while (this.#position < files.length) {
      const image = await (this.#ahead ?? this.#decode(this.#position));
      const sourceIndex = this.#position;
      this.#position += 1;
      this.#ahead = this.#position < files.length && !this.#isInterrupted ? this.#decode(this.#position) : undefined;
      if (this.#isInterrupted) {
        image?.picture.release();
        throw new StreamInferError('SOURCE_READ_FAILED', 'read images: interrupted');
      }
      const { num, den } = this.info.fps;
      if (image) {
        this.frames.add();
        return image.picture.placedAt({ ptsUs: Math.round((sourceIndex * 1e6 * den) / num), sourceIndex });
      }
      this.damaged += 1;
    }
    return undefined;
  }

  async seek(position: number): Promise<void> {
    await this.#dropAhead();
    this.frames.restart();
    const { num, den } = this.info.fps;
    // a position that a time stamp was rounded to finds the image of that time stamp
    this.#position = Math.max(0, Math.ceil((position * num) / den - 1e-6 * (num / den)));
  }

  interrupt(): void {
    this.#interruption.abort();
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.#dropAhead();
  }

  get #isInterrupted(): boolean {
    return this.#interruption.signal.aborted;
  }

  #decode(position: number): Promise<Image | undefined> {
    const options = { ...this.#parts.options, signal: this.#interruption.signal };
    return decodeImage({ ...this.#parts, options }, this.#parts.files[position] ?? '').catch(() => undefined);
  }

  async #dropAhead(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    (await ahead)?.picture.release();
  }
}

/** Opens a list of images. Throws the first image's error when none of them can be decoded. */
export async function openImagesDecoder(parts: ImagesParts): Promise<Decoder> {
  let firstError: unknown;
  for (const [skipped, file] of parts.files.entries()) {
    parts.options.signal?.throwIfAborted();
    try {
      return new ImagesDecoder(parts, { first: await decodeImage(parts, file), skipped });
    } catch (error) {
      firstError ??= error;
    }
  }
  throw firstError;
}

async function decodeImage({ program, options }: ImagesParts, path: string): Promise<Image> {
  const decoder = await openFfmpegDecoder({ program, location: { kind: 'file', path }, options: { ...options, threads: 1 } });
  try {
    const picture = (await decoder.next()) as FfmpegPicture;
    return { picture, info: decoder.info };
  } finally {
    await decoder.close();
  }
}
