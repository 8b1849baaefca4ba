import type { DurationSummary, StreamStats } from '../../base/index.js';
import { plainTable } from './plain-table.js';

const HEADER = ['ms', 'count', 'p50', 'p95', 'p99', 'max'];

/** What a run has cost, a line for each kind of work, in milliseconds; what was never done has dashes. */
export function statsTable({ decode, encode, algos }: StreamStats): string {
  const ofAlgos = Object.entries(algos).flatMap(([algo, stats]) => Object.entries(stats).map(([cost, summary]) => row(`${algo} ${cost}`, summary)));
  return plainTable([HEADER, row('decode', decode), row('encode', encode), ...ofAlgos]);
}

function row(name: string, { count, p50, p95, p99, max }: DurationSummary): string[] {
  const times = [p50, p95, p99, max].map((ms) => (count === 0 ? '-' : ms.toFixed(2)));
  return [name, String(count), ...times];
}
