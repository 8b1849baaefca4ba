import type { ResultRow } from '../../plugins/studio/contract.js';

/** Columns as a chart wants them: seconds of the stream, rising, and for each algo its value there, null where it did not run. */
export type Columns = readonly [readonly number[], ...(readonly (number | null)[])[]];

/** What algos gave over time, since the last seek or loop: before it, time was another one. */
export function columnsOf(rows: readonly ResultRow[], algos: readonly string[], value: (row: ResultRow) => number | undefined): Columns {
  const epoch = rows.at(-1)?.epoch;
  const now = rows.filter((row) => row.epoch === epoch);
  const times = [...new Set(now.map(({ position }) => position))].sort((a, b) => a - b);
  const places = new Map(times.map((time, i) => [time, i]));
  const columns = new Map(algos.map((key) => [key, times.map((): number | null => null)]));
  for (const row of now) {
    const column = columns.get(row.algo);
    if (column !== undefined) column[places.get(row.position) ?? 0] = value(row) ?? null;
  }
  return [times, ...columns.values()];
}
