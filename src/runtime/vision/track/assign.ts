import munkres from 'munkres';

/**
 * Pairs of a row and a column, none in two pairs, whose likenesses together are the greatest (the assignment problem; Munkres).
 * @param likeness 0…1, the greater the better; 0: they are no pair.
 */
export function assign<R, C>(rows: readonly R[], columns: readonly C[], likeness: (row: R, column: C) => number): [R, C][] {
  if (rows.length === 0 || columns.length === 0) return [];
  const costs = rows.map((row) => columns.map((column) => 1 - likeness(row, column)));
  return munkres(costs).flatMap(([r, c]) => ((costs[r]?.[c] ?? 1) < 1 ? [[rows[r] as R, columns[c] as C] satisfies [R, C]] : []));
}
