import { type PixelFormat, type ProducerOptions, type SourceOptions, StreamInferError } from '../base/index.js';
import type { Letterbox, Region, TensorSpec, YuvPlanes } from '../vision/index.js';

/** What is known of an open source. */
export type SourceInfo = {
  /** Pixels, as displayed: rotation applied, non-square pixels left as stored. */
  readonly width: number;
  readonly height: number;
  /** Frames a second as an exact fraction; 0/1 where the source does not say. */
  readonly fps: { readonly num: number; readonly den: number };
  /** Seconds; absent for live sources and where unknown. */
  readonly duration?: number;
  /** Frames, where the container says. */
  readonly frameCount?: number;
  /** True: frames come when they come, there is no end and no seeking (cameras, RTSP, RTMP, MJPEG over HTTP, live HLS). */
  readonly live: boolean;
  /** FFmpeg's names: `h264`, `mov,mp4,m4a,3gp,3g2,mj2`, `yuv420p`. */
  readonly codec: string;
  readonly container: string;
  readonly pixelFormat: string;
  /** Degrees clockwise that were applied: 0, 90, 180, 270. */
  readonly rotation: number;
  readonly backend: 'libav' | 'ffmpeg';
  readonly hasAudio: boolean;
};

/** A part of a picture, in memory of its own: released by who asked for it. Where the decoder keeps fewer pixels, places and sides may be fractions. */
export type Crop = { readonly picture: Picture; readonly region: Region };

/**
 * One decoded picture, in memory of its backend, converted only when asked. Lives until as many `release` as
 * `retain` + 1 were called; after that any call throws. All conversions are synchronous and write into memory of the caller.
 */
export interface Picture {
  /** Microseconds from the start of the stream (the first frame of the file is 0). */
  readonly ptsUs: number;
  /** Number in the source, from 0; after a seek counted from the position at the source's rate. */
  readonly sourceIndex: number;
  /** Pixels, as displayed. */
  readonly width: number;
  readonly height: number;
  /** True: nobody was to use it, its pixels were not decoded and cannot be asked for. Only in realtime, where its time passes all the same. */
  readonly isLeftOut?: boolean;
  retain(): void;
  release(): void;
  /** Packed pixels of that size and format (bytes a row = width × bytes a pixel) into `target`. */
  toPixels(size: { readonly width: number; readonly height: number; readonly format: PixelFormat }, target: Uint8Array): void;
  /** The model's input into `target` (tensorBytes(spec) bytes); `stage` is the producer's size. Says where the picture lies. */
  toTensor(spec: TensorSpec, stage: { readonly width: number; readonly height: number }, target: ArrayBuffer): Letterbox;
  /** The picture at that (even) size, into memory of the caller. */
  toYuv(target: YuvPlanes): void;
  /**
   * A part of it, of at least one pixel and within the picture. It holds all of `region` and reaches beyond where pixels share
   * samples, as a rule to even coordinates.
   */
  crop(region: Region): Crop;
}

/** Frames of an open source. A run begins at the opening and at each seek. */
export type FrameCounts = {
  /** Of this run, up to the one given last, those left out included; at the end of the source all of them. */
  readonly passed: number;
  /** Of this run: whether those before this number are used is decided, a demand cannot change it any more. */
  readonly decided: number;
  /** Of all runs: decoded of those passed, whether they were given or only others needed them. */
  readonly decoded: number;
};

/**
 * Which frames will be used. They are numbered from 0 in the order they are shown, from the opening or the last seek on.
 * What it says of a number may change as long as the decoder has not decided about it (`FrameCounts`); `version` then grows.
 */
export type FrameDemand = {
  readonly version: number;
  /** Frames behind a frame whose times may say whether that one is used; absent: 0. */
  readonly reach?: number;
  /** The first frame at or after number `n` that is used; Infinity: none. `times` absent: no frame's time is known. */
  nextUsed(n: number, times?: FrameTimes): number;
};

