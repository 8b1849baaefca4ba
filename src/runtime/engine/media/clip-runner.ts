import { type AlgoResult, type ClipCause, type Frame, StreamInferError, toWire } from '../../base/index.js';
import { clipCauseOf, ClipRecorder, isDiskFull, type Overlay } from '../../record/index.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { RecorderRunnerOptions } from './recorder-runner.js';
import { RecorderStanding } from './recorder-standing.js';
import type { RecordingSetting, StreamRecorder } from './stream-recorder.js';
import { Upkeep } from './upkeep.js';

/** Events kept until the first frame is there; more of them change nothing. */
const MOST_EARLY = 1000;

/** The recorder of a stream that writes clips around events: keeps the frames encoded in memory, and obeys messages and its rule on results. */
export class ClipRunner implements StreamRecorder {
  readonly plan: RecorderRunnerOptions['plan'];
  readonly #options: RecorderRunnerOptions;
  readonly #standing: RecorderStanding;
  readonly #upkeep: Upkeep;
  #recorder: ClipRecorder | undefined;
  /** Events before the first frame was written; offline results come before their frame. */
  readonly #early: { readonly cause: ClipCause; readonly index: number | undefined }[] = [];
  #newestPosition = 0;

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

  stop(): void {
    this.#standing.stop();
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (recorder !== undefined) this.#upkeep.do(recorder.close().catch((error: unknown) => { this.#tell(error, 0); }));
  }

  async close(): Promise<void> {
    this.stop();
    await this.#upkeep.end();
  }

  async write(frame: DeliveredFrame, setting: RecordingSetting, content: { overlays: readonly Overlay[]; processed?: Frame }): Promise<void> {
    const { clock, onWritten } = this.#options;
    const beganAtMs = clock.now();
    if (!this.isActive || this.#standing.isPausing) return;
    const { index, ptsUs } = frame.info;
    const mark = { index, position: ptsUs / 1e6 };
    this.#newestPosition = mark.position;
    try {
      this.#recorder ??= this.#open(setting);
      for (const { cause, index } of this.#early.splice(0)) this.#recorder.trigger(cause, index);
      if (content.processed === undefined) await this.#recorder.write(frame.picture, content.overlays, mark);
      else await this.#recorder.writePixels(content.processed, mark);
      onWritten(clock.now() - beganAtMs);
    } catch (error) {
      await this.#fail(error);
    }
  }

  see(result: AlgoResult): void {
    const { clips, algos } = this.plan;
    if (!this.isActive || clips.trigger === undefined || (algos.length > 0 && !algos.includes(result.algoId))) return;
    const cause = clipCauseOf(clips.trigger, result);
    if (cause === undefined) return;
    this.#trigger(cause, result.frame.index);
  }

  clip(): void {
    if (!this.isActive) throw new StreamInferError('STATE_INVALID', `${this.#options.streamName}: the recorder is stopped; start it before it can make a clip`);
    this.#trigger({ position: this.#newestPosition, by: 'message' });
  }

  #open(setting: RecordingSetting): ClipRecorder {
    const { plan, streamName, backend, clock, threads, onClip, onWarning } = this.#options;
    return new ClipRecorder({
      plan, clock, threads,
      stream: { name: streamName, fps: setting.fps, epoch: setting.epoch },
      size: setting.size,
      openFrameEncoder: (options) => backend.openFrameEncoder(options),
      onClip: (clip) => {
        this.#standing.proved();
        onClip(clip);
        this.#upkeep.do(this.#upkeep.retention.check());
      },
      onFailure: (error, frames) => this.#clipFailed(error, frames),
      onShort: onWarning,
    });
  }

  #trigger(cause: ClipCause, index?: number): void {
    if (this.#recorder !== undefined) this.#recorder.trigger(cause, index);
    else if (this.#early.length < MOST_EARLY) this.#early.push({ cause, index });
  }

  /** A clip was not written: whether there is room for it now. */
  async #clipFailed(error: StreamInferError, frames: number): Promise<boolean> {
    if (frames === 0) return isDiskFull(error) && (await this.#upkeep.retention.makeRoom());
    this.#tell(error, frames);
    return false;
  }

  /** Frames cannot be encoded: what clips have is kept, and a new beginning made, after pauses that grow. */
  async #fail(cause: unknown): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    this.#tell(cause, 1);
    await recorder?.destroy();
    this.#standing.failed(toWire(cause));
  }

  #tell(cause: unknown, missed: number): void {
    this.#options.onMissed(missed);
    if (!this.#standing.isTroubled) this.#options.onError(toWire(cause, 'RECORD_WRITE_FAILED'));
    this.#standing.isTroubled = true;
  }
}
