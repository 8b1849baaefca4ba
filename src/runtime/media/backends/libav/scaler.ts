import type { AVPixelFormat, SwsFlags } from 'node-av/constants';
import type { Frame, SoftwareScaleContext } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { Libav } from './libav.js';

/** What a frame is scaled and converted to. */
export type ScaleTarget = {
  readonly width: number;
  readonly height: number;
  readonly format: AVPixelFormat;
  readonly flags: SwsFlags;
};

/** A picture in memory of the scaler. */
export type Scaled = {
  readonly frame: Frame;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** The frame's own memory. Asked of it once: each `frame.data` makes new buffers, which V8 takes for megabytes to collect. */
  readonly planes: readonly Buffer[];
  /** Bytes from row to row of each plane. */
  readonly strides: readonly number[];
};

type Entry = { readonly context: SoftwareScaleContext; readonly scaled: Scaled };

/** Contexts kept: sizes that a pipeline uses at once (producer, some models, recorder, preview). */
const LIMIT = 8;

/**
 * Scales and converts frames. Colour matrix and range are taken from each source frame, as libswscale's frame
 * call does (its plane call would take every picture for BT.601); RGB and grey come out in full range, YUV as BT.601 in limited range.
 */
export class Scaler {
  readonly #av: Libav;
  readonly #entries = new Map<string, Entry>();
  #ofCrops: Scaler | undefined;

  constructor(av: Libav) {
    this.#av = av;
  }

  /** For crops, of which each has a size of its own: they would push out what whole frames need again and again. */
  get ofCrops(): Scaler {
    return (this.#ofCrops ??= new Scaler(this.#av));
  }

  /** `source` as asked for. What is given back belongs to the scaler and holds until the next call. */
  scale(source: Frame, target: ScaleTarget): Scaled {
    const { context, scaled } = this.#entryFor(target);
    const result = context.scaleFrameSync(scaled.frame, source);
    if (result >= 0) return scaled;
    throw new StreamInferError(
      'SOURCE_READ_FAILED',
      `scale ${source.width}×${source.height} to ${target.width}×${target.height}: ${this.#av.FFmpegError.strerror(result)}`,
    );
  }

  close(): void {
    this.#ofCrops?.close();
    for (const key of this.#entries.keys()) this.#drop(key);
  }

  #entryFor(target: ScaleTarget): Entry {
    const key = `${target.width}×${target.height} ${target.format} ${target.flags}`;
    const known = this.#entries.get(key);
    const entry = known ?? this.#makeEntry(target);
    // a map keeps the order of insertion: the first key is the one used longest ago
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > LIMIT && oldest !== undefined) this.#drop(oldest);
    return entry;
  }

  #makeEntry({ width, height, format, flags }: ScaleTarget): Entry {
    const av = this.#av;
    const context = new av.SoftwareScaleContext();
    context.allocContext();
    context.setOption('sws_flags', flags);
    const frame = new av.Frame();
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = format;
    const isYuv = format === av.AV_PIX_FMT_YUV420P;
    frame.colorRange = isYuv ? av.AVCOL_RANGE_MPEG : av.AVCOL_RANGE_JPEG;
    if (isYuv) frame.colorSpace = av.AVCOL_SPC_SMPTE170M;
    if (frame.getBuffer(0) < 0) throw new StreamInferError('SOURCE_READ_FAILED', `no memory for a picture of ${width}×${height}`);
    return { context, scaled: { frame, width, height, planes: frame.data ?? [], strides: frame.linesize } };
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    entry?.context.freeContext();
    entry?.scaled.frame.free();
    this.#entries.delete(key);
  }
}
