import type { FrameInfo } from '../../base/index.js';
import type { Picture } from '../../media/index.js';

/** A picture that the producer delivered, with its number and the moment. Its picture is released by who holds it last. */
export class DeliveredFrame {
  readonly picture: Picture;
  readonly info: FrameInfo;
  /** Milliseconds of the clock. */
  readonly deliveredAtMs: number;

  constructor(picture: Picture, index: number, deliveredAtMs: number) {
    this.picture = picture;
    this.info = { index, sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, width: picture.width, height: picture.height };
    this.deliveredAtMs = deliveredAtMs;
  }

  retain(): void {
    this.picture.retain();
  }

  release(): void {
    this.picture.release();
  }
}
