import type { Codec, CodecContext, Frame, Packet } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { Encoder, OpenEncoderOptions } from '../../backend.js';
import { copyRotated } from '../../rotate.js';
import { must } from './errors.js';
import type { Libav } from './libav.js';
import { closeMp4, finishMp4, type Mp4File, openMp4 } from './mp4-file.js';

/** Ticks are microseconds: every time stamp of a variable rate is kept as it is. */
const TIME_BASE = { num: 1, den: 1_000_000 };

/** Longest time between key frames: the most that a crash can cost, and how exactly players can search. */
const KEY_FRAME_SECONDS = 2;

/** A fragment a second, and one a key frame, each with its own index: readable up to the last fragment at any moment. */
const FRAGMENTED = { movflags: '+frag_keyframe+empty_moov+default_base_moof', frag_duration: '1000000' };

type PlaneMemory = { readonly data: Buffer; readonly stride: number };

/** H.264 into a fragmented mp4, made an ordinary one at the end. */
class LibavEncoder implements Encoder {
  readonly #av: Libav;
  readonly #options: OpenEncoderOptions;
  readonly #codec: CodecContext;
  readonly #file: Mp4File;
  readonly #frame: Frame;
  /** That of the frame, asked of it once; undefined: not asked yet, or it has got other. */
  #memory: readonly PlaneMemory[] | undefined;
  readonly #packet: Packet;
  /** Microseconds that a frame lasts by the rate stated. */
  readonly #frameUs: number;
  #originUs: number | undefined;
  #lastUs = -1;
  #state: 'open' | 'closed' = 'open';

  constructor(av: Libav, options: OpenEncoderOptions, parts: { readonly codec: CodecContext; readonly file: Mp4File }) {
    this.#av = av;
    this.#options = options;
    this.#codec = parts.codec;
    this.#file = parts.file;
    const { num, den } = options.fps;
    this.#frameUs = num > 0 ? (1e6 * den) / num : 40_000;
    this.#frame = makeFrame(av, options);
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    if (this.#state !== 'open') throw new StreamInferError('STATE_INVALID', `write ${this.#options.path}: it is closed`);
    const { width, height } = this.#options;
    if (picture.width !== width || picture.height !== height) {
      throw new StreamInferError('OPTION_INVALID', `write ${this.#options.path}: expected a picture of ${width}×${height}, got ${picture.width}×${picture.height}`);
    }
    this.#originUs ??= ptsUs;
    const us = Math.round(ptsUs - this.#originUs);
    if (!(us > this.#lastUs)) throw new StreamInferError('OPTION_INVALID', `write ${this.#options.path}: time went back from ${this.#lastUs} to ${us} µs`);
    this.#lastUs = us;
    this.#fill(picture);
    this.#frame.pts = BigInt(us);
    this.#must(this.#codec.sendFrameSync(this.#frame));
    this.#drain();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    try {
      this.#must(this.#codec.sendFrameSync(null));
      this.#drain();
      this.#must(this.#file.context.writeTrailerSync());
    } finally {
      this.#free();
    }
    // without a single frame there is nothing to copy
    if (this.#originUs !== undefined) await finishMp4(this.#av, this.#options.path);
  }

  destroy(): Promise<void> {
    if (this.#state === 'open') this.#free();
    this.#state = 'closed';
    return Promise.resolve();
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

  #drain(): void {
    const { stream, context } = this.#file;
    for (;;) {
      const code = this.#codec.receivePacketSync(this.#packet);
      if (code === this.#av.AVERROR_EAGAIN || code === this.#av.AVERROR_EOF) return;
      this.#must(code);
      this.#packet.streamIndex = 0;
      // the muxer takes durations from the time stamps and needs this one for the last frame only
      this.#packet.duration = BigInt(Math.round(this.#frameUs));
      this.#packet.rescaleTs(TIME_BASE, stream.timeBase);
      this.#must(context.interleavedWriteFrameSync(this.#packet));
      this.#must(context.pb?.error ?? 0);
      this.#packet.unref();
    }
  }

  #must(code: number): void {
    must(this.#av, code, { code: 'RECORD_WRITE_FAILED', what: `write ${this.#options.path}` });
  }

  #free(): void {
    this.#frame.free();
    this.#packet.free();
    this.#codec.freeContext();
    closeMp4(this.#file);
  }
}

/** Opens the file and the encoder. Throws `RECORD_OPEN_FAILED`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
export async function openLibavEncoder(av: Libav, options: OpenEncoderOptions): Promise<Encoder> {
  const codec = openCodec(av, options);
  try {
    const file = openMp4(av, options.path, {
      muxer: FRAGMENTED,
      describe: (stream) => {
        codec.parametersFromContext(stream.codecpar);
        stream.timeBase = new av.Rational(TIME_BASE.num, TIME_BASE.den);
        stream.avgFrameRate = new av.Rational(options.fps.num, options.fps.den);
      },
    });
    return new LibavEncoder(av, options, { codec, file });
  } catch (error) {
    codec.freeContext();
    throw error;
  }
}

function openCodec(av: Libav, options: OpenEncoderOptions): CodecContext {
  const failure = { code: 'RECORD_OPEN_FAILED', what: `write ${options.path}: open the H.264 encoder` } as const;
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

function configure(av: Libav, codec: CodecContext, { encoder, options }: { readonly encoder: Codec; readonly options: OpenEncoderOptions }): void {
  const { num, den } = options.fps;
  codec.width = options.width;
  codec.height = options.height;
  codec.pixelFormat = av.AV_PIX_FMT_YUV420P;
  codec.timeBase = new av.Rational(TIME_BASE.num, TIME_BASE.den);
  if (num > 0) codec.framerate = new av.Rational(num, den);
  codec.gopSize = Math.max(1, Math.round(((num > 0 ? num / den : 25) * KEY_FRAME_SECONDS)));
  codec.threadCount = options.threads;
  codec.colorRange = av.AVCOL_RANGE_MPEG;
  codec.colorSpace = av.AVCOL_SPC_SMPTE170M;
  codec.setFlags(av.AV_CODEC_FLAG_GLOBAL_HEADER);
  if (encoder.name !== 'libx264') return; // other encoders keep their own defaults
  codec.setOption('crf', options.crf);
  codec.setOption('preset', options.preset);
}

function makeFrame(av: Libav, { width, height }: OpenEncoderOptions): Frame {
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
