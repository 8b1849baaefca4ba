import { existsSync } from 'node:fs';

import { asStreamInferError, type Clock, type Frame, type RecorderPlan, StreamInferError } from '../base/index.js';
import { type Encoder, finishMp4, type MediaBackend, type Picture } from '../media/index.js';
import { makeYuvPlanes, type YuvPlanes } from '../vision/index.js';
import { GrowingPts } from './growing-pts.js';
import type { Overlay } from './overlay.js';
import { signPart } from '../work/index.js';
import { PartKeeper } from './part-keeper.js';
import { fillPathTemplate } from './path-template.js';
import { drawOverlays, pixelsFault, type Size } from './picture-planes.js';
import { pixelsToYuv } from './pixels-to-yuv.js';
import { discardFile, publishFile, reasonOf, reserveFile, type ReservedFile } from './reserved-file.js';
import { Trails } from './trails.js';

/** What a recording is made with. */
export type RecordingOptions = {
  readonly plan: RecorderPlan;
  /** The stream as it is now; `fps` are delivered frames a second, 0/1 where unknown. */
  readonly stream: { readonly name: string; readonly fps: { readonly num: number; readonly den: number }; readonly epoch: number };
  /** The producer's size in pixels, for `write`; an odd side is recorded one pixel smaller. */
  readonly size: Size;
  readonly openEncoder: MediaBackend['openEncoder'];
  readonly clock: Clock;
  /** Threads of the encoder; 0: as many as it likes. */
  readonly threads: number;
};

/**
 * One video file being written. It bears a temporary name (`partPath`) until it is closed, and is playable from there
 * if it never is: see `finishLeftovers`. Calls are worked off in their order. A write that failed is not the end: the next one tries again.
 */
export interface Recording {
  /** Where the file will be. */
  readonly path: string;
  /** Frames written. */
  readonly frames: number;
  /** Seconds that they last, the last one included. */
  readonly seconds: number;
  /**
   * The picture, scaled to the recording's size, with the overlays drawn (unless the plan's `draw` is false). Time stamps
   * that do not grow (loop, seek, reconnect) are mended. The picture stays the caller's and must live until this resolves.
   * Throws `RECORD_OPEN_FAILED` (first frame: no encoder) and `RECORD_WRITE_FAILED` (a full disk).
   */
  write(picture: Picture, overlays: readonly Overlay[]): Promise<void>;
  /**
   * A frame as a `process` hook gives it, as it is. If it is the first, its size is the recording's, odd sides cut by one
   * pixel; a later one of another size is refused. Throws as `write` does.
   */
  writePixels(frame: Frame): Promise<void>;
  /**
   * Finishes the file and gives it its name; without a frame no file is left. `path` tells the name in the end: another
   * program may have taken it meanwhile. After a failure `frames` are those of the whole fragments, which may be fewer than were
   * written. Throws `RECORD_WRITE_FAILED` where the file could not be finished or named: it then keeps its temporary name, which the message
   * tells, and can be finished later (`finishLeftovers`). May be called twice.
   */
  close(): Promise<{ readonly path: string; readonly frames: number }>;
  /** Gives up. What was written stays under its temporary name, as after a crash; an empty file is removed. */
  destroy(): Promise<void>;
}

/** Frames a second of a stream that does not say. */
const DEFAULT_FPS = { num: 25, den: 1 };

/**
 * Opens a recording at the path that the plan's template gives now. The encoder is opened with the first frame. Throws
 * `OPTION_INVALID` for a wrong template, `RECORD_OPEN_FAILED` where no file can be made there.
 */
export async function openRecording(options: RecordingOptions): Promise<Recording> {
  const { plan, stream, clock } = options;
  const path = fillPathTemplate(plan, { stream: stream.name, epoch: stream.epoch, date: clock.date() });
  return new FileRecording(options, await reserveFile(path, existingOf(plan)));
}

type Writing = { readonly encoder: Encoder; readonly planes: YuvPlanes; readonly keeper: PartKeeper };

class FileRecording implements Recording {
  readonly #options: RecordingOptions;
  readonly #file: ReservedFile;
  readonly #fps: RecordingOptions['stream']['fps'];
  readonly #pts: GrowingPts;
  readonly #trails = new Trails();
  #path: string;
  #frames = 0;
  #writing: Writing | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #closing: Promise<{ path: string; frames: number }> | undefined;
  #isDestroyed = false;

  constructor(options: RecordingOptions, file: ReservedFile) {
    const { num, den } = options.stream.fps;
    this.#options = options;
    this.#file = file;
    this.#path = file.path;
    this.#fps = num > 0 && den > 0 ? { num, den } : DEFAULT_FPS;
    this.#pts = new GrowingPts((1_000_000 * this.#fps.den) / this.#fps.num);
  }

  get path(): string {
    return this.#path;
  }

  get frames(): number {
    return this.#frames;
  }

  get seconds(): number {
    return this.#pts.seconds;
  }

