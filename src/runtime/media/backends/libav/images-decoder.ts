import type { Frame } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { Decoder, OpenDecoderOptions, Picture, SourceInfo } from '../../backend.js';
import { fractionOf } from '../../fraction.js';
import { FrameCounter } from '../../frame-counter.js';
import { openFrameReader } from './frame-reader.js';
import type { Libav } from './libav.js';
import { isLeftOut } from './packet-source.js';
import { LibavPicture, type PictureTools } from './picture.js';
import type { Rotation } from '../../rotate.js';
import { Scaler } from './scaler.js';
import { describeInput } from './source-info.js';

/** An image's frame and what is known of it. */
type Image = { readonly frame: Frame; readonly info: SourceInfo };

/** Plays image files one after the other, each a picture of its own size. */
class ImagesDecoder implements Decoder {
  readonly info: SourceInfo;
  damaged: number;
  readonly frames = new FrameCounter();
  readonly #tools: PictureTools;
  readonly #files: readonly string[];
  readonly #options: OpenDecoderOptions;
  #position: number;
  #ahead: Image | undefined;
  #isOpen = true;

  /** `first` is the first image that could be decoded, the `skipped` before it could not. */
  constructor(tools: PictureTools, given: { readonly files: readonly string[]; readonly options: OpenDecoderOptions }, found: { readonly first: Image; readonly skipped: number }) {
    this.#tools = tools;
    this.#files = given.files;
    this.#options = given.options;
    this.#ahead = found.first;
    this.#position = found.skipped;
    this.damaged = found.skipped;
    const fps = fractionOf(given.options.source.imageFps);
    this.info = { ...found.first.info, fps, frameCount: given.files.length, duration: (given.files.length * fps.den) / fps.num };
  }

  async next(): Promise<Picture | undefined> {
    for (; this.#position < this.#files.length; this.#position += 1) {
      if (!this.#isOpen) throw new StreamInferError('SOURCE_READ_FAILED', 'read images: interrupted');
      const image = this.#ahead ?? (await this.#tryDecode(this.#files[this.#position] ?? ''));
      this.#ahead = undefined;
      if (!image) continue;
      const sourceIndex = this.#position;
      this.#position += 1;
      this.frames.add();
      const { num, den } = this.info.fps;
      const rotation = image.info.rotation as Rotation;
      return new LibavPicture(this.#tools, image.frame, { ptsUs: Math.round((sourceIndex * 1e6 * den) / num), sourceIndex, rotation });
    }
    return undefined;
  }

  seek(position: number): Promise<void> {
    this.#dropAhead();
    this.frames.restart();
    const { num, den } = this.info.fps;
    this.#position = Math.max(0, Math.ceil((position * num) / den - 1e-6 * (num / den)));
    return Promise.resolve();
  }

  interrupt(): void {
    this.#isOpen = false;
  }

  close(): Promise<void> {
    this.#isOpen = false;
    this.#dropAhead();
    this.#tools.scaler.close();
    return Promise.resolve();
  }

  async #tryDecode(file: string): Promise<Image | undefined> {
    try {
      return await decodeImage(this.#tools.av, file, this.#options);
    } catch {
      this.damaged += 1;
      return undefined;
    }
  }

  #dropAhead(): void {
    this.#ahead?.frame.free();
    this.#ahead = undefined;
  }
}

/** Opens a list of images. Throws the first image's error when none of them can be decoded. */
export async function openImagesDecoder(av: Libav, files: readonly string[], options: OpenDecoderOptions): Promise<Decoder> {
  let firstError: unknown;
  for (const [skipped, file] of files.entries()) {
    options.signal?.throwIfAborted();
    try {
      const first = await decodeImage(av, file, options);
      return new ImagesDecoder({ av, scaler: new Scaler(av) }, { files, options }, { first, skipped });
    } catch (error) {
      firstError ??= error;
    }
  }
  throw firstError;
}

async function decodeImage(av: Libav, file: string, { source }: OpenDecoderOptions): Promise<Image> {
  const location = { kind: 'file', path: file } as const;
  const reader = await openFrameReader(av, { location, source, threads: 1, realtime: true });
  try {
    const frame = await reader.next();
    if (frame === undefined || isLeftOut(frame)) throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${file}: the image is damaged`);
    return { frame, info: describeInput(av, { input: reader.input, location, firstFrame: frame }) };
  } finally {
    await reader.close();
  }
}
