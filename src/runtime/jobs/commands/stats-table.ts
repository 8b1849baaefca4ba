import type { DurationSummary, StreamStats } from '../../base/index.js';

const HEADER = ['ms', 'count', 'p50', 'p95', 'p99', 'max'];

/** What a run has cost, a line for each kind of work, in milliseconds; what was never done has dashes. */
export function statsTable({ decode, encode, algos }: StreamStats): string {
  const ofAlgos = Object.entries(algos).flatMap(([algo, stats]) => Object.entries(stats).map(([cost, summary]) => row(`${algo} ${cost}`, summary)));
  const rows = [HEADER, row('decode', decode), row('encode', encode), ...ofAlgos];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) => cells.map((cell, column) => padded(cell, widths[column] ?? 0, column)).join('  ')).join('\n');
}

function row(name: string, { count, p50, p95, p99, max }: DurationSummary): string[] {
  const times = [p50, p95, p99, max].map((ms) => (count === 0 ? '-' : ms.toFixed(2)));
  return [name, String(count), ...times];
}

/** Names to the left, numbers to the right. */
function padded(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
