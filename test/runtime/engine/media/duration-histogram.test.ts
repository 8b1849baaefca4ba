import assert from 'node:assert/strict';

import { type DurationSummary, NO_DURATIONS } from '../../../../dist/runtime/base/index.js';
import { DurationHistogram } from '../../../../dist/runtime/engine/media/duration-histogram.js';

const A_DAY_MS = 86_400_000;

function summaryOf(durations: readonly number[]): DurationSummary {
  const histogram = new DurationHistogram();
  for (const ms of durations) histogram.record(ms);
  return histogram.summary();
}

function same(count: number, ms: number): DurationSummary {
  return { count, mean: ms, p50: ms, p95: ms, p99: ms, max: ms };
}

/** The count exactly, durations to 0.1 %. */
function assertClose(summary: DurationSummary, expected: DurationSummary): void {
  assert.equal(summary.count, expected.count);
  for (const key of ['mean', 'p50', 'p95', 'p99', 'max'] as const) {
    assert.ok(Math.abs(summary[key] - expected[key]) <= expected[key] * 0.001, `${key}: ${String(summary[key])}, not ${String(expected[key])}`);
  }
}

describe('DurationHistogram', () => {
  const table: readonly [what: string, durations: readonly number[], summary: DurationSummary][] = [
    ['nothing, without a NaN', [], NO_DURATIONS],
    ['one value', [7.25], same(1, 7.25)],
    ['1 to 1000 µs', Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000), { count: 1000, mean: 0.5005, p50: 0.5, p95: 0.95, p99: 0.99, max: 1 }],
    ['1 to 1000 ms', Array.from({ length: 1000 }, (_, i) => i + 1), { count: 1000, mean: 500.5, p50: 500, p95: 950, p99: 990, max: 1000 }],
    ['a long one among many short ones', [...Array<number>(98).fill(2), 50, 900], { count: 100, mean: 11.46, p50: 2, p95: 2, p99: 50, max: 900 }],
    ['0 and less, as the shortest', [0, -3, 0.0001], same(3, 0.001)],
    ['huge ones, as a day', [A_DAY_MS * 2, 1e300, Infinity], same(3, A_DAY_MS)],
  ];
  for (const [what, durations, expected] of table) it(`sums up ${what}`, () => { assertClose(summaryOf(durations), expected); });

  it('refuses what is no number, and does not count it', () => {
    const histogram = new DurationHistogram();
    assert.throws(() => { histogram.record(Number.NaN); }, RangeError);
    assert.deepEqual(histogram.summary(), NO_DURATIONS);
  });
});
