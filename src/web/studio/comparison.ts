import type { ResultRow } from '../../plugins/studio/contract.js';

/** One frame on which both algos ran. */
export type Pair = { readonly a: ResultRow; readonly b: ResultRow };

/** The frames that both algos saw, in the order of the results. */
export function pairsOf(rows: readonly ResultRow[], a: string, b: string): readonly Pair[] {
  const of = (algo: string): Map<string, ResultRow> => new Map(rows.filter((row) => row.algo === algo).map((row) => [frameOf(row), row]));
  const others = of(b);
  return [...of(a)].flatMap(([frame, row]) => {
    const other = others.get(frame);
    return other === undefined ? [] : [{ a: row, b: other }];
  });
}

/** A frame's name: its number begins anew with nothing, but a seek or loop makes other frames of it. */
function frameOf({ epoch, index }: ResultRow): string {
  return `${epoch}-${index}`;
}

/** Whether both found as much. */
export function isAlike({ a, b }: Pair): boolean {
  return a.count === undefined || b.count === undefined ? JSON.stringify(a.result) === JSON.stringify(b.result) : a.count === b.count;
}

export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
