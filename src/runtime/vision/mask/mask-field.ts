import type { Box } from '../box.js';

/**
 * Numbers on a grid over a picture: what is above 0 belongs to the mask. Between the samples the field is bilinear, outside of
 * them as at their border, as image libraries scale pictures up.
 */
export type MaskField = {
  /** Row by row. */
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  /** Where the first sample lies, in pixels of the picture: the centre of the picture's first pixel is at 0.5. */
  readonly left: number;
  readonly top: number;
  /** Pixels from one sample to the next, above 0. */
  readonly stepX: number;
  readonly stepY: number;
};

/** Pixels in a row, numbered column by column from the upper left one: start and length in turn, rising, none touching the next. */
export type Runs = readonly number[];

/** The pixels of a picture of that size whose centres lie in `box` and on the mask. */
export function maskRuns(field: MaskField, box: Box, frame: { readonly width: number; readonly height: number }): Runs {
  const [left, right] = pixelsBetween(box.x1, box.x2, frame.width);
  const [top, bottom] = pixelsBetween(box.y1, box.y2, frame.height);
  const runs: number[] = [];
  const column = new Float32Array(field.rows);
  for (let x = left; x < right; x++) {
    readColumn(field, x + 0.5, column);
    columnRuns(field, column, (from, to) => { addRun(runs, x * frame.height + Math.max(from, top), x * frame.height + Math.min(to, bottom)); });
  }
  return runs;
}

/** The first pixel whose centre is not before `from`, and the first that is not before `to`. */
function pixelsBetween(from: number, to: number, limit: number): [number, number] {
  return [Math.max(0, Math.ceil(from - 0.5)), Math.min(limit, Math.ceil(to - 0.5))];
}

function addRun(runs: number[], start: number, end: number): void {
  if (end <= start) return;
  const last = runs.length - 1;
  const lastEnd = (runs[last - 1] ?? NaN) + (runs[last] ?? NaN);
  if (lastEnd === start) runs[last] = (runs[last] as number) + end - start;
  else runs.push(start, end - start);
}

/** The field along the vertical line at `x`, at the height of each row. */
function readColumn({ values, columns, left, stepX }: MaskField, x: number, into: Float32Array): void {
  const place = Math.min(columns - 1, Math.max(0, (x - left) / stepX));
  const first = Math.floor(place);
  const second = Math.min(columns - 1, first + 1);
  const part = place - first;
  for (let row = 0, at = 0; row < into.length; row++, at += columns) {
    const value = values[at + first] as number;
    into[row] = value + part * ((values[at + second] as number) - value);
  }
}

/**
 * Calls `take` for the pixels, from and up to, that are above 0. From one row to the next the field is a straight line, so where
 * it crosses 0 is computed: this costs a step for each row of the field, not for each pixel.
 */
function columnRuns({ top, stepY }: MaskField, column: Float32Array, take: (from: number, to: number) => void): void {
  let start = (column[0] as number) > 0 ? -Infinity : undefined;
  for (let row = 1; row < column.length; row++) {
    const above = column[row - 1] as number;
    const below = column[row] as number;
    if (above > 0 === below > 0) continue;
    // the first pixel whose centre is below the crossing
    const pixel = Math.floor(top + (row - 1 + above / (above - below)) * stepY - 0.5) + 1;
    if (start === undefined) start = pixel;
    else {
      take(start, pixel);
      start = undefined;
    }
  }
  if (start !== undefined) take(start, Infinity);
}
