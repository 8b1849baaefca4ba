import { asStreamInferError, type ClipCause, type Clock, type Frame, type RecorderPlan, StreamInferError } from '../base/index.js';
import type { EncodedFrame, FrameEncoder, MediaBackend, Picture } from '../media/index.js';
import { makeYuvPlanes, type YuvPlanes } from '../vision/index.js';
import { ClipFile, type FinishedClip } from './clip-file.js';
import { type ClipWindow, ClipWindows } from './clip-windows.js';
import { EncodedRing, type RingFrame } from './encoded-ring.js';
import { GrowingPts } from './growing-pts.js';
import type { Overlay } from './overlay.js';
import { fillPathTemplate } from './path-template.js';
import { drawOverlays, pixelsFault, type Size } from './picture-planes.js';
import { pixelsToYuv } from './pixels-to-yuv.js';
import { reasonOf } from './reserved-file.js';
import { Trails } from './trails.js';

export type ClipRecorderOptions = {
  readonly plan: RecorderPlan;
  /** As in `RecordingOptions`. */
  readonly stream: { readonly name: string; readonly fps: { readonly num: number; readonly den: number }; readonly epoch: number };
  readonly size: Size;
  readonly openFrameEncoder: MediaBackend['openFrameEncoder'];
  readonly clock: Clock;
  readonly threads: number;
  readonly onClip: (clip: FinishedClip) => void;
  /** A clip cannot be written; `frames` of it are in no file. True: try it again, there is room now. */
  readonly onFailure: (error: StreamInferError, frames: number) => Promise<boolean>;
  /** For people: a clip begins later than it should. */
  readonly onShort: (message: string) => void;
};

/** Which of the stream's frames is written. */
export type FrameMark = { readonly index: number; readonly position: number };

/** Seconds beyond the time before an event for which frames are kept: as late a result may come. */
const LATENESS_S = 10;

/** Longest time between key frames: so much earlier than asked a clip begins at most. */
const KEY_FRAME_SECONDS = 1;

/** Tries of one clip on a disk that is full. */
const MOST_TRIES = 3;

type Clip = { readonly window: ClipWindow; file?: ClipFile; tries: number };

/** Encodes all frames into a ring in memory, and writes those around events into files. Calls come one after the other. */
export class ClipRecorder {
  readonly #options: ClipRecorderOptions;
  readonly #ring: EncodedRing;
  readonly #windows: ClipWindows;
  readonly #pts: GrowingPts;
  readonly #trails = new Trails();
  readonly #finishing = new Set<Promise<void>>();
  /** Frames that the encoder has not given back yet. */
  readonly #pending: (FrameMark & { readonly ptsUs: number })[] = [];
  /** Events at frames that are still to come, by their index. */
  readonly #early = new Map<number, { readonly cause: ClipCause; count: number }>();
  #encoded: RingFrame[] = [];
  #clips: Clip[] = [];
  #writing: { readonly encoder: FrameEncoder; readonly planes: YuvPlanes } | undefined;
  #newest: (FrameMark & { readonly ptsUs: number }) | undefined;
  #firstIndex = Infinity;
  #hasTold = false;

  /** Throws `OPTION_INVALID` for a wrong template. */
  constructor(options: ClipRecorderOptions) {
    const { plan, stream, clock } = options;
    fillPathTemplate(plan, { stream: stream.name, epoch: stream.epoch, date: clock.date() });
    const { preRoll, postRoll, maxLength, memoryMb } = plan.clips;
    this.#options = options;
    this.#ring = new EncodedRing({ spanUs: (preRoll + LATENESS_S) * 1e6, bytes: memoryMb * 2 ** 20 });
    this.#windows = new ClipWindows({ preUs: preRoll * 1e6, postUs: postRoll * 1e6, maxUs: maxLength * 1e6 });
    this.#pts = new GrowingPts((1e6 * this.#fps.den) / this.#fps.num);
  }

  /** Bytes of encoded frames in memory. */
  get bytes(): number {
    return this.#ring.bytes;
  }

