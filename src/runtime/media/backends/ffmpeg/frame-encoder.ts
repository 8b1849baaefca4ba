import { type FileHandle, open } from 'node:fs/promises';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { EncodedFile, EncodedFrame, FrameEncoder, FrameEncoderOptions } from '../../backend.js';
import { finishMp4, FragmentSplitter } from '../../mp4/index.js';
import { encodeArguments } from './command.js';
import { checkEncoder, FfmpegEncoder } from './encoder.js';
import type { Program } from './program.js';

/** Frames encoded by the program: each is a fragment of an mp4 whose head is kept. */
class FfmpegFrameEncoder implements FrameEncoder {
  readonly #encoder: FfmpegEncoder;
  readonly #splitter: FragmentSplitter;
  #isDestroyed = false;

  constructor(program: Program, options: FrameEncoderOptions) {
    this.#splitter = new FragmentSplitter(({ ptsUs, isKey, data }) => { options.onFrame({ ptsUs: (this.#encoder.originUs ?? 0) + ptsUs, isKey, data }); });
    this.#encoder = new FfmpegEncoder(program, options, {
      what: 'encode frames',
      args: encodeArguments({ ...options, release: program.release }),
      onOutput: (bytes) => { this.#splitter.push(bytes); },
      finish: () => Promise.resolve(),
    });
  }

  write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    return this.#encoder.write(picture, ptsUs);
  }

  end(): Promise<void> {
    return this.#encoder.close();
  }

  async openFile(path: string): Promise<EncodedFile> {
    const { head } = this.#splitter;
    if (this.#isDestroyed || head === undefined) throw new StreamInferError('STATE_INVALID', `write ${path}: the encoder is closed, or has given no frame`);
    try {
      const file = await open(path, 'w');
      await file.write(head);
      return new FragmentFile(path, file);
    } catch (cause) {
      throw new StreamInferError('RECORD_OPEN_FAILED', `write ${path}: ${(cause as Error).message}`, { cause });
    }
  }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    await this.#encoder.destroy();
  }
}

class FragmentFile implements EncodedFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #isOpen = true;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async write({ data }: EncodedFrame): Promise<void> {
    try {
      await this.#file.writeFile(data);
    } catch (cause) {
      throw new StreamInferError('RECORD_WRITE_FAILED', `write ${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    await this.destroy();
    await finishMp4(this.#path, 'closed');
  }

  async destroy(): Promise<void> {
    if (this.#isOpen) await this.#file.close();
    this.#isOpen = false;
  }
}

/** Opens the encoder. Throws `RECORD_OPEN_FAILED`. */
export async function openFfmpegFrameEncoder(program: Program, options: FrameEncoderOptions): Promise<FrameEncoder> {
  await checkEncoder(program, 'encode frames');
  return new FfmpegFrameEncoder(program, options);
}
