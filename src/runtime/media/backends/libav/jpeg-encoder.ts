import type { CodecContext, Frame, SoftwareScaleContext } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import { type JpegEncoder, jpegQuantiser } from '../../backend.js';
import { must } from './errors.js';
import type { Libav } from './libav.js';

type Size = { readonly width: number; readonly height: number };

/** What pictures of one size and quality need. */
type Tools = { readonly key: string; readonly codec: CodecContext; readonly scaler: SoftwareScaleContext; readonly pixels: Frame; readonly planes: Frame };

/** JPEGs by FFmpeg's encoder of Motion JPEG; what it needs is kept for pictures of the same size. */
export class LibavJpegEncoder implements JpegEncoder {
  readonly #av: Libav;
  #tools: Tools | undefined;

  constructor(av: Libav) {
    this.#av = av;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async encode(picture: Size & { readonly data: Uint8Array }, quality: number): Promise<Uint8Array> {
    const { codec, scaler, pixels, planes } = this.#toolsFor(picture, jpegQuantiser(quality));
    const what = `encode a JPEG of ${picture.width}×${picture.height}`;
    this.#must(pixels.makeWritable(), what);
    copyRows(picture, pixels);
    // the encoder may still hold the memory of the picture before
    this.#must(planes.makeWritable(), what);
    this.#must(scaler.scaleFrameSync(planes, pixels), what);
    planes.quality = codec.globalQuality;
    this.#must(codec.sendFrameSync(planes), what);
    return this.#takePacket(codec, what);
  }

  close(): void {
    const tools = this.#tools;
    this.#tools = undefined;
    tools?.codec.freeContext();
    tools?.scaler.freeContext();
    tools?.pixels.free();
    tools?.planes.free();
  }

  #takePacket(codec: CodecContext, what: string): Uint8Array {
    const packet = new this.#av.Packet();
    packet.alloc();
    try {
      this.#must(codec.receivePacketSync(packet), what);
      // its memory goes with the packet
      return Uint8Array.from(packet.data ?? []);
    } finally {
      packet.free();
    }
  }

  #toolsFor({ width, height }: Size, quantiser: number): Tools {
    const key = `${width}×${height} ${quantiser}`;
    if (this.#tools?.key === key) return this.#tools;
    this.close();
    const av = this.#av;
    const scaler = new av.SoftwareScaleContext();
    scaler.allocContext();
    scaler.setOption('sws_flags', av.SWS_AREA | av.SWS_ACCURATE_RND | av.SWS_FULL_CHR_H_INT | av.SWS_FULL_CHR_H_INP);
    this.#tools = {
      key, scaler,
      codec: openCodec(av, { width, height, quantiser }),
      pixels: this.#makeFrame({ width, height }, av.AV_PIX_FMT_RGB24),
      planes: this.#makeFrame({ width, height }, av.AV_PIX_FMT_YUVJ420P),
    };
    return this.#tools;
  }

  #makeFrame({ width, height }: Size, format: Frame['format']): Frame {
    const frame = new this.#av.Frame();
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = format;
    frame.colorRange = this.#av.AVCOL_RANGE_JPEG;
    if (format === this.#av.AV_PIX_FMT_YUVJ420P) frame.colorSpace = this.#av.AVCOL_SPC_SMPTE170M;
    this.#must(frame.getBuffer(0), `memory for a picture of ${width}×${height}`);
    return frame;
  }

  #must(code: number, what: string): void {
    must(this.#av, code, { code: 'ALGO_RUN_FAILED', what });
  }
}

function openCodec(av: Libav, { width, height, quantiser }: Size & { readonly quantiser: number }): CodecContext {
  const what = `open the JPEG encoder for ${width}×${height}`;
  const encoder = av.Codec.findEncoder(av.AV_CODEC_ID_MJPEG);
  if (!encoder) throw new StreamInferError('ALGO_RUN_FAILED', `${what}: this FFmpeg has none`);
  const codec = new av.CodecContext();
  codec.allocContext3(encoder);
  try {
    codec.width = width;
    codec.height = height;
    codec.pixelFormat = av.AV_PIX_FMT_YUVJ420P;
    codec.colorRange = av.AVCOL_RANGE_JPEG;
    codec.timeBase = new av.Rational(1, 25);
    codec.threadCount = 1;
    codec.setFlags(av.AV_CODEC_FLAG_QSCALE);
    codec.globalQuality = quantiser * av.FF_QP2LAMBDA;
    must(av, codec.open2Sync(encoder, null), { code: 'ALGO_RUN_FAILED', what });
    return codec;
  } catch (error) {
    codec.freeContext();
    throw error;
  }
}

/** FFmpeg pads its rows. */
function copyRows({ width, height, data }: Size & { readonly data: Uint8Array }, frame: Frame): void {
  const to = frame.data?.[0];
  const stride = frame.linesize[0] ?? 0;
  for (let y = 0; y < height; y += 1) to?.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * stride);
}
