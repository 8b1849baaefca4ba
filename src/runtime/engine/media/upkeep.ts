import { type Clock, type RecorderPlan, toWire } from '../../base/index.js';
import { finishLeftovers, Retention } from '../../record/index.js';

export type UpkeepOptions = {
  readonly plan: RecorderPlan;
  readonly streamName: string;
  readonly clock: Clock;
  /** `recovered`: a file that a crash had left was finished. */
  readonly onState: (state: 'started' | 'finished' | 'recovered', path: string, frames?: number) => void;
  readonly onWarning: (message: string) => void;
};

/** What a recorder does beside the frames that come: it finishes files, also those that a crash left, and removes those that need not be kept. */
export class Upkeep {
  readonly retention: Retention;
  readonly #options: UpkeepOptions;
  readonly #over = new AbortController();
  readonly #tasks = new Set<Promise<void>>();

  /** Begins with what a crash left in the folders of the recorder. */
  constructor(options: UpkeepOptions) {
    const { plan, streamName, clock, onWarning } = options;
    this.#options = options;
    this.retention = new Retention({ plan, streamName, clock, onTrouble: onWarning });
    this.finishLeftovers();
    this.do(this.retention.run(this.#over.signal));
  }

  /** `work` never rejects. */
  do(work: Promise<void>): void {
    const task = work.finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  finishLeftovers(): void {
    this.do(this.#finishLeftovers());
  }

  /** Waits for nothing that is still to come; resolves when all that was begun is done. */
  async end(): Promise<void> {
    this.#over.abort();
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  async #finishLeftovers(): Promise<void> {
    const { plan, clock, onState, onWarning } = this.#options;
    try {
      await finishLeftovers({
        // clips are never written over
        template: plan, firstNumber: plan.overwrite && plan.kind === 'run' ? 2 : 1, clock, signal: this.#over.signal,
        onFinished: ({ path, frames }) => { onState('recovered', path, frames); },
        onTrouble: onWarning,
      });
    } catch (error) {
      if (!this.#over.signal.aborted) onWarning(`recordings that were left are not finished: ${toWire(error).message}`);
    }
  }
}
