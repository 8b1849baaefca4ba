import { everyFrame, type FrameTimes } from '../../media/index.js';
import type { DemandedRun, StreamDemand } from './stream-demand.js';

export type RealtimeDemandOptions = {
  /** Whether every frame delivered is used now, whatever the algos want: recordings, hooks. */
  readonly usesAll: () => boolean;
  /** Delivered frames that the widest window spans, its last one not counted. */
  readonly span: number;
  /** Frames of the run that have passed for the stream. */
  readonly passed: () => number;
  /** The first delivered frame of the run at or after number `count` that an algo uses, `from` being the one that comes next; Infinity: none. */
  readonly nextUsed: (count: number, from: number, times: FrameTimes) => number;
};

const NOTHING_KNOWN: FrameTimes = { end: 0, isAll: false, usOf: () => 0 };

/** The frames that a stream uses in realtime, as things stand at the moment of asking. Until it is told of the run it wants all. */
export class RealtimeDemand implements StreamDemand {
  readonly version = 0;
  readonly #options: RealtimeDemandOptions;
  #run: DemandedRun | undefined;

  constructor(options: RealtimeDemandOptions) {
    this.#options = options;
  }

  get reach(): number {
    return (this.#run?.thinner ?? everyFrame).sourceOf(this.#options.span);
  }

  begin(run: DemandedRun): void {
    this.#run = run;
  }

  change(): void {
    // it is asked anew each time
  }

  nextUsed(n: number, times = NOTHING_KNOWN): number {
    if (this.#run === undefined) return n;
    const { thinner, passedBefore: base } = this.#run;
    const { usesAll, nextUsed, passed } = this.#options;
    const count = thinner.deliveredBefore(Math.max(0, n - base));
    const next = usesAll() ? count : nextUsed(count, thinner.deliveredBefore(passed()), {
      end: thinner.deliveredBefore(Math.max(0, times.end - base)),
      isAll: times.isAll,
      usOf: (k) => times.usOf(base + thinner.sourceOf(k)),
    });
    return Number.isFinite(next) ? Math.max(n, base + thinner.sourceOf(next)) : Infinity;
  }
}
