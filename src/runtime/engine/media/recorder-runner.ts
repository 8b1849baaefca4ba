import { type Frame, type StreamMode, toWire, type WireError } from '../../base/index.js';
import type { MediaBackend } from '../../media/index.js';
import { type FinishedClip, isDiskFull, openRecording, type Overlay, type Recording } from '../../record/index.js';
import type { DeliveredFrame } from './delivered-frame.js';
import { RecorderStanding } from './recorder-standing.js';
import type { RecordingSetting, StreamRecorder } from './stream-recorder.js';
import { Upkeep, type UpkeepOptions } from './upkeep.js';

export type RecorderRunnerOptions = UpkeepOptions & {
  readonly mode: StreamMode;
  readonly backend: MediaBackend;
  readonly threads: number;
  /** A clip is there. */
  readonly onClip: (clip: FinishedClip) => void;
  /** A frame was written, which took so many milliseconds. */
  readonly onWritten: (ms: number) => void;
  /** So many frames more are in no file, because of a failure. */
  readonly onMissed: (frames: number) => void;
  /** Why nothing is recorded; told once, until it works again. */
  readonly onError: (error: WireError) => void;
};

type Open = { readonly recording: Recording; readonly atMs: number };

/** Milliseconds that a file after a failure is written before it counts as a success: a full disk takes the first second of one. */
const PROOF_MS = 5000;

/**
 * The recorder of a stream of the whole run, in one file or in segments: opens a file at the first frame, starts and stops as told. After a
 * failure, what is whole of the file gets its name. In realtime a new file is then tried, after pauses that grow to half a minute; offline
 * the recorder is set aside until told to start. Finishing a file holds up no frame.
 */
export class RecorderRunner implements StreamRecorder {
  readonly plan: RecorderRunnerOptions['plan'];
  readonly #options: RecorderRunnerOptions;
  readonly #standing: RecorderStanding;
  readonly #upkeep: Upkeep;
  /** The segment before, which is being finished. */
  #finishing: Promise<void> = Promise.resolve();
  #open: Open | undefined;

  constructor(options: RecorderRunnerOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#standing = new RecorderStanding({ isActive: options.plan.enabled, mode: options.mode, clock: options.clock });
    this.#upkeep = new Upkeep(options);
  }

  get isActive(): boolean {
    return this.#standing.isActive;
  }

  start(): void {
    this.#standing.start();
  }

  /** Finishes the file, if one is open, beside the frames that come. */
  stop(): void {
    this.#standing.stop();
    this.#letGo();
  }

  /** The file is finished beside the frames that come. */
  #letGo(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    this.#finishing = this.#finish(open);
    this.#upkeep.do(this.#finishing);
  }

  /** Stops; resolves when all files are finished. */
  async close(): Promise<void> {
    this.stop();
    await this.#upkeep.end();
  }

  /** Writes one frame: the picture with its overlays drawn, or `processed` in its place. */
  async write(frame: DeliveredFrame, setting: RecordingSetting, content: { overlays: readonly Overlay[]; processed?: Frame }): Promise<void> {
    if (!this.isActive) return;
    const beganAtMs = this.#options.clock.now();
    if (this.#standing.isPausing) {
      this.#options.onMissed(1);
      return;
    }
    try {
      await this.#endSegment();
      this.#open ??= await this.#openFile(setting);
      const { recording } = this.#open;
      if (content.processed === undefined) await recording.write(frame.picture, content.overlays);
      else await recording.writePixels(content.processed);
      this.#options.onWritten(this.#options.clock.now() - beganAtMs);
      this.#prove(this.#open);
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** Lets go of a segment that is long enough: the next frame begins a new file, and with it comes a key frame. */
  async #endSegment(): Promise<void> {
    const { kind, segmentLength } = this.plan;
    if (kind !== 'segments' || this.#open === undefined || this.#open.recording.seconds < segmentLength) return;
    // no more than one is finished at a time
    await this.#finishing;
    this.#letGo();
  }

  async #openFile(setting: RecordingSetting): Promise<Open> {
    const { plan, streamName, backend, clock, threads } = this.#options;
    const recording = await openRecording({
      plan,
      stream: { name: streamName, fps: setting.fps, epoch: setting.epoch },
      size: setting.size,
      openEncoder: (options) => backend.openEncoder(options),
      clock,
      threads,
    });
    if (!this.#standing.isTroubled) this.#options.onState('started', recording.path);
    return { recording, atMs: clock.now() };
  }

  /** After a failure a file is told of when it has been written for a while. */
  #prove({ recording, atMs }: Open, hasProved = this.#options.clock.now() - atMs >= PROOF_MS): void {
    if (!this.#standing.isTroubled || !hasProved) return;
    this.#standing.proved();
    this.#options.onState('started', recording.path);
    // those that could not be finished for want of room
    this.#upkeep.finishLeftovers();
  }

  async #fail(cause: unknown): Promise<void> {
    const error = toWire(cause, 'RECORD_WRITE_FAILED');
    const open = this.#open;
    this.#open = undefined;
    // the frame at hand, and those that the file has lost
    this.#options.onMissed(1 + (open === undefined ? 0 : await this.#saveWhole(open)));
    const hasRoom = this.#options.mode === 'realtime' && isDiskFull(cause) && (await this.#upkeep.retention.makeRoom());
    if (!hasRoom) this.#standing.failed(error);
    if (!this.#standing.isTroubled) this.#options.onError(error);
    this.#standing.isTroubled = this.isActive;
  }

  /** After a failure: whole fragments get the file's name, where that still works. Frames that were written and are in no file. */
  async #saveWhole({ recording }: Open): Promise<number> {
    const written = recording.frames;
    try {
      const { path, frames } = await recording.close();
      if (!this.#standing.isTroubled || frames > 0) this.#options.onState('finished', path, frames);
      return written - frames;
    } catch {
      await recording.destroy();
      return written;
    }
  }

  async #finish(open: Open): Promise<void> {
    const { recording } = open;
    const written = recording.frames;
    try {
      const { path, frames } = await recording.close();
      if (frames === written) this.#prove(open, this.plan.kind === 'segments');
      this.#options.onState('finished', path, frames);
      if (frames < written) this.#options.onMissed(written - frames);
    } catch (error) {
      await recording.destroy();
      this.#options.onMissed(written);
      this.#options.onError(toWire(error, 'RECORD_WRITE_FAILED'));
    }
    await this.#upkeep.retention.check();
  }
}
