import type { EncodedFrame } from '../media/index.js';

/** An encoded frame, and which of the stream it is. */
export type RingFrame = EncodedFrame & {
  /** `FrameInfo.index`; grows. */
  readonly index: number;
  /** Seconds of the stream. */
  readonly position: number;
};

export type RingLimits = {
  /** Microseconds that it reaches back at least, once they have passed; at most one key frame interval more. */
  readonly spanUs: number;
  /** Never more than so many bytes of frames. */
  readonly bytes: number;
};

/** The newest encoded frames. It begins with a key frame, always: old frames leave as far as the next key frame, all at once. */
export class EncodedRing {
  readonly #limits: RingLimits;
  #frames: RingFrame[] = [];
  #bytes = 0;
  #isCut = false;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** The oldest first. */
  get frames(): readonly RingFrame[] {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Frames have left for want of bytes, before their time. */
  get isCut(): boolean {
    return this.#isCut;
  }

  push(frame: RingFrame): void {
    // what nothing can begin with is of no use
    if (this.#frames.length === 0 && !frame.isKey) return;
    this.#frames.push(frame);
    this.#bytes += frame.data.length;
    if (frame.isKey) this.#dropOld(frame.ptsUs);
    while (this.#bytes > this.#limits.bytes) {
      this.#isCut = true;
      this.#dropTo(this.#nextKey());
    }
  }

  /** The frames from the key frame on that is the last one at or before `ptsUs`, or from the oldest. */
  from(ptsUs: number): readonly RingFrame[] {
    return this.#frames.slice(Math.max(0, this.#frames.findLastIndex((frame) => frame.isKey && frame.ptsUs <= ptsUs)));
  }

  /** As long as the next key frame is far enough back itself. */
  #dropOld(newestUs: number): void {
    for (let next = this.#nextKey(); next < this.#frames.length; next = this.#nextKey()) {
      if (newestUs - (this.#frames[next] as RingFrame).ptsUs < this.#limits.spanUs) return;
      this.#dropTo(next);
    }
  }

  /** Place of the second key frame; behind the end where there is none. */
  #nextKey(): number {
    const next = this.#frames.findIndex(({ isKey }, place) => place > 0 && isKey);
    return next === -1 ? this.#frames.length : next;
  }

  #dropTo(place: number): void {
    this.#bytes -= this.#frames.slice(0, place).reduce((sum, { data }) => sum + data.length, 0);
    this.#frames = this.#frames.slice(place);
  }
}
