import type { FrameInfo, StreamInfo } from '../../base/index.js';
import type { Picture } from '../../media/index.js';

/** A picture that the producer delivered, with its number and the moment. Its picture is released by who holds it last. */
export class DeliveredFrame {
  readonly picture: Picture;
  readonly info: FrameInfo;
  /** The stream as it was then. */
  readonly stream: StreamInfo;
  /** Milliseconds of the clock. */
  readonly deliveredAtMs: number;

  constructor(picture: Picture, moment: { readonly index: number; readonly stream: StreamInfo; readonly atMs: number }) {
    const { index, stream, atMs } = moment;
    this.picture = picture;
    this.stream = stream;
    this.info = { index, sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, width: picture.width, height: picture.height };
    this.deliveredAtMs = atMs;
  }

  retain(): void {
    this.picture.retain();
  }

  release(): void {
    this.picture.release();
  }
}
