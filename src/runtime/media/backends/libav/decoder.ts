import type { Frame } from 'node-av/lib';

import { StreamInferError, systemClock } from '../../../base/index.js';
import { checkWhole, type Decoder, type FrameCounts, isSegmented, type OpenDecoderOptions, type Picture, rateOfLive, type SourceInfo } from '../../backend.js';
import { type FrameReader, openFrameReader, type OpenReaderOptions } from './frame-reader.js';
import { Hardware } from './hardware.js';
import type { InputLocation } from './input.js';
import type { Libav } from './libav.js';
import { isLeftOut, type LeftOut } from './packet-source.js';
import { LibavPicture, type PictureTools } from './picture.js';
import { Scaler } from './scaler.js';
import { describeInput, rotationOf, videoSecondsOf } from './source-info.js';
import { LeftOutPicture } from '../../left-out-picture.js';
import { Timeline } from '../../timeline.js';

/** Microseconds before the wanted moment at which a seek is tried again when it landed behind it. */
const SEEK_MARGINS_US = [0, 2_000_000, 10_000_000];

/** Where the time of a frame comes from: its stamp, its arrival (live, no stamps), its number (a file without stamps). */
type Times = 'stamps' | 'arrival' | 'counted';

/** Everything a decoder is made of. */
type Parts = {
  readonly tools: PictureTools;
  readonly reader: FrameReader;
  readonly readerOptions: OpenReaderOptions;
  readonly firstFrame: Frame;
};

/** Decodes a file, a URL or a camera. */
class LibavDecoder implements Decoder {
  readonly info: SourceInfo;
  readonly #tools: PictureTools;
  readonly #readerOptions: OpenReaderOptions;
  readonly #timeline: Timeline;
  readonly #times: Times;
  #reader: FrameReader;
  /** The picture that comes next, decoded already. */
  #ahead: Picture | undefined;
  /** Number in the source of the run's first frame. */
  #firstIndex = 0;
  /** Frames that were decoded before the run's first one, and given by the reader. */
  #before = 0;
  #damagedBefore = 0;
  #decodedBefore = 0;
  /** Time of the picture read last. */
  #endUs = 0;
  /** Frames of the run up to the picture made last. */
  #passedBefore = 0;
  #busy: Promise<unknown> = Promise.resolve();
  #state: 'open' | 'interrupted' | 'closed' = 'open';

  constructor({ tools, reader, readerOptions, firstFrame }: Parts) {
    this.#tools = tools;
    this.#reader = reader;
    this.#readerOptions = readerOptions;
    this.info = rateOfLive(describeInput(tools.av, { input: reader.input, location: readerOptions.location, firstFrame }), readerOptions.known);
    const { stream, isTimed, clockMayJump } = reader.input;
    this.#times = timesOf({ isTimed, live: this.info.live });
    const timeBase = this.#times === 'arrival' ? { num: 1, den: 1_000_000 } : stream.timeBase;
    this.#timeline = new Timeline({ timeBase, fps: this.info.fps, clockMayJump });
    this.#tellTimes();
    this.#ahead = this.#pictureOf(firstFrame);
  }

  get damaged(): number {
    return this.#damagedBefore + this.#reader.damaged;
  }

  get frames(): FrameCounts {
    const passed = this.#ahead === undefined ? this.#reader.passed - this.#before : 0;
    // what was decoded ahead is no part of a run that was left before
    const decoded = this.#decodedBefore + Math.min(this.#reader.decoded, passed);
    return { passed, decided: this.#reader.decided - this.#before, decoded };
  }

  next(): Promise<Picture | undefined> {
    return this.#exclusively(() => this.#read());
  }

  seek(position: number): Promise<void> {
    return this.#exclusively(() => this.#seek(Math.round(position * 1e6)));
  }

  hurry(on: boolean): void {
    this.#reader.hurry = on;
  }

  interrupt(): void {
    if (this.#state !== 'open') return;
    this.#state = 'interrupted';
    this.#reader.input.interrupt();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.interrupt();
    this.#state = 'closed';
    // freeing what a native call still uses would end the process
    await this.#busy.catch(() => undefined);
    this.#dropAhead();
    this.#tools.scaler.close();
    await this.#reader.close();
    this.#readerOptions.hardware?.close();
  }

  /** One call at a time, and none after `interrupt` or `close`. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#busy.catch(() => undefined).then(() => {
      if (this.#state === 'closed') throw new StreamInferError('STATE_INVALID', `${this.#reader.input.name} is closed`);
      if (this.#state === 'interrupted') throw new StreamInferError('SOURCE_READ_FAILED', `read ${this.#reader.input.name}: interrupted`);
      return work();
    });
    this.#busy = run;
    return run;
  }

  async #read(): Promise<Picture | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) return ahead;
    const frame = await this.#reader.next();
    if (frame === undefined) this.#checkEnd();
    const picture = frame && this.#pictureOf(frame);
    this.#endUs = picture?.ptsUs ?? this.#endUs;
    return picture;
  }

  /** Over HTTP the end of the file may be none. */
  #checkEnd(): void {
    const { input } = this.#reader;
    if (input.isLocal || this.info.live || isSegmented(this.info)) return;
    const seconds = videoSecondsOf(this.#tools.av, input);
    if (seconds !== undefined) checkWhole(input.name, { endUs: this.#endUs, seconds, fps: this.info.fps });
  }

  /** Frames are asked for by their times, before they are decoded. */
  #tellTimes(): void {
    this.#reader.foretellBy((stamp) => this.#timeline.foretell(stamp));
  }

  #ticksOf(frame: Frame | LeftOut): bigint | undefined {
    if (isLeftOut(frame)) return frame.stamp;
    switch (this.#times) {
      case 'counted':
        return undefined;
      case 'arrival':
        return BigInt(Math.round(systemClock.now() * 1000));
      case 'stamps':
        return frame.bestEffortTimestamp === this.#tools.av.AV_NOPTS_VALUE ? undefined : frame.bestEffortTimestamp;
    }
  }

  #pictureOf(frame: Frame | LeftOut, ptsUs = this.#timeOf(frame)): Picture {
    this.#passedBefore = this.#reader.passed;
    const sourceIndex = this.#firstIndex + this.#reader.passed - this.#before - 1;
    if (isLeftOut(frame)) return new LeftOutPicture({ ...this.info, ptsUs, sourceIndex });
    return new LibavPicture(this.#tools, frame, {
      ptsUs,
      sourceIndex,
      rotation: rotationOf(this.#tools.av, { stream: this.#reader.input.stream, frame }),
    });
  }

  /** Microseconds of the frame that the reader gave last. */
  #timeOf(frame: Frame | LeftOut): number {
    const leftOut = this.#reader.passed - this.#passedBefore - 1;
    return this.#timeline.next(this.#ticksOf(frame), leftOut);
  }

