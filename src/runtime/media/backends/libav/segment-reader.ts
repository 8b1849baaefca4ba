import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Packet } from 'node-av/lib';

import { DisplayOrder } from './display-order.js';
import type { Input } from './input.js';
import type { Libav } from './libav.js';
import type { PacketClassifier, PacketKind } from './packet-kind.js';

/** A packet in memory of its own. */
export type HeldPacket = {
  readonly packet: Packet;
  /** Its frame's time stamp; undefined where the container gives none. */
  readonly stamp: bigint | undefined;
  readonly kind: PacketKind;
  /** False: its frame is for others only: it lies before the place sought, or the container says that it is not shown. */
  readonly isShown: boolean;
};

/** The packets from one entry point to the next, in the order of decoding. */
export type Segment = {
  readonly packets: readonly HeldPacket[];
  /** Numbers of their frames in the run; undefined for those not shown. */
  readonly numbers: readonly (number | undefined)[];
  /** Numbers of frames of the next segment that are shown before its entry point: they may refer to this one. */
  readonly leading: readonly number[];
  /** It ends at no entry point: what comes then refers to it. */
  readonly isOpen: boolean;
  /** Nothing that comes then refers to it, and a decoder that had only some of it may go on with that. */
  readonly isClosed: boolean;
};

/** Where frames go on after a seek. */
export type Place = {
  /** Number of the first frame that is not `isBefore`. */
  readonly number: number;
  readonly isBefore: (stamp: bigint) => boolean;
};

/** Packets read ahead, so that the numbers of those before them are final (see `DisplayOrder`). */
const LOOK_AHEAD = 32;
/** Longest segment; a longer one is cut. */
const MAX_PACKETS = 600;
const MAX_BYTES = 128 * 2 ** 20;
/** Packets read in a row before others get a turn. */
const TURN = 256;

/** Reads the packets of the video, a segment at a time, and numbers their frames in the order they are shown. */
export class SegmentReader {
  readonly #av: Libav;
  readonly #input: Input;
  readonly #classify: PacketClassifier;
  readonly #spare: Packet[] = [];
  #order = new DisplayOrder();
  #isBefore: Place['isBefore'] = () => false;
  /** Time stamp of the entry point that reading began with: frames shown before it cannot be decoded. */
  #entryStamp: bigint | undefined;
  #lastDts: bigint | undefined;
  readonly #queue: HeldPacket[] = [];
  #queueBytes = 0;
  #reads = 0;
  #isRegular = true;
  #isOpening = true;
  #endCode: number | undefined;

  constructor(av: Libav, input: Input, classify: PacketClassifier) {
    this.#av = av;
    this.#input = input;
    this.#classify = classify;
  }

  /** False once time stamps were missing, twice there or out of order: frames cannot be numbered any more. */
  get isRegular(): boolean {
    return this.#isRegular;
  }

  /** Frames up to the last one read. */
  get count(): number {
    return this.#order.count;
  }

