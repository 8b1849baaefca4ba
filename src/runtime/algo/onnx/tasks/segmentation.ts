import type { Segmentation } from '../../../base/index.js';
import { type Box, encodeRle, type MaskField, maskOutlines, maskRuns, type Runs } from '../../../vision/index.js';
import type { Placement } from './task.js';

/** Numbers on a grid that covers the whole tensor, above 0 on the mask; row by row. */
export type GridPart = {
  readonly values: Float32Array;
  /** Size of the part that `values` holds, and where it begins. */
  readonly columns: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly firstRow: number;
  /** Size of the whole grid. */
  readonly grid: { readonly columns: number; readonly rows: number };
};

/** A part of a grid over the tensor as a field over the source's frame. A grid's cell has its number in its middle. */
export function fieldOf({ values, columns, rows, firstColumn, firstRow, grid }: GridPart, { spec, letterbox }: Placement): MaskField {
  const [cellWidth, cellHeight] = [spec.width / grid.columns, spec.height / grid.rows];
  return {
    values,
    columns,
    rows,
    left: ((firstColumn + 0.5) * cellWidth - letterbox.padX) / letterbox.scaleX,
    top: ((firstRow + 0.5) * cellHeight - letterbox.padY) / letterbox.scaleY,
    stepX: cellWidth / letterbox.scaleX,
    stepY: cellHeight / letterbox.scaleY,
  };
}

/** The mask within `box`, in both of COCO's forms. `pixels` are those of the mask. */
export function segmentationOf(field: MaskField, box: Box, frame: Placement['frame']): { readonly segmentation: Segmentation; readonly pixels: number } {
  const runs = maskRuns(field, box, frame);
  const polygons = maskOutlines(field, box).map((points) => points.flatMap(({ x, y }) => [roundCoordinate(x), roundCoordinate(y)]));
  const rle = { size: [frame.height, frame.width] as const, counts: encodeRle(runs, frame.width * frame.height) };
  return { segmentation: { polygons, rle }, pixels: pixelsOf(runs) };
}

function pixelsOf(runs: Runs): number {
  return runs.reduce((sum, length, i) => (i % 2 === 1 ? sum + length : sum), 0);
}

/** A hundredth of a pixel, as COCO's own outlines have. */
function roundCoordinate(value: number): number {
  return Math.round(value * 100) / 100;
}
