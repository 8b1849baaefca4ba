import munkres from 'munkres';

/** What a pair that must not be costs: more than all that may be together. */
const NEVER = 1e6;

/**
 * Pairs of a row and a column, none in two pairs, whose likenesses together are the greatest (the assignment problem; Munkres).
 * @param likeness 0…1, the greater the better; undefined: this pair must not be.
 */
export function assign<R, C>(rows: readonly R[], columns: readonly C[], likeness: (row: R, column: C) => number | undefined): [R, C][] {
  if (rows.length === 0 || columns.length === 0) return [];
  const costs = rows.map((row) => columns.map((column) => {
    const like = likeness(row, column);
    return like === undefined ? NEVER : 1 - like;
  }));
  return munkres(costs).flatMap(([r, c]) => ((costs[r]?.[c] ?? NEVER) < NEVER ? [[rows[r] as R, columns[c] as C] satisfies [R, C]] : []));
}