  /** Frames before this number are known: `stampOf` gives their time stamps, final ones. */
  get known(): number {
    if (!this.#isRegular) return 0;
    return this.#endCode === undefined ? Math.max(0, this.count - LOOK_AHEAD) : this.count;
  }

  /** Whether there are no frames but those known. */
  get isAllKnown(): boolean {
    return this.#isRegular && this.#endCode !== undefined;
  }

  stampOf(number: number): bigint | undefined {
    return this.#order.stampOf(number);
  }

  /** Time stamp of the first frame since the last `begin`. */
  get firstStamp(): bigint | undefined {
    return this.#order.first;
  }

  /** FFmpeg's code that reading ended with. */
  get endCode(): number {
    return this.#endCode ?? this.#av.AVERROR_EOF;
  }

  /**
   * Goes on after the input was sent elsewhere.
   * @returns Time stamp of the entry point that was found; undefined where the first packet is none.
   */
  async begin({ number, isBefore }: Place): Promise<bigint | undefined> {
    this.#forget();
    this.#isOpening = false;
    this.#order = new DisplayOrder(number);
    this.#isBefore = isBefore;
    const first = await this.#read();
    return first?.kind.entry === 'none' ? undefined : first?.stamp;
  }

  /** The next segment; undefined at the end of packets, or where frames cannot be numbered. */
  async next(): Promise<Segment | undefined> {
    let boundary = this.#boundaryFrom(1);
    while (this.#isRegular && this.#mayRead(boundary)) {
      const held = await this.#read();
      if (held === undefined) break;
      if (boundary === undefined && this.#queue.length > 1 && held.kind.entry !== 'none') boundary = this.#queue.length - 1;
    }
    if (!this.#isRegular || this.#queue.length === 0) return undefined;
    return this.#cut(boundary ?? (this.#endCode === undefined ? this.#queue.length - LOOK_AHEAD : this.#queue.length));
  }

  /** Reads on, so that so many frames behind the segment given last are known. */
  async readAhead(frames: number): Promise<void> {
    const wanted = Math.min(MAX_PACKETS, frames) + LOOK_AHEAD;
    while (this.#isRegular && this.#endCode === undefined && this.#queue.length < wanted && this.#queueBytes < MAX_BYTES) await this.#read();
  }

  /** The next packet, as it comes: those read already first. */
  async nextPacket(): Promise<HeldPacket | undefined> {
    if (this.#queue.length === 0) await this.#read();
    return this.#dequeue(1)[0];
  }

  /** Takes a packet back that is not used any more. */
  recycle(packet: Packet): void {
    packet.unref();
    this.#spare.push(packet);
  }

  close(): void {
    this.#forget();
    for (const packet of this.#spare) packet.free();
    this.#spare.length = 0;
  }

  #forget(): void {
    for (const { packet } of this.#dequeue(this.#queue.length)) this.recycle(packet);
    this.#isRegular = true;
    this.#endCode = undefined;
    this.#entryStamp = undefined;
    this.#lastDts = undefined;
  }

  #mayRead(boundary: number | undefined): boolean {
    if (this.#endCode !== undefined) return false;
    if (boundary !== undefined) return this.#queue.length < boundary + 1 + LOOK_AHEAD;
    return this.#queue.length < MAX_PACKETS + LOOK_AHEAD && this.#queueBytes < MAX_BYTES;
  }

  #boundaryFrom(start: number): number | undefined {
    const at = this.#queue.findIndex(({ kind }, i) => i >= start && kind.entry !== 'none');
    return at < 0 ? undefined : at;
  }

  #cut(boundary: number): Segment {
    const packets = this.#dequeue(Math.max(1, boundary));
    const [entry] = this.#queue;
    const isOpen = this.#endCode === undefined && entry?.kind.entry === 'none';
    const leading = this.#queue.filter(({ stamp }) => isBelow(stamp, entry?.stamp));
    const isClosed = entry === undefined || (entry.kind.entry === 'seamless' && leading.length === 0);
    return {
      packets, isOpen, isClosed, numbers: packets.map((held) => this.#numberOf(held)), leading: leading.map((held) => this.#numberOf(held)).filter((n) => n !== undefined),
    };
  }

  #numberOf({ stamp, isShown }: HeldPacket): number | undefined {
    return isShown && stamp !== undefined ? this.#order.numberOf(stamp) : undefined;
  }

  #dequeue(count: number): HeldPacket[] {
    const packets = this.#queue.splice(0, count);
    for (const { packet } of packets) this.#queueBytes -= packet.size;
    return packets;
  }

  async #read(): Promise<HeldPacket | undefined> {
    this.#reads += 1;
    if (this.#reads % TURN === 0) await nextTurn();
    const packet = this.#spare.pop() ?? this.#makePacket();
    const code = await this.#input.read(packet);
    if (code < 0) {
      this.#endCode = code;
      this.#spare.push(packet);
      return undefined;
    }
    const held = this.#hold(packet);
    this.#queue.push(held);
    this.#queueBytes += packet.size;
    return held;
  }

  #hold(packet: Packet): HeldPacket {
    const stamp = this.#stampOf(packet);
    const kind = this.#classify(packet);
    if (kind.entry !== 'none') this.#entryStamp ??= stamp;
    const isLeading = isBelow(stamp, this.#entryStamp);
    const isShown = this.#isToBeShown(packet, stamp) && (this.#isOpening || !isLeading);
    // whether a decoder gives the frames before the first entry point of a file cannot be foretold
    const isForetold = stamp !== undefined && this.#entryStamp !== undefined && !(isShown && isLeading);
    const isNumbered = isForetold && this.#isInOrder(packet.dts) && (!isShown || this.#order.add(stamp));
    this.#isRegular &&= isNumbered;
    return { packet, stamp, kind, isShown };
  }

  #stampOf({ pts }: Packet): bigint | undefined {
    return pts === this.#av.AV_NOPTS_VALUE ? undefined : pts;
  }

  #isToBeShown(packet: Packet, stamp: bigint | undefined): boolean {
    return stamp !== undefined && !packet.hasFlags(this.#av.AV_PKT_FLAG_DISCARD) && !this.#isBefore(stamp);
  }

  #isInOrder(dts: bigint): boolean {
    if (dts === this.#av.AV_NOPTS_VALUE) return true;
    const isInOrder = !(this.#lastDts !== undefined && dts <= this.#lastDts);
    this.#lastDts = dts;
    return isInOrder;
  }

  #makePacket(): Packet {
    const packet = new this.#av.Packet();
    packet.alloc();
    return packet;
  }
}

function isBelow(stamp: bigint | undefined, other: bigint | undefined): boolean {
  return stamp !== undefined && other !== undefined && stamp < other;
}
