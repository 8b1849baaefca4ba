import { everyFrame } from '../../media/index.js';
import type { DemandedRun, StreamDemand } from './stream-demand.js';

export type OfflineDemandOptions = {
  /** Whether every frame delivered is used, whatever the algos want: for recordings and hooks. */
  readonly usesAll: boolean;
  /** The first delivered frame at or after number `count` (from 1, from the start of the source) that an algo uses; Infinity: none. */
  readonly nextUsed: (count: number) => number;
};

/** The frames of a run that an offline stream uses, for its decoder. Until it is told of the run it wants all. */
export class OfflineDemand implements StreamDemand {
  readonly #options: OfflineDemandOptions;
  #run: Omit<DemandedRun, 'passedBefore'> | undefined;
  #version = 0;
  /** The last answer: it holds for all numbers between. */
  #known = { from: 0, next: -1 };

  constructor(options: OfflineDemandOptions) {
    this.#options = options;
  }

  get version(): number {
    return this.#version;
  }

  begin({ thinner, countBefore }: DemandedRun): void {
    this.#run = { thinner, countBefore };
    this.change();
  }

  change(): void {
    this.#version += 1;
    this.#known = { from: 0, next: -1 };
  }

  nextUsed(n: number): number {
    if (n < this.#known.from || n > this.#known.next) this.#known = { from: n, next: this.#ask(n) };
    return this.#known.next;
  }

  #ask(n: number): number {
    const { thinner, countBefore } = this.#run ?? { thinner: everyFrame, countBefore: 0 };
    const k = thinner.deliveredBefore(n);
    if (this.#run === undefined || this.#options.usesAll) return thinner.sourceOf(k);
    const count = this.#options.nextUsed(countBefore + k + 1);
    return Number.isFinite(count) ? thinner.sourceOf(count - countBefore - 1) : Infinity;
  }
}
