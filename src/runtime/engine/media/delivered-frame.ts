import type { FrameInfo, StreamInfo } from '../../base/index.js';
import type { Picture } from '../../media/index.js';

/** When a picture was delivered, and as which. */
export type FrameMoment = {
  readonly index: number;
  readonly stream: StreamInfo;
  readonly atMs: number;
  /** Somebody converts it, for the first time. */
  readonly onFirstUse: () => void;
};

/** A picture that the producer delivered, with its number and the moment. Its picture is released by who holds it last. */
export class DeliveredFrame {
  readonly info: FrameInfo;
  /** The stream as it was then. */
  readonly stream: StreamInfo;
  /** Milliseconds of the clock. */
  readonly deliveredAtMs: number;
  readonly #picture: Picture;
  #onFirstUse: (() => void) | undefined;

  constructor(picture: Picture, moment: FrameMoment) {
    const { index, stream, atMs, onFirstUse } = moment;
    this.#picture = picture;
    this.#onFirstUse = onFirstUse;
    this.stream = stream;
    this.info = { index, sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, width: picture.width, height: picture.height };
    this.deliveredAtMs = atMs;
  }

  /** For whoever converts it: frames that nobody asks for are not counted as converted. */
  get picture(): Picture {
    this.#onFirstUse?.();
    this.#onFirstUse = undefined;
    return this.#picture;
  }

  /** It was not decoded: it stands for the results that are known of it. */
  get isLeftOut(): boolean {
    return this.#picture.isLeftOut === true;
  }

  retain(): void {
    this.#picture.retain();
  }

  release(): void {
    this.#picture.release();
  }
}
