import type { Frame, Packet } from 'node-av/lib';

import type { Input } from './input.js';
import type { Libav } from './libav.js';

/** What the decoder gets next. */
export type Step =
  /** Good until the next call. */
  | { readonly kind: 'packet'; readonly packet: Packet }
  /** The decoder is to be emptied before the packet that comes then. */
  | { readonly kind: 'empty' }
  /** Nothing: a packet was left out, `nextLeftOut` may know more. */
  | { readonly kind: 'left out' }
  /** No more packets; FFmpeg's return code, that of the end of the file included. */
  | { readonly kind: 'end'; readonly code: number };

/** What a decoded frame is to the reader: its number in the run, from 0, or -1 for one before the run; not `isUsed`: only others needed it. */
export type Placed = { readonly number: number; readonly isUsed: boolean };

/** A frame that nobody uses and that is told all the same; no time stamp: it has none. */
export type LeftOut = { readonly number: number; readonly stamp: bigint | undefined };

export function isLeftOut(frame: Frame | LeftOut): frame is LeftOut {
  return 'stamp' in frame;
}

/** Packets of the video, in the order of decoding, and what becomes of their frames. A run begins at the opening and at each seek. */
export interface PacketSource {
  next(): Promise<Step>;
  /** Asked once for each decoded frame, in the order they are shown; `stamp` is its time stamp, undefined where it has none. */
  place(stamp: bigint | undefined): Placed;
  /** The frame shown next, where it is left out and to be told; `isEnd`: the decoder gives no more frames. */
  nextLeftOut(isEnd: boolean): LeftOut | undefined;
  /** Tells how a time stamp becomes a frame's time in microseconds. */
  foretellBy(usOf: (stamp: bigint) => number): void;
  /** Frames of this run, given or left out, when all packets were read. */
  readonly count: number;
  /** Frames before this number are decided about: whether they are used cannot be changed any more. */
  readonly decided: number;
  /** Time stamp of this run's first frame, used or not; undefined where it has none, and before it is known. */
  readonly first: bigint | undefined;
  /**
   * After a seek of the input: a new run. Its frames begin with the first one that is not `isBefore`.
   * @returns Time stamp of the frame that decoding begins with, where that is known before.
   */
  restart(isBefore: (stamp: bigint) => boolean): Promise<bigint | undefined>;
  /** Something could not be decoded: from now on nothing is left out. */
  noteDamage(): void;
  close(): void;
}

/** Every packet, every frame. */
export class AllPackets implements PacketSource {
  readonly #input: Input;
  readonly #packet: Packet;
  #count = 0;
  #first: bigint | undefined;
  #isBefore: (stamp: bigint) => boolean = () => false;

  constructor(av: Libav, input: Input) {
    this.#input = input;
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  async next(): Promise<Step> {
    this.#packet.unref();
    const code = await this.#input.read(this.#packet);
    return code < 0 ? { kind: 'end', code } : { kind: 'packet', packet: this.#packet };
  }

  place(stamp: bigint | undefined): Placed {
    if (this.#count === 0 && stamp !== undefined && this.#isBefore(stamp)) return { number: -1, isUsed: false };
    if (this.#count === 0) this.#first = stamp;
    return { number: this.#count++, isUsed: true };
  }

  nextLeftOut(): undefined {
    return undefined;
  }

  foretellBy(): void {
    // all are given, whatever their times
  }

  get count(): number {
    return this.#count;
  }

  get decided(): number {
    return this.#count;
  }

  get first(): bigint | undefined {
    return this.#first;
  }

  restart(isBefore: (stamp: bigint) => boolean): Promise<undefined> {
    this.#count = 0;
    this.#first = undefined;
    this.#isBefore = isBefore;
    return Promise.resolve(undefined);
  }

  noteDamage(): void {
    // nothing is left out anyway
  }

  close(): void {
    this.#packet.free();
  }
}
