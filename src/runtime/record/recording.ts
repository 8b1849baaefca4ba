import { asStreamInferError, type Clock, type Frame, frameFault, type RecorderPlan, StreamInferError } from '../base/index.js';
import type { Encoder, MediaBackend, Picture } from '../media/index.js';
import { drawDetections, drawTrails, type Trail, type YuvPlanes } from '../vision/index.js';
import { GrowingPts } from './growing-pts.js';
import type { Overlay } from './overlay.js';
import { fillPathTemplate } from './path-template.js';
import { pixelsToYuv } from './pixels-to-yuv.js';
import { discardFile, publishFile, reasonOf, reserveFile, type ReservedFile } from './reserved-file.js';
import { Trails } from './trails.js';

type Size = { readonly width: number; readonly height: number };

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
 * if it never is. Calls are worked off in their order. A write that failed is not the end: the next one tries again.
 */
export interface Recording {
  /** Where the file will be. */
  readonly path: string;
  /** Frames written. */
  readonly frames: number;
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
   * program may have taken it meanwhile. Throws `RECORD_WRITE_FAILED` where the file could not be finished (it then plays,
   * but perhaps cannot be searched) or named; the message tells where it is. May be called twice.
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

type Writing = { readonly encoder: Encoder; readonly planes: YuvPlanes };

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
      this.#checkPixels(frame);
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
    const { plan, openEncoder, threads } = this.#options;
    const planes = makePlanes(size);
    const { width, height } = planes;
    try {
      const encoder = await openEncoder({ path: this.#file.part, width, height, fps: this.#fps, crf: plan.crf, preset: plan.preset, threads });
      this.#writing = { encoder, planes };
      return this.#writing;
    } catch (cause) {
      throw asStreamInferError(cause, 'RECORD_OPEN_FAILED');
    }
  }

  async #encode(ptsUs: number, encode: (ptsUs: number) => Promise<void>): Promise<void> {
    try {
      await encode(this.#pts.next(ptsUs));
      this.#frames += 1;
    } catch (cause) {
      throw this.#writeError(cause);
    }
  }

  async #finish(): Promise<{ path: string; frames: number }> {
    const encoder = this.#writing?.encoder;
    if (this.#frames === 0) {
      await encoder?.destroy();
      await discardFile(this.#file);
      return { path: this.#path, frames: 0 };
    }
    const failure = await this.#closeEncoder(encoder);
    try {
      this.#path = await publishFile(this.#file, existingOf(this.#options.plan));
    } catch (cause) {
      throw this.#writeError(cause, this.#file.part);
    }
    // What was written until then is a video all the same: giving it its name takes no room on a full disk.
    if (failure !== undefined) throw this.#writeError(failure.cause, this.#path);
    return { path: this.#path, frames: this.#frames };
  }

  async #closeEncoder(encoder: Encoder | undefined): Promise<{ cause: unknown } | undefined> {
    try {
      await encoder?.close();
      return undefined;
    } catch (cause) {
      await encoder?.destroy();
      return { cause };
    }
  }

  #writeError(cause: unknown, keptIn = this.#file.part): StreamInferError {
    const kept = this.#frames > 0 ? `; what was written until then is kept in ${keptIn}` : '';
    return new StreamInferError('RECORD_WRITE_FAILED', `write recording ${this.#path}: ${reasonOf(cause)}${kept}`, { cause });
  }

  /** A hook may give anything. */
  #checkPixels(frame: Frame): void {
    const { width, height } = frame;
    const fault = frameFault(frame) ?? (Math.min(width, height) < 2 ? `expected at least 2x2 pixels, got ${width}x${height}` : undefined);
    if (fault !== undefined) throw this.#writeError(new Error(`frame: ${fault}`));
    const planes = this.#writing?.planes;
    if (planes && (even(width) !== planes.width || even(height) !== planes.height)) {
      throw this.#writeError(new Error(`the recording is ${planes.width}x${planes.height}, got a frame of ${width}x${height}`));
    }
  }
}

function existingOf(plan: RecorderPlan): 'numbered' | 'overwrite' {
  return plan.overwrite ? 'overwrite' : 'numbered';
}

function drawOverlays(planes: YuvPlanes, overlays: readonly Overlay[], { source, trails }: { readonly source: Size; readonly trails: readonly Trail[] }): void {
  const scale = { scaleX: planes.width / source.width, scaleY: planes.height / source.height };
  drawTrails(planes, trails, scale);
  for (const { items } of overlays) drawDetections(planes, items, scale);
}

function makePlanes(size: Size): YuvPlanes {
  const width = even(size.width);
  const height = even(size.height);
  const [lumaBytes, chromaBytes] = [width * height, (width * height) / 4];
  return {
    width,
    height,
    planes: [new Uint8Array(lumaBytes), new Uint8Array(chromaBytes), new Uint8Array(chromaBytes)],
    strides: [width, width / 2, width / 2],
  };
}

/** H.264 in 4:2:0 takes even sides only. */
function even(side: number): number {
  return Math.max(2, Math.floor(side / 2) * 2);
}
