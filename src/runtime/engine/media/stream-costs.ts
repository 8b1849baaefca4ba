import type { AlgoPlan, AlgoStats, StreamStats } from '../../base/index.js';
import { DurationHistogram } from './duration-histogram.js';

const RUN_COSTS = ['convert', 'wait', 'inference', 'postprocess', 'age'] as const satisfies readonly (keyof AlgoStats)[];

/** What one run cost, in milliseconds; what it had none of is absent. */
export type RunCosts = { readonly [K in keyof AlgoStats]?: number };

/** What a stream costs, in histograms: those of its algos outlive their lanes. */
export class StreamCosts {
  readonly decode = new DurationHistogram();
  readonly encode = new DurationHistogram();
  readonly #algos: ReadonlyMap<string, Readonly<Record<keyof AlgoStats, DurationHistogram>>>;

  constructor(algos: readonly AlgoPlan[]) {
    this.#algos = new Map(algos.map(({ name }) => [name, eachCost(() => new DurationHistogram())]));
  }

  run(algo: string, costs: RunCosts): void {
    const histograms = this.#algos.get(algo);
    for (const cost of RUN_COSTS) {
      const ms = costs[cost];
      if (ms !== undefined) histograms?.[cost].record(ms);
    }
  }

  stats(): StreamStats {
    return {
      decode: this.decode.summary(),
      encode: this.encode.summary(),
      algos: Object.fromEntries([...this.#algos].map(([name, histograms]) => [name, eachCost((cost) => histograms[cost].summary())])),
    };
  }
}

function eachCost<T>(make: (cost: keyof AlgoStats) => T): Record<keyof AlgoStats, T> {
  return Object.fromEntries(RUN_COSTS.map((cost) => [cost, make(cost)])) as Record<keyof AlgoStats, T>;
}
