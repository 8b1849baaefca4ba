import type { Codec, CodecContext, Frame, Packet } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { OpenEncoderOptions } from '../../backend.js';
import { EncoderInput } from '../../encoder-input.js';
import { copyRotated } from '../../rotate.js';
import { must } from './errors.js';
import type { Libav } from './libav.js';

/** Ticks are microseconds: every time stamp of a variable rate is kept as it is. */
export const TIME_BASE = { num: 1, den: 1_000_000 };

export type H264Options = Omit<OpenEncoderOptions, 'path'> & {
  /** For messages: "write PATH". */
  readonly what: string;
  /** Longest time between key frames. */
  readonly keyFrameSeconds: number;
  /** No frame refers to a later one, so that any frame may be the last. */
  readonly isCuttable: boolean;
};

type PlaneMemory = { readonly data: Buffer; readonly stride: number };

/** H.264 out of pictures, packet by packet. */
export class H264 {
  readonly codec: CodecContext;
  readonly #av: Libav;
  readonly #options: H264Options;
  readonly #frame: Frame;
  /** That of the frame, asked of it once; undefined: not asked yet, or it has got other. */
  #memory: readonly PlaneMemory[] | undefined;
  readonly #packet: Packet;
  /** Microseconds that a frame lasts by the rate stated. */
  readonly #frameUs: number;
  readonly #input: EncoderInput;
  /** When a key frame was asked for last. */
  #keyUs = 0;
  #state: 'open' | 'ended' | 'freed' = 'open';

  /** Opens the encoder. Throws `RECORD_OPEN_FAILED`. */
  constructor(av: Libav, options: H264Options) {
    this.#av = av;
    this.#options = options;
    this.#input = new EncoderInput(options);
    const { num, den } = options.fps;
    this.#frameUs = num > 0 ? (1e6 * den) / num : 40_000;
    this.codec = openCodec(av, options);
    this.#frame = makeFrame(av, options);
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  /** The time of the first frame; the packets' count from it. */
  get originUs(): number | undefined {
    return this.#input.originUs;
  }

  /** Hands on the packets that the picture brings; they are the encoder's own. */
  write(picture: YuvPlanes, ptsUs: number, onPacket: (packet: Packet) => void): void {
    if (this.#state !== 'open') throw new StreamInferError('STATE_INVALID', `${this.#options.what}: it is closed`);
    const us = this.#input.take(picture, ptsUs);
    this.#fill(picture);
    this.#frame.pts = BigInt(us);
    this.#forceKey(us);
    this.#must(this.codec.sendFrameSync(this.#frame));
    this.#drain(onPacket);
  }

  /** Hands on what is left. */
  end(onPacket: (packet: Packet) => void): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#must(this.codec.sendFrameSync(null));
    this.#drain(onPacket);
  }

  /** May be called twice. */
  free(): void {
    if (this.#state === 'freed') return;
    this.#state = 'freed';
    this.#frame.free();
    this.#packet.free();
    this.codec.freeContext();
  }

  #fill(picture: YuvPlanes): void {
    const memory = this.#writableMemory();
    for (const plane of [0, 1, 2] as const) {
      const [width, height] = plane === 0 ? [picture.width, picture.height] : [picture.width / 2, picture.height / 2];
      const target = memory[plane];
      if (target !== undefined) copyRotated({ data: picture.planes[plane], width, height, channels: 1, stride: picture.strides[plane] }, 0, target);
    }
  }

  /** The encoder may still hold the frame's memory: then it gets new. */
  #writableMemory(): readonly PlaneMemory[] {
    if (!this.#frame.isWritable) {
      this.#memory = undefined;
      this.#must(this.#frame.makeWritable());
    }
    const { linesize } = this.#frame;
    this.#memory ??= (this.#frame.data ?? []).map((data, plane) => ({ data, stride: linesize[plane] ?? 0 }));
    return this.#memory;
  }

  /** The encoder counts frames; of a rate that varies, or where frames are missing, the time is what counts. */
  #forceKey(us: number): void {
    const isDue = this.#options.isCuttable && us - this.#keyUs >= this.#options.keyFrameSeconds * 1e6;
    if (isDue) this.#keyUs = us;
    this.#frame.pictType = isDue ? this.#av.AV_PICTURE_TYPE_I : this.#av.AV_PICTURE_TYPE_NONE;
  }

  #drain(onPacket: (packet: Packet) => void): void {
    for (;;) {
      const code = this.codec.receivePacketSync(this.#packet);
      if (code === this.#av.AVERROR_EAGAIN || code === this.#av.AVERROR_EOF) return;
      this.#must(code);
      this.#packet.streamIndex = 0;
      // the muxer takes durations from the time stamps and needs this one for the last frame only
      this.#packet.duration = BigInt(Math.round(this.#frameUs));
      onPacket(this.#packet);
      this.#packet.unref();
    }
  }

  #must(code: number): void {
    must(this.#av, code, { code: 'RECORD_WRITE_FAILED', what: this.#options.what });
  }
}

function openCodec(av: Libav, options: H264Options): CodecContext {
  const failure = { code: 'RECORD_OPEN_FAILED', what: `${options.what}: open the H.264 encoder` } as const;
  const encoder = av.Codec.findEncoderByName(av.FF_ENCODER_LIBX264) ?? av.Codec.findEncoder(av.AV_CODEC_ID_H264);
  if (!encoder) throw new StreamInferError(failure.code, `${failure.what}: this FFmpeg has none`);
  const codec = new av.CodecContext();
  codec.allocContext3(encoder);
  try {
    configure(av, codec, { encoder, options });
    must(av, codec.open2Sync(encoder, null), failure);
    return codec;
  } catch (error) {
    codec.freeContext();
    throw error;
  }
}

function configure(av: Libav, codec: CodecContext, { encoder, options }: { readonly encoder: Codec; readonly options: H264Options }): void {
  const { num, den } = options.fps;
  codec.width = options.width;
  codec.height = options.height;
  codec.pixelFormat = av.AV_PIX_FMT_YUV420P;
  codec.timeBase = new av.Rational(TIME_BASE.num, TIME_BASE.den);
  if (num > 0) codec.framerate = new av.Rational(num, den);
  codec.gopSize = Math.max(1, Math.round(((num > 0 ? num / den : 25) * options.keyFrameSeconds)));
  if (options.isCuttable) codec.maxBFrames = 0;
  codec.threadCount = options.threads;
  codec.colorRange = av.AVCOL_RANGE_MPEG;
  codec.colorSpace = av.AVCOL_SPC_SMPTE170M;
  codec.setFlags(av.AV_CODEC_FLAG_GLOBAL_HEADER);
  if (encoder.name !== 'libx264') return; // other encoders keep their own defaults
  codec.setOption('crf', options.crf);
  codec.setOption('preset', options.preset);
  if (options.isCuttable) codec.setOption('forced-idr', 1);
}

function makeFrame(av: Libav, { width, height }: H264Options): Frame {
  const frame = new av.Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = av.AV_PIX_FMT_YUV420P;
  frame.colorRange = av.AVCOL_RANGE_MPEG;
  frame.colorSpace = av.AVCOL_SPC_SMPTE170M;
  must(av, frame.getBuffer(0), { code: 'RECORD_OPEN_FAILED', what: `memory for a picture of ${width}×${height}` });
  return frame;
}