  async #seek(targetUs: number): Promise<void> {
    if (this.info.live) throw new StreamInferError('OPTION_INVALID', `${this.#reader.input.name} is live: no position can be chosen`);
    this.#decodedBefore = this.frames.decoded;
    this.#dropAhead();
    const landed = await this.#landBefore(targetUs);
    let frame = landed === undefined ? await this.#reopen() : landed.frame;
    this.#before = 0;
    this.#passedBefore = 0;
    let ptsUs = 0;
    for (; frame; frame = await this.#reader.next()) {
      ptsUs = this.#timeOf(frame);
      this.#passedBefore = this.#reader.passed;
      if (ptsUs >= targetUs) break;
      if (!isLeftOut(frame)) frame.free();
      this.#before = this.#reader.passed;
    }
    if (!frame) return;
    // frames before the one sought were not counted: its number follows from its time
    const { num, den } = this.info.fps;
    const { first } = this.#reader;
    const firstUs = landed !== undefined && first !== undefined ? this.#timeline.plainUs(first) : ptsUs;
    this.#firstIndex = Math.round((firstUs * num) / den / 1e6);
    this.#ahead = this.#pictureOf(frame, ptsUs);
  }

  /** Goes to a key frame whose time is at or before `targetUs`, and to the first frame from there that is used; undefined where seeking does not do. */
  async #landBefore(targetUs: number): Promise<{ readonly frame: Frame | LeftOut | undefined } | undefined> {
    if (this.#times !== 'stamps') return undefined;
    for (const marginUs of SEEK_MARGINS_US) {
      const fromUs = Math.max(0, targetUs - marginUs);
      if ((await this.#reader.input.seek(this.#timeline.ticksAt(fromUs))) < 0) return undefined;
      this.#timeline.jump();
      await this.#reader.restart((ticks) => this.#timeline.plainUs(ticks) < targetUs);
      const frame = await this.#reader.next();
      const { landed } = this.#reader;
      if (landed !== undefined && this.#timeline.peek(landed) <= targetUs) return { frame };
      if (frame !== undefined && !isLeftOut(frame)) frame.free();
    }
    return undefined;
  }

  /** Starts from the beginning: for what cannot be searched, such as raw streams without time stamps. */
  async #reopen(): Promise<Frame | LeftOut | undefined> {
    const reader = await openFrameReader(this.#tools.av, this.#readerOptions);
    const old = this.#reader;
    this.#damagedBefore += old.damaged;
    this.#reader = reader;
    this.#tellTimes();
    this.#timeline.jump();
    await old.close();
    return reader.next();
  }

  #dropAhead(): void {
    this.#ahead?.release();
    this.#ahead = undefined;
  }
}

/** Opens the location and decodes its first frame: only then its size, its rotation and whether it can be decoded are known. */
export async function openLibavDecoder(av: Libav, location: InputLocation, options: OpenDecoderOptions): Promise<Decoder> {
  const { source, threads, realtime, signal, demand, known } = options;
  const hardware = options.producer.hardware === 'auto' ? new Hardware(av) : undefined;
  const readerOptions = { location, source, threads, realtime, ...(signal && { signal }), ...(hardware && { hardware }), ...(demand && { demand }), ...(known && { known }) };
  const reader = await openFrameReader(av, readerOptions);
  try {
    let firstFrame = await reader.next();
    while (firstFrame !== undefined && isLeftOut(firstFrame)) firstFrame = await reader.next();
    if (!firstFrame) throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${reader.input.name}: none of its frames could be decoded`);
    return new LibavDecoder({ tools: { av, scaler: new Scaler(av) }, reader, readerOptions, firstFrame });
  } catch (error) {
    await reader.close();
    hardware?.close();
    throw error;
  }
}

function timesOf({ isTimed, live }: { readonly isTimed: boolean; readonly live: boolean }): Times {
  if (isTimed) return 'stamps';
  return live ? 'arrival' : 'counted';
}
