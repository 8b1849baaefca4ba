type Size = { readonly width: number; readonly height: number };

/** Cells of one level: rows from top to bottom, each from left to right. */
export type GridLevel = { readonly stride: number; readonly columns: number; readonly rows: number };

/** The cells that a picture of that size has at each stride; a last part of a cell counts. */
export function gridLevels(size: Size, strides: readonly number[]): GridLevel[] {
  return strides.map((stride) => ({ stride, columns: Math.ceil(size.width / stride), rows: Math.ceil(size.height / stride) }));
}

/** Cells of all levels together. */
export function gridCells(size: Size, strides: readonly number[]): number {
  return gridLevels(size, strides).reduce((sum, level) => sum + level.columns * level.rows, 0);
}

/** Those of `candidates` whose cells add up to `cells`. */
export function stridesFor(size: Size, cells: number, candidates: readonly (readonly number[])[]): readonly number[] | undefined {
  return candidates.find((strides) => gridCells(size, strides) === cells);
}
