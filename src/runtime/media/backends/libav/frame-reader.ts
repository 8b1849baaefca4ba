import type { CodecContext, Frame } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { FrameDemand } from '../../backend.js';
import { checkFrameSize } from '../../frame-limits.js';
import { must } from './errors.js';
import type { Hardware } from './hardware.js';
import { type Input, openInput, type OpenInputOptions } from './input.js';
import type { Libav } from './libav.js';
import { openPacketClassifier } from './packet-kind.js';
import { PacedPackets } from './paced-packets.js';
import { AllPackets, type LeftOut, type PacketSource } from './packet-source.js';
import { SegmentReader } from './segment-reader.js';
import { UsedPackets } from './used-packets.js';

export type OpenReaderOptions = OpenInputOptions & {
  /** Threads of the decoder; 0: as many as there are cores. */
  readonly threads: number;
  /** Holds no frames back, for sources whose frames are wanted at once. */
  readonly realtime: boolean;
  /** Decodes on a GPU; absent: on the CPU. */
  readonly hardware?: Hardware;
  /** Frames that are not used are not given; absent: all are. */
  readonly demand?: FrameDemand;
};

/** Errors while the decoder is emptied at the end, before it counts as stuck. */
const MAX_DRAIN_ERRORS = 64;

/** Packets in, frames out, in the order they are shown. */
export class FrameReader {
  readonly input: Input;
  /** Frames so far that could not be read or decoded, or only in part. */
  damaged = 0;
  /** Frames of this run that were decoded, given or not. */
  decoded = 0;
  /** True: decodes key frames only. What builds on a frame that was left out is left out too, until the next key frame. */
  hurry = false;
  readonly #av: Libav;
  readonly #codec: CodecContext;
  readonly #packets: PacketSource;
  readonly #hardware: Hardware | undefined;
  /** What the decoder is being emptied for: the end, or a packet that needs a fresh one. */
  #draining: 'no' | 'for the end' | 'for a fresh start' = 'no';
  #drainErrors = 0;
  /** Something was left out for the hurry since the last key frame. */
  #hasGap = false;
  #number = -1;
  #hasReceived = false;
  #landed: bigint | undefined;

  constructor(av: Libav, parts: { readonly input: Input; readonly codec: CodecContext; readonly packets: PacketSource; readonly hardware?: Hardware }) {
    this.#av = av;
    this.input = parts.input;
    this.#codec = parts.codec;
    this.#packets = parts.packets;
    this.#hardware = parts.hardware;
  }

  /** Frames of this run up to the one given last, those left out included; at the end all of them. */
  get passed(): number {
    return this.#number + 1;
  }

  /** Frames of this run that are decided about (see `PacketSource`). */
  get decided(): number {
    return this.#packets.decided;
  }

  /** Time stamp of the first frame decoded for the run, which may lie before it; undefined where it has none. */
  get landed(): bigint | undefined {
    return this.#landed;
  }

  /** Time stamp of the run's first frame, used or not; undefined where it has none. */
  get first(): bigint | undefined {
    return this.#packets.first;
  }

  /** The next frame that is used, the caller's own; in realtime also those left out; undefined at the end. */
  async next(): Promise<Frame | LeftOut | undefined> {
    const frame = new this.#av.Frame();
    frame.alloc();
    let isGiven = false;
    try {
      for (let code = 0; code >= 0 || (await this.#goOn(code)); ) {
        const leftOut = this.#nextLeftOut(false);
        if (leftOut !== undefined) return leftOut;
        code = this.#codec.receiveFrameSync(frame);
        if (code < 0) continue;
        isGiven = this.#isUsed(frame);
        if (isGiven) return this.#hardware ? this.#hardware.download(frame) : frame;
        frame.unref();
      }
    } finally {
      if (!isGiven) frame.free();
    }
    const leftOut = this.#nextLeftOut(true);
    if (leftOut === undefined) this.#number = this.#packets.count - 1;
    return leftOut;
  }

  /** Tells how a time stamp becomes a frame's time in microseconds. */
  foretellBy(usOf: (stamp: bigint) => number): void {
    this.#packets.foretellBy(usOf);
  }

  /** Begins a new run where the input was sent by a seek; its frames begin with the first one that is not `isBefore`. */
  async restart(isBefore: (stamp: bigint) => boolean): Promise<void> {
    this.#flush();
    this.#number = -1;
    this.decoded = 0;
    this.#landed = await this.#packets.restart(isBefore);
  }

  async close(): Promise<void> {
    this.#packets.close();
    this.#codec.freeContext();
    await this.input.close();
  }

  #nextLeftOut(isEnd: boolean): LeftOut | undefined {
    const leftOut = this.#packets.nextLeftOut(isEnd);
    if (leftOut !== undefined) this.#number = leftOut.number;
    return leftOut;
  }

