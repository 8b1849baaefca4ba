import { StreamInferError } from '../../../base/index.js';
import type { Decoder, Picture, SourceInfo } from '../../backend.js';
import { FrameCounter } from '../../frame-counter.js';
import type { Location } from '../../location.js';
import { paintTestPattern } from '../../test-pattern.js';
import { FramePool, layoutOf, planesOf } from './frame-memory.js';
import { FfmpegPicture } from './picture.js';

type TestLocation = Extract<Location, { kind: 'test' }>;

/** Makes the test pattern without the program; never waits. */
export class TestDecoder implements Decoder {
  readonly info: SourceInfo;
  readonly damaged = 0;
  readonly frames = new FrameCounter();
  readonly #location: TestLocation;
  readonly #pool: FramePool;
  #number = 0;
  #isOpen = true;

  constructor(location: TestLocation) {
    this.#location = location;
    this.#pool = new FramePool(layoutOf(location).bytes);
    const { width, height, fps, frames } = location;
    this.info = {
      width, height, fps,
      ...(frames !== undefined && { frameCount: frames, duration: (frames * fps.den) / fps.num }),
      live: false, codec: 'test', container: 'test', pixelFormat: 'yuv420p', rotation: 0, backend: 'ffmpeg', hasAudio: false,
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async next(): Promise<Picture | undefined> {
    if (!this.#isOpen) throw new StreamInferError('SOURCE_READ_FAILED', 'read test: interrupted');
    const { frames, fps, width, height } = this.#location;
    if (frames !== undefined && this.#number >= frames) return undefined;
    const sourceIndex = this.#number;
    this.#number += 1;
    this.frames.add();
    const layout = layoutOf(this.#location);
    const memory = this.#pool.lease();
    const [y, u, v] = planesOf(layout, memory);
    paintTestPattern(sourceIndex, { width, height, planes: [y.data, u.data, v.data], strides: [y.stride, u.stride, v.stride] });
    const facts = { ptsUs: Math.round((sourceIndex * 1e6 * fps.den) / fps.num), sourceIndex, width, height };
    return new FfmpegPicture(facts, { memory, layout, pool: this.#pool });
  }

  seek(position: number): Promise<void> {
    this.frames.restart();
    const { num, den } = this.#location.fps;
    // a position that a time stamp was rounded to finds the frame of that time stamp
    this.#number = Math.max(0, Math.ceil((position * num) / den - 1e-6 * (num / den)));
    return Promise.resolve();
  }

  interrupt(): void {
    this.#isOpen = false;
  }

  close(): Promise<void> {
    this.#isOpen = false;
    return Promise.resolve();
  }
}
