import type { OutputTensor } from '../session.js';
import { valueAt } from './shapes.js';

/** Values of a row before the classes: centre x, centre y, width, height, objectness. */
export const OBJECTNESS_BOX_VALUES = 5;
const OBJECTNESS = 4;

/** A row of YOLOv5, YOLOv7 or YOLOX, whose sides mean what the family says. */
export type ObjectnessRow = {
  /** Place of the row in the output. */
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Objectness × class. */
  readonly score: number;
  readonly classId: number;
};

/** The rows of `[1, rows, 5 + classes]` whose best class reaches the threshold. */
export function rowsAbove(output: OutputTensor, threshold: number): ObjectnessRow[] {
  const [, rows = 0, values = 0] = output.shape;
  const found: ObjectnessRow[] = [];
  for (let index = 0, at = 0; index < rows; index++, at += values) {
    // No class scores more than the objectness: most rows end here, before anything is made.
    if (!(valueAt(output.data, at + OBJECTNESS) >= threshold)) continue;
    const row = readRow(output.data.subarray(at, at + values), index);
    if (row.score >= threshold) found.push(row);
  }
  return found;
}

function readRow(row: Float32Array, index: number): ObjectnessRow {
  let best = OBJECTNESS_BOX_VALUES;
  for (let at = best + 1; at < row.length; at++) if (valueAt(row, at) > valueAt(row, best)) best = at;
  const [x = NaN, y = NaN, width = NaN, height = NaN, objectness = NaN] = row;
  return { index, x, y, width, height, score: objectness * valueAt(row, best), classId: best - OBJECTNESS_BOX_VALUES };
}