  #isUsed(frame: Frame): boolean {
    this.#hasReceived = true;
    // it may grow in the middle, or be larger than the container says
    checkFrameSize(`read ${this.input.name}`, frame);
    // the decoder painted over what it could not read, as it could; every player shows such frames
    if (frame.decodeErrorFlags !== 0) this.#noteDamage();
    const stamp = frame.bestEffortTimestamp === this.#av.AV_NOPTS_VALUE ? undefined : frame.bestEffortTimestamp;
    this.#landed ??= stamp;
    const { number, isUsed } = this.#packets.place(stamp);
    if (number >= 0) this.decoded += 1;
    if (isUsed) this.#number = number;
    return isUsed;
  }

  /** The decoder has no frame: feeds it, or begins afresh; false at the end. */
  async #goOn(code: number): Promise<boolean> {
    const isEmpty = code === this.#av.AVERROR_EOF || this.#isStuck(code);
    if (!isEmpty) await this.#feed();
    else if (this.#draining === 'for a fresh start') this.#flush();
    else return false;
    return true;
  }

  #isStuck(code: number): boolean {
    if (code === this.#av.AVERROR_EAGAIN) return false;
    this.#noteDamage();
    if (this.#draining === 'no') return false;
    this.#drainErrors += 1;
    return this.#drainErrors > MAX_DRAIN_ERRORS;
  }

  async #feed(): Promise<void> {
    if (this.#draining !== 'no') return;
    const step = await this.#packets.next();
    switch (step.kind) {
      case 'end': { this.#endOfPackets(step.code); break; }
      case 'left out': { break; }
      case 'empty': { this.#drain('for a fresh start'); break; }
      case 'packet': {
        this.#hasGap = !step.packet.isKeyframe && (this.hurry || this.#hasGap);
        // an empty packet would tell the decoder that the stream has ended
        if (!this.#hasGap && step.packet.size > 0 && this.#codec.sendPacketSync(step.packet) < 0) this.#noteDamage();
        break;
      }
    }
  }

  /** A file that breaks off ends where it breaks, provided that something came of it; a stream that breaks is an error. */
  #endOfPackets(code: number): void {
    if (code !== this.#av.AVERROR_EOF) {
      if (!this.input.isLocal || !this.#hasReceived) throw this.input.readFailure(code);
      this.#noteDamage();
    }
    this.#drain('for the end');
  }

  #drain(why: 'for the end' | 'for a fresh start'): void {
    this.#draining = why;
    this.#codec.sendPacketSync(null);
  }

  /** Forgets what was fed. */
  #flush(): void {
    this.#codec.flushBuffers();
    this.#draining = 'no';
    this.#drainErrors = 0;
  }

  #noteDamage(): void {
    this.damaged += 1;
    this.#packets.noteDamage();
  }
}

/** Opens the location and a decoder for its video. Throws the `SOURCE_…` errors. */
export async function openFrameReader(av: Libav, options: OpenReaderOptions): Promise<FrameReader> {
  const input = await openInput(av, options);
  try {
    const codec = openCodec(av, input, options);
    return new FrameReader(av, { input, codec, packets: openPackets(av, input, options), ...(options.hardware && { hardware: options.hardware }) });
  } catch (error) {
    await input.close();
    throw error;
  }
}

function openPackets(av: Libav, input: Input, { demand, realtime, hardware }: OpenReaderOptions): PacketSource {
  const mayLeaveOut = input.isLocal && input.isTimed && !hardware;
  const classify = mayLeaveOut ? openPacketClassifier(av, input.stream) : undefined;
  if (demand === undefined || classify === undefined) return new AllPackets(av, input);
  return realtime ? new PacedPackets({ demand, reader: new SegmentReader(av, input, classify) }) : new UsedPackets(av, { input, demand, classify });
}

function openCodec(av: Libav, input: Input, { threads, realtime, hardware }: OpenReaderOptions): CodecContext {
  const { codecpar, timeBase } = input.stream;
  const name = av.avGetCodecName(codecpar.codecId) ?? 'of an unknown kind';
  const decoder = av.Codec.findDecoder(codecpar.codecId);
  if (!decoder) throw new StreamInferError('SOURCE_CODEC_UNSUPPORTED', `open ${input.name}: its video is ${name}, which cannot be decoded here`);
  const failure = { code: 'SOURCE_CODEC_UNSUPPORTED', what: `open the ${name} decoder for ${input.name}` } as const;
  const codec = new av.CodecContext();
  codec.allocContext3(decoder);
  try {
    must(av, codec.parametersToContext(codecpar), failure);
    codec.pktTimebase = timeBase;
    // frame threads hold back a frame each: good for files, a delay for cameras
    codec.threadType = realtime && !input.isLocal ? av.FF_THREAD_SLICE : av.FF_THREAD_FRAME;
    // a file in realtime has two at least: its next frame is decoded while this one is shown, and no result waits for that in the event loop
    codec.threadCount = realtime && input.isLocal && threads === 1 ? 2 : threads;
    // with several threads the H.264 decoder neither mends nor tells what is missing of a frame; most cameras make one slice of it anyway
    if (input.isLossy && codecpar.codecId === av.AV_CODEC_ID_H264) codec.threadCount = 1;
    hardware?.attach(codec, decoder);
    must(av, codec.open2Sync(decoder, null), failure);
    return codec;
  } catch (error) {
    codec.freeContext();
    throw error;
  }
}
