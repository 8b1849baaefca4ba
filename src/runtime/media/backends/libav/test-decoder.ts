import type { Frame } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { Decoder, Picture, SourceInfo } from '../../backend.js';
import { FrameCounter } from '../../frame-counter.js';
import type { Location } from '../../location.js';
import { paintTestPattern } from '../../test-pattern.js';
import type { Libav } from './libav.js';
import { LibavPicture, type PictureTools } from './picture.js';
import { Scaler } from './scaler.js';

type TestLocation = Extract<Location, { kind: 'test' }>;

/** Memory of one picture, and the planes within it. */
type Canvas = { readonly bytes: Buffer; readonly planes: YuvPlanes };

/** Makes the test pattern; never waits. */
export class TestDecoder implements Decoder {
  readonly info: SourceInfo;
  readonly damaged = 0;
  readonly frames = new FrameCounter();
  readonly #tools: PictureTools;
  readonly #location: TestLocation;
  /** Of pictures that nobody holds any more: FFmpeg's frames lie in this very memory, so that each picture has its own. */
  readonly #spare: Canvas[] = [];
  #number = 0;
  #isOpen = true;

  constructor(av: Libav, location: TestLocation) {
    this.#tools = { av, scaler: new Scaler(av) };
    this.#location = location;
    const { width, height, fps, frames } = location;
    this.info = {
      width, height, fps,
      ...(frames !== undefined && { frameCount: frames, duration: (frames * fps.den) / fps.num }),
      live: false, codec: 'test', container: 'test', pixelFormat: 'yuv420p', rotation: 0, backend: 'libav', hasAudio: false,
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async next(): Promise<Picture | undefined> {
    if (!this.#isOpen) throw new StreamInferError('SOURCE_READ_FAILED', 'read test: interrupted');
    const { frames, fps } = this.#location;
    if (frames !== undefined && this.#number >= frames) return undefined;
    const sourceIndex = this.#number;
    this.#number += 1;
    this.frames.add();
    const canvas = this.#spare.pop() ?? makeCanvas(this.#location);
    const ptsUs = Math.round((sourceIndex * 1e6 * fps.den) / fps.num);
    return new LibavPicture(this.#tools, this.#paint(sourceIndex, canvas), { ptsUs, sourceIndex, rotation: 0, onFree: () => { this.#spare.push(canvas); } });
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
    this.#tools.scaler.close();
    return Promise.resolve();
  }

  #paint(number: number, { bytes, planes }: Canvas): Frame {
    const { av } = this.#tools;
    const { width, height } = this.#location;
    paintTestPattern(number, planes);
    // frames that get their memory by getBuffer() keep it until the garbage collector runs, at 30 MB a second here
    const frame = av.Frame.fromVideoBuffer(bytes, { width, height, format: av.AV_PIX_FMT_YUV420P });
    frame.colorRange = av.AVCOL_RANGE_MPEG;
    return frame;
  }
}

function makeCanvas({ width, height }: TestLocation): Canvas {
  const luma = width * height;
  const bytes = Buffer.alloc(luma * 1.5);
  const planes = [bytes.subarray(0, luma), bytes.subarray(luma, luma * 1.25), bytes.subarray(luma * 1.25)] as const;
  return { bytes, planes: { width, height, planes, strides: [width, width / 2, width / 2] } };
}
