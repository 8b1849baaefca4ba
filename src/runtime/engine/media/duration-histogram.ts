import { createHistogram } from 'node:perf_hooks';

import { type DurationSummary, NO_DURATIONS } from '../../base/index.js';

/** A day in microseconds: no run may take longer. */
const LONGEST_US = 86_400_000_000;

/** Durations, counted by their length: some 200 KiB at most, however many they are, and some 0.1 µs for each. */
export class DurationHistogram {
  readonly #histogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  /** Counts one of `ms` milliseconds; as 1 µs what is shorter, as a day what is longer. Throws `RangeError` for NaN. */
  record(ms: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1000))));
  }

  summary(): DurationSummary {
    const histogram = this.#histogram;
    // the mean of nothing is NaN there
    if (histogram.count === 0) return NO_DURATIONS;
    const percentile = (percent: number): number => histogram.percentile(percent) / 1000;
    return {
      count: histogram.count,
      mean: Math.round(histogram.mean) / 1000,
      p50: percentile(50),
      p95: percentile(95),
      p99: percentile(99),
      max: histogram.max / 1000,
    };
  }
}
