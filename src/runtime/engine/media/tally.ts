import type { AlgoPlan, StreamTotals } from '../../base/index.js';
import { StreamCosts } from './stream-costs.js';

type AlgoTally = { runs: number; readonly skipped: Record<string, number> };

/** Counts of one stream: frames, runs, whatever was left out, by cause, and what it all cost. */
export class Tally {
  /** Frames of the source up to now, whether decoded or not. */
  passed = 0;
  decoded = 0;
  thinned = 0;
  delivered = 0;
  converted = 0;
  readonly dropped: Record<string, number> = {};
  readonly recorded: string[] = [];
  /** By recorder id: frames that are in no file, because of a failure. */
  readonly unrecorded: Record<string, number> = {};
  readonly costs: StreamCosts;
  readonly #algos = new Map<string, AlgoTally>();
  readonly #startedAtMs: number;

  constructor(algos: readonly AlgoPlan[], nowMs: number) {
    this.#startedAtMs = nowMs;
    this.costs = new StreamCosts(algos);
    for (const algo of algos) this.#algos.set(algo.name, { runs: 0, skipped: {} });
  }

  run(algo: string): void {
    const tally = this.#algos.get(algo);
    if (tally !== undefined) tally.runs += 1;
  }

  skip(algo: string, cause: string, turns = 1): void {
    const tally = this.#algos.get(algo);
    if (tally !== undefined) tally.skipped[cause] = (tally.skipped[cause] ?? 0) + turns;
  }

  drop(cause: string, frames = 1): void {
    this.dropped[cause] = (this.dropped[cause] ?? 0) + frames;
  }

  /** The frame that was counted last was decoded in vain: the stream ends before it. */
  giveBack(): void {
    this.passed -= 1;
    this.decoded -= 1;
  }

  miss(recorderId: string, frames: number): void {
    if (frames > 0) this.unrecorded[recorderId] = (this.unrecorded[recorderId] ?? 0) + frames;
  }

  skippedOf(algo: string): Readonly<Record<string, number>> {
    return this.#algos.get(algo)?.skipped ?? {};
  }

  totals(nowMs: number): StreamTotals {
    const { decoded, thinned, delivered, converted, dropped } = this;
    return {
      // a decoder that is stopped may be ahead of what was passed
      frames: { decoded, skipped: Math.max(0, this.passed - decoded), thinned, delivered, converted, dropped: { ...dropped } },
      algos: Object.fromEntries([...this.#algos].map(([name, { runs, skipped }]) => [name, { runs, skipped: { ...skipped } }])),
      recorded: [...this.recorded],
      unrecorded: { ...this.unrecorded },
      seconds: (nowMs - this.#startedAtMs) / 1000,
      stats: this.costs.stats(),
    };
  }
}
