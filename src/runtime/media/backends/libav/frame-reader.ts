import type { CodecContext, Frame, Packet } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import { must } from './errors.js';
import type { Hardware } from './hardware.js';
import { type Input, openInput, type OpenInputOptions } from './input.js';
import type { Libav } from './libav.js';

export type OpenReaderOptions = OpenInputOptions & {
  /** Threads of the decoder; 0: as many as there are cores. */
  readonly threads: number;
  /** Holds no frames back, for sources whose frames are wanted at once. */
  readonly realtime: boolean;
  /** Decodes on a GPU; absent: on the CPU. */
  readonly hardware?: Hardware;
};

/** Errors while the decoder is emptied at the end, before it counts as stuck. */
const MAX_DRAIN_ERRORS = 64;

/** Packets in, frames out, in the order they are shown. */
export class FrameReader {
  readonly input: Input;
  /** Frames so far that could not be read or decoded, or only in part. */
  damaged = 0;
  readonly #av: Libav;
  readonly #codec: CodecContext;
  readonly #packet: Packet;
  readonly #hardware: Hardware | undefined;
  #draining = false;
  #drainErrors = 0;
  #decoded = 0;

  constructor(av: Libav, parts: { readonly input: Input; readonly codec: CodecContext; readonly hardware?: Hardware }) {
    this.#av = av;
    this.input = parts.input;
    this.#codec = parts.codec;
    this.#hardware = parts.hardware;
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  /** The next frame, the caller's own; undefined at the end. */
  async next(): Promise<Frame | undefined> {
    const frame = new this.#av.Frame();
    frame.alloc();
    try {
      for (;;) {
        const code = this.#codec.receiveFrameSync(frame);
        if (code >= 0) return this.#received(frame);
        if (code === this.#av.AVERROR_EOF || this.#isStuck(code)) break;
        await this.#feed();
      }
    } catch (error) {
      frame.free();
      throw error;
    }
    frame.free();
    return undefined;
  }

  /** Forgets what was fed: after a seek. */
  flush(): void {
    this.#codec.flushBuffers();
    this.#draining = false;
    this.#drainErrors = 0;
  }

  async close(): Promise<void> {
    this.#packet.free();
    this.#codec.freeContext();
    await this.input.close();
  }

  #received(frame: Frame): Frame {
    this.#decoded += 1;
    // the decoder painted over what it could not read, as it could; every player shows such frames
    if (frame.decodeErrorFlags !== 0) this.damaged += 1;
    return this.#hardware ? this.#hardware.download(frame) : frame;
  }

  #isStuck(code: number): boolean {
    if (code === this.#av.AVERROR_EAGAIN) return false;
    this.damaged += 1;
    if (!this.#draining) return false;
    this.#drainErrors += 1;
    return this.#drainErrors > MAX_DRAIN_ERRORS;
  }

  async #feed(): Promise<void> {
    if (this.#draining) return;
    const code = await this.input.read(this.#packet);
    if (code < 0) {
      this.#endOfPackets(code);
      return;
    }
    // an empty packet would tell the decoder that the stream has ended
    if (this.#packet.size > 0 && this.#codec.sendPacketSync(this.#packet) < 0) this.damaged += 1;
    this.#packet.unref();
  }

  /** A file that breaks off ends where it breaks, provided that something came of it; a stream that breaks is an error. */
  #endOfPackets(code: number): void {
    if (code !== this.#av.AVERROR_EOF) {
      if (!this.input.isLocal || this.#decoded === 0) throw this.input.readFailure(code);
      this.damaged += 1;
    }
    this.#draining = true;
    this.#codec.sendPacketSync(null);
  }
}

/** Opens the location and a decoder for its video. Throws the `SOURCE_…` errors. */
export async function openFrameReader(av: Libav, options: OpenReaderOptions): Promise<FrameReader> {
  const input = await openInput(av, options);
  try {
    return new FrameReader(av, { input, codec: openCodec(av, input, options), ...(options.hardware && { hardware: options.hardware }) });
  } catch (error) {
    await input.close();
    throw error;
  }
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
    codec.threadCount = threads;
    // frame threads hold back a frame each: good for files, a delay for cameras
    codec.threadType = realtime ? av.FF_THREAD_SLICE : av.FF_THREAD_FRAME;
    hardware?.attach(codec, decoder);
    must(av, codec.open2Sync(decoder, null), failure);
    return codec;
  } catch (error) {
    codec.freeContext();
    throw error;
  }
}
