import { type Clock, type Frame, type RecorderPlan, toWire, type WireError } from '../../base/index.js';
import type { MediaBackend } from '../../media/index.js';
import { openRecording, type Overlay, type Recording } from '../../record/index.js';
import type { DeliveredFrame } from './delivered-frame.js';

export type RecorderRunnerOptions = {
  readonly plan: RecorderPlan;
  readonly streamName: string;
  readonly backend: MediaBackend;
  readonly clock: Clock;
  readonly threads: number;
  readonly onState: (state: 'started' | 'finished', path: string, frames?: number) => void;
  /** A frame was written, which took so many milliseconds. */
  readonly onWritten: (ms: number) => void;
  readonly onError: (error: WireError) => void;
};

/** What a new recording must know of the stream at this moment. */
export type RecordingSetting = {
  /** Size of the file's pictures. */
  readonly size: { readonly width: number; readonly height: number };
  readonly fps: { readonly num: number; readonly den: number };
  readonly epoch: number;
};

/** One recorder of a stream: opens a file at the first frame, starts and stops as told; a failure sets it aside until told to start. */
export class RecorderRunner {
  readonly plan: RecorderPlan;
  readonly #options: RecorderRunnerOptions;
  #active: boolean;
  #recording: Recording | undefined;

  constructor(options: RecorderRunnerOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#active = options.plan.enabled;
  }

  get isActive(): boolean {
    return this.#active;
  }

  start(): void {
    this.#active = true;
  }

  /** Finishes the file, if one is open. */
  async stop(): Promise<void> {
    this.#active = false;
    const recording = this.#recording;
    this.#recording = undefined;
    if (recording === undefined) return;
    await this.#guard(async () => {
      const { path, frames } = await recording.close();
      this.#options.onState('finished', path, frames);
    });
  }

  /** Writes one frame: the picture with its overlays drawn, or `processed` in its place. */
  async write(frame: DeliveredFrame, setting: RecordingSetting, content: { overlays: readonly Overlay[]; processed?: Frame }): Promise<void> {
    if (!this.#active) return;
    await this.#guard(async () => {
      this.#recording ??= await this.#open(setting);
      const beganAtMs = this.#options.clock.now();
      if (content.processed === undefined) await this.#recording.write(frame.picture, content.overlays);
      else await this.#recording.writePixels(content.processed);
      this.#options.onWritten(this.#options.clock.now() - beganAtMs);
    });
  }

  async #open(setting: RecordingSetting): Promise<Recording> {
    const { plan, streamName, backend, clock, threads } = this.#options;
    const recording = await openRecording({
      plan,
      stream: { name: streamName, fps: setting.fps, epoch: setting.epoch },
      size: setting.size,
      openEncoder: (options) => backend.openEncoder(options),
      clock,
      threads,
    });
    this.#options.onState('started', recording.path);
    return recording;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#active = false;
      await this.#saveBroken();
      this.#options.onError(toWire(error, 'RECORD_WRITE_FAILED'));
    }
  }

  /** After a failure: what was written before it gets the file's name, where that still works. */
  async #saveBroken(): Promise<void> {
    const recording = this.#recording;
    this.#recording = undefined;
    try {
      await recording?.close();
    } catch {
      await recording?.destroy();
    }
  }
}