/** Times of frames that come, as far as they were read ahead; numbers as in `FrameDemand`. */
export type FrameTimes = {
  /** Frames from this number on are not known yet. */
  readonly end: number;
  /** True: there are none from `end` on. */
  readonly isAll: boolean;
  /** `Picture.ptsUs` of a frame before `end` that was not given yet. */
  usOf(n: number): number;
};

/** Reads one source: pictures in the order they are shown. */
export interface Decoder {
  readonly info: SourceInfo;
  /**
   * The next picture, owned by the caller; undefined at the end of the stream. Throws `SOURCE_READ_FAILED` or
   * `SOURCE_TIMEOUT`. Frames that cannot be decoded are left out; those decoded in part are given.
   */
  next(): Promise<Picture | undefined>;
  readonly frames: FrameCounts;
  /** Pictures go on from the first one at or after `position` seconds. Files only. */
  seek(position: number): Promise<void>;
  /** True: decodes key frames only, so as to catch up; false: all of them again. Absent where the backend cannot choose. */
  hurry?(on: boolean): void;
  /** Frames so far that could not be decoded, or only in part. */
  readonly damaged: number;
  /** Makes a waiting `next` fail at once. */
  interrupt(): void;
  /** May be called twice. */
  close(): Promise<void>;
}

/** How a decoder is opened. */
export type OpenDecoderOptions = {
  readonly source: SourceOptions;
  readonly producer: ProducerOptions;
  /** Threads of the decoder; 0: as many as the backend likes. A file in realtime may get one more than one. */
  readonly threads: number;
  /** Frames decoded ahead add delay: `live` asks for none. */
  readonly realtime: boolean;
  /**
   * Frames that are not used need not be given, nor decoded; a decoder may give them all the same, and gives the first. In
   * realtime one is asked about as late as can be, and given without pixels (`Picture.isLeftOut`). Absent: all are used.
   */
  readonly demand?: FrameDemand;
  /** What a live source was when it was open before: it is opened again sooner, and where it is the same still its rate is taken from here. */
  readonly known?: SourceInfo;
  readonly signal?: AbortSignal;
};

/** What a video is encoded with. */
export type OpenEncoderOptions = {
  /** The file, written over; its folder is there. Always mp4, fragmented while it is written. */
  readonly path: string;
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames a second that the header states; time stamps decide. */
  readonly fps: { readonly num: number; readonly den: number };
  readonly crf: number;
  readonly preset: string;
  /** Threads of the encoder; 0: as many as it likes. */
  readonly threads: number;
};

/** Writes H.264 into an mp4. */
export interface Encoder {
  /** The process that writes the file, where it is another one: it may still do so for a moment after a crash of this one. */
  readonly programPid?: number | undefined;
  /** One picture; `ptsUs` grows from call to call, the first may be anything. The planes are read before it resolves. */
  write(picture: YuvPlanes, ptsUs: number): Promise<void>;
  /** Writes what is left and the trailer: an ordinary mp4 with its index at the end. May be called twice. */
  close(): Promise<void>;
  /** Gives up, leaves the file as it is. */
  destroy(): Promise<void>;
}

/** A frame of H.264 as its backend holds it, for an `EncodedFile` of the encoder it came from. */
export type EncodedFrame = {
  /** As it was given to `write`. */
  readonly ptsUs: number;
  /** Decoding can begin with it. */
  readonly isKey: boolean;
  readonly data: Buffer;
};

/** What frames are encoded with that stay in memory. */
export type FrameEncoderOptions = Omit<OpenEncoderOptions, 'path'> & {
  /** Longest time between two key frames. */
  readonly keyFrameSeconds: number;
  /** Each frame, in the order in which they were written; some come with a later `write`, the last ones with `end`. */
  readonly onFrame: (frame: EncodedFrame) => void;
};

