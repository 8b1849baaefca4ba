import type { Packet } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { FrameDemand } from '../../backend.js';
import { type Grid, gridOf, numberOnGrid, stampOnGrid } from './grid.js';
import type { Input } from './input.js';
import type { Libav } from './libav.js';
import type { PacketClassifier } from './packet-kind.js';
import type { PacketSource, Placed, Step } from './packet-source.js';
import { type HeldPacket, type Place, type Segment, SegmentReader } from './segment-reader.js';

/** Frames that are read over rather than jumped over: a jump costs as much as reading some hundred packets. */
const NEAR = 300;
/** Frames by which a jump is aimed earlier when it landed behind its aim. */
const AIM_EARLIER = [0, 60, 600];
/** Frames whose place is remembered; a decoder holds back a few dozen. */
const MAX_PLACED = 1024;

export type UsedPacketsOptions = {
  readonly input: Input;
  readonly demand: FrameDemand;
  readonly classify: PacketClassifier;
};

/**
 * Only the packets that somebody's frame needs: of each segment those up to the last used frame, less those that no other
 * frame refers to and nobody uses; where no frame is used for long, the input jumps. What comes out is bit for bit what a decode of
 * everything gives. A stream that breaks the rules this stands on is decoded whole from there on.
 */
export class UsedPackets implements PacketSource {
  readonly #input: Input;
  readonly #demand: FrameDemand;
  readonly #reader: SegmentReader;
  readonly #placed = new Map<bigint, Placed>();
  #segment: Segment | undefined;
  /** Of the segment: the packet that comes next. */
  #at = 0;
  /** Of the segment: index of the last packet that is needed, as that version of the demand has it. */
  #needed = { version: -1, last: -1 };
  /** The decoder has had all that the segment's first packets may refer to. */
  #followsOn = true;
  /** The decoder has had all that the packets to come may refer to. */
  #isWhole = true;
  #isEmptied = false;
  /** Nothing is left out any more. */
  #isPlain = false;
  #given: Packet | undefined;
  #grid: Grid | undefined;
  /** Place on the grid of the run's first frame. */
  #gridBase = 0;
  #first: bigint | undefined;
  /** Its first frame is given in any case: it tells what the source is, and where its times begin. */
  #isFirstRun = true;
  #isBefore: Place['isBefore'] = () => false;
  /** Number of the frame placed last. */
  #number = -1;
  #decided = 0;

  constructor(av: Libav, { input, demand, classify }: UsedPacketsOptions) {
    this.#input = input;
    this.#demand = demand;
    this.#reader = new SegmentReader(av, input, classify);
  }

  get count(): number {
    return this.#isPlain ? this.#number + 1 : this.#reader.count;
  }

  get first(): bigint | undefined {
    return this.#first;
  }

  get decided(): number {
    return this.#isPlain ? this.#number + 1 : this.#decided;
  }