  write(picture: Picture, overlays: readonly Overlay[]): Promise<void> {
    return this.#inTurn(async () => {
      const { encoder, planes } = await this.#open(this.#options.size);
      await this.#encode(picture.ptsUs, (ptsUs) => {
        picture.toYuv(planes);
        if (this.#options.plan.draw) drawOverlays(planes, overlays, { source: picture, trails: this.#trails.update(overlays) });
        return encoder.write(planes, ptsUs);
      });
    });
  }

  writePixels(frame: Frame): Promise<void> {
    return this.#inTurn(async () => {
      const fault = pixelsFault(frame, this.#writing?.planes);
      if (fault !== undefined) throw this.#writeError(new Error(fault));
      const { encoder, planes } = await this.#open(frame);
      await this.#encode(frame.pts * 1e6, (ptsUs) => {
        pixelsToYuv(frame, planes);
        return encoder.write(planes, ptsUs);
      });
    });
  }

  close(): Promise<{ path: string; frames: number }> {
    this.#closing ??= this.#lastTurn.then(() => this.#finish());
    return this.#closing;
  }

  async destroy(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    // Makes a write or a close that is under way fail, so that the wait below is short.
    await this.#writing?.encoder.destroy();
    if (this.#closing !== undefined) {
      await this.#closing.catch(() => undefined);
      return;
    }
    await this.#lastTurn;
    await this.#writing?.encoder.destroy();
    await this.#writing?.keeper.close();
    if (this.#frames === 0) await discardFile(this.#file);
  }

  /** Runs `work` when all calls before have ended. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#isDestroyed || this.#closing !== undefined) {
      return Promise.reject(new StreamInferError('STATE_INVALID', `write recording ${this.#path}: it is closed`));
    }
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  async #open(size: Size): Promise<Writing> {
    if (this.#writing !== undefined) return this.#writing;
    const { plan, openEncoder, threads, clock } = this.#options;
    const planes = makeYuvPlanes(size);
    const { width, height } = planes;
    try {
      const encoder = await openEncoder({ path: this.#file.part, width, height, fps: this.#fps, crf: plan.crf, preset: plan.preset, threads });
      this.#writing = { encoder, planes, keeper: await this.#keep(encoder, clock) };
      return this.#writing;
    } catch (cause) {
      throw asStreamInferError(cause, 'RECORD_OPEN_FAILED');
    }
  }

  async #keep(encoder: Encoder, clock: Clock): Promise<PartKeeper> {
    try {
      if (encoder.programPid !== undefined) await signPart(this.#file.part, encoder.programPid);
      return await PartKeeper.open(this.#file.part, clock);
    } catch (error) {
      await encoder.destroy();
      throw error;
    }
  }

  async #encode(ptsUs: number, encode: (ptsUs: number) => Promise<void>): Promise<void> {
    try {
      const failure = this.#writing?.keeper.failure;
      if (failure !== undefined) throw failure;
      await encode(this.#pts.next(ptsUs));
      this.#frames += 1;
    } catch (cause) {
      throw this.#writeError(cause);
    }
  }

  async #finish(): Promise<{ path: string; frames: number }> {
    const failure = await this.#closeEncoder();
    if (this.#frames === 0) {
      await discardFile(this.#file);
      return { path: this.#path, frames: 0 };
    }
    try {
      if (failure !== undefined) await this.#keepWhole(failure.cause);
      if (this.#frames > 0) this.#path = await publishFile(this.#file, { existing: existingOf(this.#options.plan) });
    } catch (cause) {
      throw this.#writeError(cause);
    }
    return { path: this.#path, frames: this.#frames };
  }

  async #closeEncoder(): Promise<{ cause: unknown } | undefined> {
    if (this.#writing === undefined) return undefined;
    const { encoder, keeper } = this.#writing;
    try {
      if (this.#frames > 0) await encoder.close();
      else await encoder.destroy();
      return undefined;
    } catch (cause) {
      await encoder.destroy();
      return { cause };
    } finally {
      await keeper.close();
    }
  }

  /** After a failure: the file ends with its last whole fragment. Takes next to no room: what is behind that makes some. */
  async #keepWhole(cause: unknown): Promise<void> {
    const { frames, isEmpty } = await finishMp4(this.#file.part, 'torn');
    if (frames === 0 && !isEmpty) throw cause;
    this.#frames = frames;
    if (frames === 0) await discardFile(this.#file);
  }

  #writeError(cause: unknown): StreamInferError {
    const { part } = this.#file;
    const kept = this.#frames > 0 && existsSync(part) ? `; what was written until then is kept in ${part}` : '';
    return new StreamInferError('RECORD_WRITE_FAILED', `write recording ${this.#path}: ${reasonOf(cause)}${kept}`, { cause });
  }
}

function existingOf(plan: RecorderPlan): 'numbered' | 'overwrite' {
  // of several files in the same second each is to stay
  return plan.overwrite && plan.kind === 'run' ? 'overwrite' : 'numbered';
}
