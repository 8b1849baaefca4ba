import type { Detection, SegmentedDetection } from '../../../base/index.js';
import type { OutputTensor } from '../session.js';
import { type FoundBox, keepBest, toDetection } from './detections.js';
import { fieldOf, type GridPart, segmentationOf } from './segmentation.js';
import type { Placement, ResultContext, Task } from './task.js';

/** Boxes with their masks' coefficients, and what these are multiplied with. */
export type FoundMasks = {
  readonly boxes: readonly (FoundBox & { readonly coefficients: Float32Array })[];
  /** [1, coefficients, rows, columns] over the whole tensor; a mask is the sum of coefficient × prototype, above 0 inside. */
  readonly prototypes: Pick<OutputTensor, 'shape' | 'data'>;
};

/**
 * Things with their masks (YOLACT, arXiv:1904.02689, section 3). A mask's logits are scaled up to the frame's pixels bilinearly
 * and cut at 0, a probability of one half, then cut off at the box: what Ultralytics calls `retina_masks`.
 */
export const segment: Task<FoundMasks> = { name: 'instance-segmentation', toResult };

function toResult({ boxes, prototypes }: FoundMasks, context: ResultContext): SegmentedDetection[] {
  const { placement } = context;
  return keepBest(boxes, context).flatMap((box) => {
    const detection = toDetection(box, context);
    if (!detection) return [];
    const inFrame = { x1: detection.box.xmin, y1: detection.box.ymin, x2: detection.box.xmax, y2: detection.box.ymax };
    const field = fieldOf(logits(box.coefficients, prototypes, cellsUnder(detection.box, prototypes.shape, placement)), placement);
    return [{ ...detection, segmentation: segmentationOf(field, inFrame, placement.frame).segmentation }];
  });
}

type Cells = { readonly firstColumn: number; readonly firstRow: number; readonly endColumn: number; readonly endRow: number };

/** The prototypes' cells that a box of the frame depends on: one more on each side than it covers, for what is between them. */
function cellsUnder(box: Detection['box'], [, , rows = 0, columns = 0]: readonly number[], { spec, letterbox }: Placement): Cells {
  const column = (x: number): number => ((x * letterbox.scaleX + letterbox.padX) * columns) / spec.width - 0.5;
  const row = (y: number): number => ((y * letterbox.scaleY + letterbox.padY) * rows) / spec.height - 0.5;
  return {
    firstColumn: Math.min(columns - 1, Math.max(0, Math.floor(column(box.xmin)))),
    firstRow: Math.min(rows - 1, Math.max(0, Math.floor(row(box.ymin)))),
    endColumn: Math.max(1, Math.min(columns, Math.ceil(column(box.xmax)) + 1)),
    endRow: Math.max(1, Math.min(rows, Math.ceil(row(box.ymax)) + 1)),
  };
}

/** Sums of coefficient × prototype in these cells; what is no number is outside of the mask. */
function logits(coefficients: Float32Array, { data, shape }: FoundMasks['prototypes'], cells: Cells): GridPart {
  const [, , gridRows = 0, gridColumns = 0] = shape;
  const columns = cells.endColumn - cells.firstColumn;
  const rows = cells.endRow - cells.firstRow;
  const values = new Float32Array(columns * rows);
  coefficients.forEach((coefficient, i) => {
    for (let row = 0, at = 0; row < rows; row++) {
      const start = (i * gridRows + cells.firstRow + row) * gridColumns + cells.firstColumn;
      for (let from = start; from < start + columns; from++, at++) values[at] = (values[at] as number) + coefficient * (data[from] as number);
    }
  });
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at])) values[at] = -1;
  return { values, columns, rows, firstColumn: cells.firstColumn, firstRow: cells.firstRow, grid: { columns: gridColumns, rows: gridRows } };
}