  async next(): Promise<Step> {
    if (this.#given !== undefined) this.#reader.recycle(this.#given);
    this.#given = undefined;
    for (let segment = await this.#current(); segment !== undefined; segment = await this.#current()) {
      const held = segment.packets[this.#at] as HeldPacket;
      const isNeeded = this.#isNeeded(segment, this.#at);
      if (isNeeded && !this.#isWhole && !this.#isEmptied && held.kind.entry === 'fresh') {
        this.#isEmptied = true;
        return { kind: 'empty' };
      }
      const number = segment.numbers[this.#at];
      this.#at += 1;
      if (isNeeded) return this.#give(held, number);
      this.#leaveOut(held, segment);
    }
    return { kind: 'end', code: this.#reader.endCode };
  }

  place(stamp: bigint | undefined): Placed {
    const known = stamp === undefined ? undefined : this.#placed.get(stamp);
    if (stamp !== undefined) this.#placed.delete(stamp);
    const placed = known ?? this.#placeNext(stamp);
    this.#number = Math.max(this.#number, placed.number);
    return placed;
  }

  nextLeftOut(): undefined {
    return undefined; // passed over without a word
  }

  foretellBy(): void {
    // frames are asked for by number
  }

  noteDamage(): void {
    this.#isPlain = true;
  }

  async restart(isBefore: Place['isBefore']): Promise<bigint | undefined> {
    this.#isPlain = false;
    this.#isFirstRun = false;
    this.#first = undefined;
    this.#number = -1;
    this.#decided = 0;
    return await this.#begin({ number: 0, isBefore });
  }

  close(): void {
    this.#reader.close();
  }

  /** The segment whose packets come next; undefined at the end. */
  async #current(): Promise<Segment | undefined> {
    while (this.#segment === undefined || this.#at >= this.#segment.packets.length) {
      const next = await this.#nextSegment();
      if (next === undefined) return undefined;
      this.#segment = next;
      this.#at = 0;
      this.#needed = { version: -1, last: -1 };
      this.#followsOn = this.#isWhole;
    }
    return this.#segment;
  }

  async #nextSegment(): Promise<Segment | undefined> {
    if (!this.#isPlain && this.#segment !== undefined) await this.#jumpIfFar();
    const segment = this.#isPlain ? undefined : await this.#reader.next();
    if (segment !== undefined) {
      if (this.#first === undefined) this.#findGrid();
      return segment;
    }
    if (this.#reader.isRegular && !this.#isPlain) return undefined;
    this.#isPlain = true;
    const packet = await this.#reader.nextPacket();
    return packet && { packets: [packet], numbers: [undefined], leading: [], isOpen: true, isClosed: false };
  }

  #isNeeded(segment: Segment, index: number): boolean {
    const { kind, stamp } = segment.packets[index] as HeldPacket;
    if (this.#isPlain) return this.#isWhole || kind.entry !== 'none';
    const [entry] = segment.packets;
    const isLeading = stamp !== undefined && entry?.stamp !== undefined && stamp < entry.stamp;
    if (index > this.#lastNeeded(segment) || (isLeading && !this.#followsOn)) return false;
    return !kind.isDisposable || this.#isUsed(segment.numbers[index]);
  }

  #lastNeeded(segment: Segment): number {
    const { version } = this.#demand;
    if (this.#needed.version === version) return this.#needed.last;
    const isUsedByNext = segment.isOpen || segment.leading.some((number) => this.#isUsed(number));
    const last = isUsedByNext ? segment.packets.length - 1 : segment.numbers.findLastIndex((number) => this.#isUsed(number));
    this.#needed = { version, last };
    return last;
  }

  #isUsed(number: number | undefined): boolean {
    if (number === undefined) return false;
    return (number === 0 && this.#isFirstRun) || this.#demand.nextUsed(number) === number;
  }

  #give({ packet, stamp }: HeldPacket, number: number | undefined): Step {
    this.#isWhole = true;
    this.#isEmptied = false;
    this.#given = packet;
    // without a number it is plain, and counted when it comes out, or not shown
    if (stamp !== undefined && !this.#isPlain) this.#remember(stamp, { number: number ?? -1, isUsed: this.#isUsed(number) });
    if (number !== undefined) this.#decided = Math.max(this.#decided, number + 1);
    return { kind: 'packet', packet };
  }

  #leaveOut({ packet, kind }: HeldPacket, { numbers, leading }: Segment): void {
    this.#reader.recycle(packet);
    if (kind.isDisposable && this.#isWhole) {
      this.#decided = Math.max(this.#decided, (numbers[this.#at - 1] ?? -1) + 1);
      return;
    }
    // what is left of the segment, and what refers to it, cannot be decoded any more
    this.#isWhole = false;
    for (const number of [...numbers, ...leading]) this.#decided = Math.max(this.#decided, (number ?? -1) + 1);
  }

  #remember(stamp: bigint, placed: Placed): void {
    this.#placed.set(stamp, placed);
    const oldest = this.#placed.keys().next().value;
    if (this.#placed.size > MAX_PLACED && oldest !== undefined) this.#placed.delete(oldest);
  }

  /** A frame that came out of nothing known: counted. */
  #placeNext(stamp: bigint | undefined): Placed {
    if (this.#number < 0 && stamp !== undefined && this.#isBefore(stamp)) return { number: -1, isUsed: false };
    return { number: this.#number + 1, isUsed: true };
  }

  /** Goes on at another place of the input, with an empty decoder. */
  async #begin(place: Place): Promise<bigint | undefined> {
    this.#segment = undefined;
    this.#isWhole = false;
    this.#isBefore = place.isBefore;
    return await this.#reader.begin(place);
  }

  #findGrid(): void {
    this.#first = this.#reader.firstStamp;
    if (this.#first === undefined) return;
    if (this.#isFirstRun) this.#grid = gridOf(this.#input, this.#first);
    const base = this.#grid && numberOnGrid(this.#grid, this.#first);
    if (base === undefined) this.#grid = undefined;
    else this.#gridBase = base;
  }

  async #jumpIfFar(): Promise<void> {
    const grid = this.#grid;
    const behind = this.#decided;
    const next = this.#demand.nextUsed(behind);
    if (grid === undefined || next - behind < NEAR || this.#gridBase + next >= grid.frames) return;
    for (const earlier of AIM_EARLIER) {
      if (await this.#land(grid, { number: next, earlier })) return;
    }
    this.#grid = undefined;
    if (!(await this.#land(grid, { number: behind, earlier: NEAR }))) {
      throw new StreamInferError('SOURCE_READ_FAILED', `read ${this.#input.name}: its index of key frames is damaged`);
    }
  }

  /** Sends the input to the entry point before a frame; whether it got there. */
  async #land(grid: Grid, { number, earlier }: { readonly number: number; readonly earlier: number }): Promise<boolean> {
    const aim = stampOnGrid(grid, this.#gridBase + number);
    if ((await this.#input.seek(stampOnGrid(grid, Math.max(0, this.#gridBase + number - earlier)))) < 0) return false;
    const entry = await this.#begin({ number, isBefore: (stamp) => stamp < aim });
    if (entry === undefined || entry > aim) return false;
    this.#decided = Math.max(this.#decided, number);
    return true;
  }
}
