import type { Packet } from 'node-av/lib';

import type { FrameDemand, FrameTimes } from '../../backend.js';
import type { LeftOut, PacketSource, Placed, Step } from './packet-source.js';
import type { HeldPacket, Segment, SegmentReader } from './segment-reader.js';

/** Frames that the decoder was sent and whose place is remembered; it holds back a few dozen. */
const MAX_SENT = 1024;

export type PacedPacketsOptions = {
  readonly reader: SegmentReader;
  readonly demand: FrameDemand;
};

/**
 * Packets of a file that plays at its own speed. What is used is asked as late as can be, frame by frame: those that no other
 * frame refers to and nobody uses are left out, and so is what comes in a segment behind its last used frame. The latter is
 * kept, and decoded after all when something in it is used in the end. Each frame left out is told when its turn comes.
 */
export class PacedPackets implements PacketSource {
  readonly #reader: SegmentReader;
  readonly #demand: FrameDemand;
  /** Numbers of the frames that the decoder has, by their time stamps; -1: not shown. */
  readonly #sent = new Map<bigint, number>();
  /** Frames behind `#number` that are not given: number → time stamp. */
  readonly #leftOut = new Map<number, bigint | undefined>();
  /** Of the segment: packets before `#at` that frames to come refer to, and that the decoder has not had. */
  #owed: HeldPacket[] = [];
  #segment: Segment | undefined;
  /** Of the segment: the packet that comes next, and the number of its last frame. */
  #at = 0;
  #lastNumber = -1;
  /** The decoder has had what frames shown before the segment's entry point refer to. */
  #followsOn = true;
  /** Something was damaged, or frames cannot be numbered: nothing is left out any more, frames are counted as they come. */
  #isPlain = false;
  #given: Packet | undefined;
  #isBefore: (stamp: bigint) => boolean = () => false;
  #usOf: ((stamp: bigint) => number) | undefined;
  /** Number of the frame given or told last. */
  #number = -1;
  #decided = 0;

  constructor({ reader, demand }: PacedPacketsOptions) {
    this.#reader = reader;
    this.#demand = demand;
  }

  get count(): number {
    return this.#isPlain ? this.#number + 1 : this.#reader.count;
  }

  get first(): bigint | undefined {
    return this.#reader.firstStamp;
  }