/** Encodes H.264 into memory: no frame refers to a later one, so that any frame may be the last. */
export interface FrameEncoder {
  /** As `Encoder.write`. */
  write(picture: YuvPlanes, ptsUs: number): Promise<void>;
  /** Gives what is left; nothing can be written any more, files can still be opened. May be called twice. */
  end(): Promise<void>;
  /** An mp4 for some of its frames, written over. Throws `RECORD_OPEN_FAILED`. */
  openFile(path: string): Promise<EncodedFile>;
  /** Gives up; after it no file can be opened, open ones can be finished. May be called twice. */
  destroy(): Promise<void>;
}

/** An mp4 of encoded frames; fragmented until it is closed. */
export interface EncodedFile {
  /** The first one is a key frame; then they come in order. Throws `RECORD_WRITE_FAILED`. */
  write(frame: EncodedFrame): Promise<void>;
  /** An ordinary mp4. */
  close(): Promise<void>;
  /** Leaves the file as it is. */
  destroy(): Promise<void>;
}

/** Makes JPEGs of pictures, one after the other. */
export interface JpegEncoder {
  /**
   * Packed rgb24 pixels (bytes a row = width × 3), read before it resolves. `quality` 1…100: libjpeg's scale in words, FFmpeg's
   * quantiser in fact, from 31 (worst) to 2. Baseline, 4:2:0, full range, BT.601 as JFIF has it. Throws `ALGO_RUN_FAILED`.
   */
  encode(picture: { readonly width: number; readonly height: number; readonly data: Uint8Array }, quality: number): Promise<Uint8Array>;
  /** May be called twice. */
  close(): void;
}

/** A way to decode and encode. Loading one may fail: native code, a missing program. */
export interface MediaBackend {
  readonly name: 'libav' | 'ffmpeg';
  /** For people: "FFmpeg 8.1 (libav, node-av 6.1.1)". */
  readonly version: string;
  openDecoder(options: OpenDecoderOptions): Promise<Decoder>;
  openEncoder(options: OpenEncoderOptions): Promise<Encoder>;
  /** Throws `RECORD_OPEN_FAILED`. */
  openFrameEncoder(options: FrameEncoderOptions): Promise<FrameEncoder>;
  openJpegEncoder(): JpegEncoder;
}

/** FFmpeg's quantiser for a quality of 1…100. */
export function jpegQuantiser(quality: number): number {
  return Math.round(31 - ((quality - 1) * 29) / 99);
}


/** True: frames come a segment at a time (HLS, DASH), with silence of seconds between. */
export function isSegmented({ container }: Pick<SourceInfo, 'container'>): boolean {
  return /^(hls|dash)\b/.test(container);
}

/** Seconds of a live source that are looked at to learn its rate; what is known of it need not be learnt again. */
export function secondsToLearn(known: SourceInfo | undefined): number {
  return known === undefined ? 1 : 0.3;
}

/** The rate of a live source: a source that is what it was has the rate that was learnt when there was time. */
export function rateOfLive(info: SourceInfo, known: SourceInfo | undefined): SourceInfo {
  const isSame = known !== undefined && info.live && (['codec', 'container', 'width', 'height'] as const).every((fact) => info[fact] === known[fact]);
  return isSame && known.fps.num > 0 ? { ...info, fps: known.fps } : info;
}

/** Throws `SOURCE_READ_FAILED` where a file over HTTP ended at `endUs` and said that its video has `seconds`: a server that tells too small a length cuts it off. */
export function checkWhole(name: string, { endUs, seconds, fps }: { readonly endUs: number; readonly seconds: number } & Pick<SourceInfo, 'fps'>): void {
  const tailSeconds = TAIL_SECONDS + (fps.num > 0 ? (2 * fps.den) / fps.num : 0);
  if (seconds - endUs / 1e6 <= tailSeconds) return;
  throw new StreamInferError('SOURCE_READ_FAILED', `read ${name}: it ended after ${(endUs / 1e6).toFixed(1)} of ${seconds.toFixed(1)} s: the server gave only a part of the file`);
}

/** What the end of a whole file may lack of what its header says, beside two frames. */
const TAIL_SECONDS = 1;
