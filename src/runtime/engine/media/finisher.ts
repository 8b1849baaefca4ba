import { type AlgoPlan, type Frame, toWire } from '../../base/index.js';
import type { Stage } from '../../media/index.js';
import type { Overlay } from '../../record/index.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { LaneOutcome } from './lane-handle.js';
import { overlaysOf } from './overlays-of.js';
import type { ProcessHook } from './process-hook.js';
import type { Reporter } from './reporter.js';
import type { Snapshots } from './snapshots.js';
import type { RecordingSetting, StreamRecorder } from './stream-recorder.js';

/** A run under way at a frame; of undefined nothing is told: it was none. */
export type PendingRun = { readonly algo: AlgoPlan; readonly outcome: Promise<LaneOutcome | undefined> };

/** Frames that may wait for their runs and their recording. */
const LIMIT = 8;

type Setting = { readonly stage: Stage; readonly recording: RecordingSetting };

export type FinisherOptions = {
  readonly algos: readonly AlgoPlan[];
  readonly reporter: Reporter;
  readonly recorders: readonly StreamRecorder[];
  readonly snapshots: Snapshots;
};

/**
 * What is done with delivered frames, one after the other in their order: results are told, the owner's hook is asked,
 * the frame is recorded with what is known at that moment. Offline a frame waits for its own runs, so that results
 * come in order and what is drawn belongs to the frame.
 */
export class Finisher {
  readonly #options: FinisherOptions;
  #tail: Promise<void> = Promise.resolve();
  #depth = 0;
  #setting: Setting | undefined;
  #wake: (() => void)[] = [];
  hook: ProcessHook | undefined;

  constructor(options: FinisherOptions) {
    this.#options = options;
  }

  /** What holds for the frames from now on. */
  reset(stage: Stage, recording: RecordingSetting): void {
    this.#setting = { stage, recording };
  }

  /** Resolves when another frame may come. */
  async room(): Promise<void> {
    while (this.#depth >= LIMIT) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** Takes the frame over and releases it in the end. */
  push(frame: DeliveredFrame, runs: readonly PendingRun[]): void {
    const setting = this.#setting;
    this.#depth += 1;
    this.then(async () => {
      try {
        for (const run of runs) await this.#settle(run, frame);
        if (setting !== undefined && !frame.isLeftOut) {
          await this.#record(frame, setting);
          this.#options.snapshots.take(frame, setting.stage);
        }
        this.#options.reporter.progress(frame.info.ptsUs / 1e6);
      } finally {
        frame.release();
        this.#depth -= 1;
        this.#wakeAll();
      }
    });
  }

  /** Does `work` after what is waiting. */
  then(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work);
  }

  /** Resolves when nothing waits any more. */
  drain(): Promise<void> {
    return this.#tail;
  }

  async #settle(run: PendingRun, frame: DeliveredFrame): Promise<void> {
    const { reporter } = this.#options;
    try {
      const outcome = await run.outcome;
      if (outcome !== undefined) reporter.result(run.algo, frame, outcome);
    } catch (error) {
      reporter.runFailed(run.algo, toWire(error, 'ALGO_RUN_FAILED'));
    }
  }

  async #record(frame: DeliveredFrame, setting: Setting): Promise<void> {
    const processed = await this.#process(frame, setting.stage);
    for (const recorder of this.#options.recorders) {
      if (!recorder.isActive) continue;
      const overlays = this.#overlaysOf(recorder);
      await recorder.write(frame, setting.recording, { overlays, ...(processed !== undefined && { processed }) });
    }
  }

  async #process(frame: DeliveredFrame, stage: Stage): Promise<Frame | undefined> {
    try {
      return await this.hook?.ask(frame, stage, this.#options.reporter.latest);
    } catch (error) {
      this.#options.reporter.trouble(toWire(error, 'PROCESS_FAILED'), {});
      return undefined;
    }
  }

  #overlaysOf(recorder: StreamRecorder): Overlay[] {
    if (!recorder.plan.draw) return [];
    const wanted = recorder.plan.algos;
    const results = this.#options.reporter.latest.filter((result) => wanted.length === 0 || wanted.includes(result.algoId));
    return overlaysOf(results, this.#options.algos);
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