  /** As `Recording.write`. */
  async write(picture: Picture, overlays: readonly Overlay[], mark: FrameMark): Promise<void> {
    const { planes } = await this.#open(this.#options.size);
    await this.#encode(mark, picture.ptsUs, () => {
      picture.toYuv(planes);
      if (this.#options.plan.draw) drawOverlays(planes, overlays, { source: picture, trails: this.#trails.update(overlays) });
    });
  }

  /** As `Recording.writePixels`. */
  async writePixels(frame: Frame, mark: FrameMark): Promise<void> {
    const fault = pixelsFault(frame, this.#writing?.planes);
    if (fault !== undefined) throw new StreamInferError('RECORD_WRITE_FAILED', `record clips: ${fault}`);
    const { planes } = await this.#open(frame);
    await this.#encode(mark, frame.pts * 1e6, () => { pixelsToYuv(frame, planes); });
  }

  /** An event at the frame of that index, which may be still to come, or at the newest one. May be called at any time. */
  trigger(cause: ClipCause, index = this.#newest?.index ?? 0): void {
    if (this.#newest === undefined || index > this.#newest.index) {
      const early = this.#early.get(index);
      if (early === undefined) this.#early.set(index, { cause, count: 1 });
      else early.count += 1;
      return;
    }
    this.#addEvent(index, cause);
  }

  /** Ends all clips with the frames that are there; resolves when the files are. */
  async close(): Promise<void> {
    try {
      await this.#writing?.encoder.end();
      await this.#takeEncoded();
      await Promise.all(this.#clips.filter(({ file }) => file === undefined).map((clip) => this.#begin(clip)));
      for (const clip of this.#clips) this.#end(clip);
    } finally {
      await this.destroy();
    }
  }

  /** Gives the encoder up; clips end with what they have. */
  async destroy(): Promise<void> {
    for (const clip of this.#clips) this.#end(clip);
    await Promise.all(this.#finishing);
    await this.#writing?.encoder.destroy();
  }

  get #fps(): { readonly num: number; readonly den: number } {
    const { fps } = this.#options.stream;
    return fps.num > 0 && fps.den > 0 ? fps : { num: 25, den: 1 };
  }

  /** With the first frame. */
  async #open(size: Size): Promise<{ readonly encoder: FrameEncoder; readonly planes: YuvPlanes }> {
    if (this.#writing !== undefined) return this.#writing;
    const { plan, openFrameEncoder, threads } = this.#options;
    const planes = makeYuvPlanes(size);
    const { width, height } = planes;
    const encoder = await openFrameEncoder({
      width, height, fps: this.#fps, crf: plan.crf, preset: plan.preset, threads, keyFrameSeconds: KEY_FRAME_SECONDS,
      onFrame: (frame) => { this.#noteEncoded(frame); },
    });
    this.#writing = { encoder, planes };
    return this.#writing;
  }

  async #encode(mark: FrameMark, ptsUs: number, fill: () => void): Promise<void> {
    if (this.#writing === undefined) return;
    const { encoder, planes } = this.#writing;
    this.#newest = { ...mark, ptsUs: this.#pts.next(ptsUs) };
    this.#firstIndex = Math.min(this.#firstIndex, mark.index);
    this.#pending.push(this.#newest);
    fill();
    await encoder.write(planes, this.#newest.ptsUs);
    this.#addEarly(mark.index);
    await this.#takeEncoded();
  }

  #noteEncoded(frame: EncodedFrame): void {
    const mark = this.#pending.shift();
    if (mark !== undefined) this.#encoded.push({ ...frame, ptsUs: mark.ptsUs, index: mark.index, position: mark.position });
  }

  /** What the encoder has given goes into the ring and to the clips. */
  async #takeEncoded(): Promise<void> {
    const encoded = this.#encoded;
    this.#encoded = [];
    for (const frame of encoded) {
      await this.#beginDue();
      this.#ring.push(frame);
      for (const clip of this.#clips) await this.#continue(clip, frame);
    }
    await this.#beginDue();
  }

  #addEarly(upTo: number): void {
    for (const [index, { cause, count }] of this.#early) {
      if (index > upTo) continue;
      this.#early.delete(index);
      this.#addEvent(index, cause, count);
    }
  }

  #addEvent(index: number, cause: ClipCause, count = 1): void {
    const at = this.#timeOf(index, cause);
    const window = at === undefined ? undefined : this.#windows.add(at, cause, count);
    if (window !== undefined) this.#clips.push({ window, tries: 0 });
  }

  /** When the frame is; undefined: it was not recorded. */
  #timeOf(index: number, { position }: ClipCause): number | undefined {
    const { frames } = this.#ring;
    const [oldest] = frames;
    if (index < this.#firstIndex) return undefined;
    const coming = [...this.#encoded, ...this.#pending];
    const found = frames.findLast((frame) => frame.index === index) ?? coming.find((frame) => frame.index >= index) ?? frames.findLast((frame) => frame.index <= index);
    if (found !== undefined || oldest === undefined) return found?.ptsUs;
    const late = (this.#newest?.position ?? 0) - position;
    this.#options.onShort(`a result came ${late.toFixed(1)} s late: its frame is no longer in memory, the clip begins behind it`);
    return oldest.ptsUs;
  }

  /** Clips whose beginning is in the ring. */
  async #beginDue(): Promise<void> {
    const newestUs = this.#ring.frames.at(-1)?.ptsUs ?? -Infinity;
    for (const clip of this.#clips) if (clip.file === undefined && newestUs >= clip.window.fromUs) await this.#begin(clip);
  }

  async #begin(clip: Clip): Promise<void> {
    const { plan, stream, clock } = this.#options;
    const frames = this.#ring.from(clip.window.fromUs);
    if (this.#writing === undefined || frames.length === 0) return;
    this.#tellShort(frames);
    await this.#attempt(clip, async () => {
      if (this.#writing !== undefined) clip.file = await ClipFile.open(this.#writing.encoder, clip.window, { plan, stream, clock });
      await clip.file?.write(frames);
    });
  }

  async #continue(clip: Clip, frame: RingFrame): Promise<void> {
    if (clip.file === undefined) return;
    if (frame.ptsUs > clip.window.toUs) this.#end(clip);
    else await this.#attempt(clip, async () => { await clip.file?.write([frame]); });
  }

  async #attempt(clip: Clip, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      await this.#failed(clip, cause);
    }
  }

  /** A clip that failed is begun again where there is room now and the ring still has it; else what is whole of it is kept. */
  async #failed(clip: Clip, cause: unknown): Promise<void> {
    const { file, window } = clip;
    const error = clipError(cause, file);
    clip.tries += 1;
    delete clip.file;
    const isInRing = file === undefined || (this.#ring.frames[0]?.ptsUs ?? Infinity) <= window.fromUs;
    if (isInRing && clip.tries < MOST_TRIES && (await this.#options.onFailure(error, 0))) await file?.discard().catch(() => undefined);
    else await this.#giveUp(clip, file, error);
  }

  async #giveUp(clip: Clip, file: ClipFile | undefined, error: StreamInferError): Promise<void> {
    const written = file?.frames ?? 0;
    this.#forget(clip);
    const saved = await file?.saveWhole().catch(() => undefined);
    if (saved !== undefined) this.#options.onClip(saved);
    await this.#options.onFailure(error, Math.max(1, written - (saved?.frames ?? 0)));
  }

  /** Finishes the file beside the frames that come. */
  #end(clip: Clip): void {
    const { file } = clip;
    this.#forget(clip);
    if (file === undefined) return;
    const task = file.close()
      .then((finished) => { this.#options.onClip(finished); }, async (cause: unknown) => {
        await this.#options.onFailure(asStreamInferError(cause, 'RECORD_WRITE_FAILED'), file.frames);
      })
      .finally(() => this.#finishing.delete(task));
    this.#finishing.add(task);
  }

  #forget(clip: Clip): void {
    this.#clips = this.#clips.filter((other) => other !== clip);
    this.#windows.end(clip.window);
  }

  #tellShort(frames: readonly RingFrame[]): void {
    const { memoryMb, preRoll } = this.#options.plan.clips;
    const seconds = ((this.#ring.frames.at(-1)?.ptsUs ?? 0) - (frames[0]?.ptsUs ?? 0)) / 1e6;
    if (this.#hasTold || !this.#ring.isCut || seconds >= preRoll) return;
    this.#hasTold = true;
    this.#options.onShort(`${memoryMb} MiB of memory hold ${seconds.toFixed(1)} s of this video, less than the ${preRoll} s before an event: give clips more memory, or a lower quality`);
  }
}

function clipError(cause: unknown, file: ClipFile | undefined): StreamInferError {
  const error = asStreamInferError(cause, 'RECORD_WRITE_FAILED');
  return file === undefined ? error : new StreamInferError(error.code, `write clip ${file.path}: ${reasonOf(cause)}`, { cause });
}