  get decided(): number {
    return Math.max(this.#decided, this.#number + 1);
  }

  foretellBy(usOf: (stamp: bigint) => number): void {
    this.#usOf = usOf;
  }

  async next(): Promise<Step> {
    if (this.#given !== undefined) this.#reader.recycle(this.#given);
    this.#given = undefined;
    const segment = await this.#current();
    if (segment === undefined) return { kind: 'end', code: this.#reader.endCode };
    if (this.#owed.length > 0 && this.#isRestNeeded(segment)) return this.#payOwed(segment);
    const held = segment.packets[this.#at] as HeldPacket;
    const number = segment.numbers[this.#at];
    this.#at += 1;
    if (this.#isLost(segment, held)) this.#reader.recycle(held.packet);
    else if (this.#isNeeded(segment, held, number)) return this.#give(held, number);
    else this.#leaveOut(held, number);
    return { kind: 'left out' };
  }

  place(stamp: bigint | undefined): Placed {
    const number = this.#numberOf(stamp);
    if (number <= this.#number) return { number, isUsed: false };
    if (!this.#isUsed(number)) {
      this.#leftOut.set(number, stamp);
      return { number, isUsed: false };
    }
    this.#number = number;
    for (const leftOut of this.#leftOut.keys()) if (leftOut <= number) this.#leftOut.delete(leftOut);
    return { number, isUsed: true };
  }

  nextLeftOut(isEnd: boolean): LeftOut | undefined {
    const number = isEnd ? Math.min(...this.#leftOut.keys()) : this.#number + 1;
    const isKept = this.#isKeptUnused(number);
    if (!isKept && !this.#leftOut.has(number)) return undefined;
    const stamp = isKept ? this.#reader.stampOf(number) : this.#leftOut.get(number);
    this.#leftOut.delete(number);
    this.#number = number;
    return { number, stamp };
  }

  noteDamage(): void {
    this.#isPlain = true;
  }

  async restart(isBefore: (stamp: bigint) => boolean): Promise<bigint | undefined> {
    this.#dropOwed();
    this.#sent.clear();
    this.#leftOut.clear();
    this.#segment = undefined;
    this.#at = 0;
    this.#followsOn = false;
    this.#isPlain = false;
    this.#isBefore = isBefore;
    this.#number = -1;
    this.#decided = 0;
    return await this.#reader.begin({ number: 0, isBefore });
  }

  close(): void {
    this.#dropOwed();
    this.#reader.close();
  }

  /** The segment whose packets come next; undefined at the end. */
  async #current(): Promise<Segment | undefined> {
    while (this.#segment === undefined || this.#at >= this.#segment.packets.length) {
      const next = await this.#nextSegment();
      if (next === undefined) return undefined;
      // what was owed belongs to a closed segment: nothing refers to it any more
      this.#dropOwed();
      this.#followsOn ||= this.#segment !== undefined;
      this.#segment = next;
      this.#at = 0;
      this.#lastNumber = Math.max(-1, ...next.numbers.filter((number) => number !== undefined));
    }
    await this.#reader.readAhead(this.#demand.reach ?? 0);
    return this.#segment;
  }

  async #nextSegment(): Promise<Segment | undefined> {
    const segment = await this.#reader.next();
    if (segment !== undefined || this.#reader.isRegular) return segment;
    this.#isPlain = true;
    const packet = await this.#reader.nextPacket();
    return packet && { packets: [packet], numbers: [undefined], leading: [], isOpen: true, isClosed: false };
  }

  /** Whether the decoder keeps that frame, which nobody uses, until it gets more packets. */
  #isKeptUnused(number: number): boolean {
    const stamp = this.#isPlain ? undefined : this.#reader.stampOf(number);
    return stamp !== undefined && this.#sent.has(stamp) && !this.#isUsed(number);
  }

  /** Whether the frame refers to what the decoder never had. */
  #isLost({ packets: [entry] }: Segment, { stamp }: HeldPacket): boolean {
    return !this.#followsOn && stamp !== undefined && entry?.stamp !== undefined && stamp < entry.stamp;
  }

  #isNeeded(segment: Segment, { kind }: HeldPacket, number: number | undefined): boolean {
    if (kind.isDisposable && !this.#isPlain) return number !== undefined && this.#isUsed(number);
    return this.#isRestNeeded(segment);
  }

  /** Whether frames of the segment that were not given yet are used, or what comes then refers to it. */
  #isRestNeeded({ isClosed }: Segment): boolean {
    return this.#isPlain || !isClosed || this.#nextUsed(this.#number + 1) <= this.#lastNumber;
  }

  #isUsed(number: number): boolean {
    return this.#isPlain || this.#nextUsed(number) === number;
  }

  #nextUsed(number: number): number {
    // the first frame of a run tells what the source is, or where a seek has led
    return number === 0 ? 0 : this.#demand.nextUsed(number, this.#times);
  }

  get #times(): FrameTimes | undefined {
    return this.#usOf && { end: this.#reader.known, isAll: this.#reader.isAllKnown, usOf: (n) => this.#usAt(n) };
  }

  #usAt(number: number): number {
    const stamp = this.#reader.stampOf(number);
    return stamp === undefined || this.#usOf === undefined ? 0 : this.#usOf(stamp);
  }

  #payOwed(segment: Segment): Step {
    const held = this.#owed.shift() as HeldPacket;
    return this.#give(held, segment.numbers[segment.packets.indexOf(held)]);
  }

  #give({ packet, stamp }: HeldPacket, number: number | undefined): Step {
    this.#given = packet;
    if (stamp !== undefined && this.#reader.isRegular) this.#remember(stamp, number ?? -1);
    if (number !== undefined) {
      this.#leftOut.delete(number);
      this.#decided = Math.max(this.#decided, number + 1);
    }
    return { kind: 'packet', packet };
  }

  #remember(stamp: bigint, number: number): void {
    this.#sent.set(stamp, number);
    const oldest = this.#sent.keys().next().value;
    if (this.#sent.size > MAX_SENT && oldest !== undefined) this.#sent.delete(oldest);
  }

  #leaveOut(held: HeldPacket, number: number | undefined): void {
    if (held.kind.isDisposable) this.#reader.recycle(held.packet);
    else this.#owed.push(held);
    if (number === undefined || number <= this.#number) return;
    this.#leftOut.set(number, held.stamp);
    this.#decided = Math.max(this.#decided, number + 1);
  }

  #dropOwed(): void {
    for (const { packet } of this.#owed) this.#reader.recycle(packet);
    this.#owed = [];
  }

  #numberOf(stamp: bigint | undefined): number {
    const known = stamp === undefined ? undefined : this.#sent.get(stamp);
    if (stamp !== undefined) this.#sent.delete(stamp);
    if (known !== undefined && (known <= this.#number || !this.#isPlain)) return known;
    if (this.#number < 0 && stamp !== undefined && this.#isBefore(stamp)) return -1;
    return this.#number + 1 + this.#leftOutBefore(stamp);
  }

  /** Frames left out that are shown before that time stamp. */
  #leftOutBefore(stamp: bigint | undefined): number {
    let count = 0;
    for (const other of this.#leftOut.values()) if (stamp !== undefined && other !== undefined && other < stamp) count += 1;
    return count;
  }
}
