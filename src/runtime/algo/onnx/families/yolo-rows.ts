import type { ScoredBox } from '../../../vision/index.js';
import { parseNames } from '../metadata-text.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import type { Recognition } from './family.js';
import { stridesFor } from './grid.js';
import { rowsAndColumns, valueAt } from './shapes.js';
import { YOLO_SIZE } from './yolo-input.js';

/*
 * What Ultralytics' models of all tasks have in common: an output [N, 4 + classes + more, anchors], in which a row holds one value
 * of all anchors: centre x, centre y, width, height in pixels of the tensor, a score for each class, and what the task adds.
 */

/** Strides of the heads: the usual one, and those of the P6 and P2 models. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
];
/** Rows before the classes. */
export const BOX_ROWS = 4;
const NO_CLASS = -1;

/** What tells a task's models from the others'. */
export type RowTask = {
  /** As Ultralytics writes it into the metadata. */
  readonly task: 'detect' | 'pose' | 'segment' | 'obb';
  /** Rows behind the classes. */
  readonly moreRows: number;
  /** How sure the shape alone makes, of 1. */
  readonly byShape: number;
};

/** How sure it is that `output` is of that task. */
export function recogniseRows(facts: ModelFacts, output: TensorFact, wanted: RowTask): Recognition | undefined {
  const sides = rowsAndColumns(output);
  const before = BOX_ROWS + wanted.moreRows;
  if (!sides || (typeof sides.rows === 'number' && sides.rows <= before)) return undefined;
  // More values than anchors: rows and columns the other way round, another family's.
  if (typeof sides.rows === 'number' && typeof sides.columns === 'number' && sides.columns <= sides.rows) return undefined;
  const classes = typeof sides.rows === 'number' ? { classes: sides.rows - before } : {};
  const task = facts.metadata['task'];
  if (task !== undefined && task !== wanted.task) return { confidence: 0.1, why: `metadata says task "${task}", read is "${wanted.task}"`, ...classes };
  return { ...judge(sides, facts, wanted), ...classes };
}

type Sides = NonNullable<ReturnType<typeof rowsAndColumns>>;

function judge(sides: Sides, facts: ModelFacts, { task, byShape }: RowTask): Recognition {
  const isSaid = facts.metadata['task'] === task;
  const metadata = isSaid ? `, metadata says task "${task}"` : '';
  const sure = (confidence: number): number => (isSaid ? confidence : confidence * byShape);
  if (typeof sides.rows === 'string') return { confidence: 0.2, why: 'the number of classes is free' };
  if (typeof sides.columns === 'string') return { confidence: sure(0.9), why: `4 + classes rows, anchors are free${metadata}` };
  if (stridesFor(pictureSize(facts, YOLO_SIZE), sides.columns, STRIDES)) return { confidence: sure(1), why: `4 + classes rows of ${sides.columns} anchors, one for each cell of the grids${metadata}` };
  return { confidence: isSaid ? 0.7 : 0.3, why: `${sides.columns} anchors do not fit the grids of the size${metadata}` };
}

/** Whether the metadata names as many classes as there are rows for. */
export function namesFit(facts: ModelFacts, output: TensorFact, moreRows: number): boolean {
  const names = parseNames(facts.metadata['names'] ?? '');
  return names !== undefined && output.shape[1] === BOX_ROWS + names.length + moreRows;
}

/** A box and the anchor it is of, by which its other rows are found. */
export type RowBox = ScoredBox & { readonly anchor: number };

/** The boxes of one output whose best class reaches the threshold. */
export function readBoxes(output: OutputTensor, { classes, scoreThreshold }: { readonly classes: number; readonly scoreThreshold: number }): RowBox[] {
  const { scores, classIds } = bestClasses(output, classes, scoreThreshold);
  const found: RowBox[] = [];
  for (const [anchor, classId] of classIds.entries()) {
    if (classId === NO_CLASS) continue;
    const x = rowValue(output, 0, anchor);
    const y = rowValue(output, 1, anchor);
    const halfWidth = rowValue(output, 2, anchor) / 2;
    const halfHeight = rowValue(output, 3, anchor) / 2;
    found.push({ x1: x - halfWidth, y1: y - halfHeight, x2: x + halfWidth, y2: y + halfHeight, score: valueAt(scores, anchor), classId, anchor });
  }
  return found;
}

export function rowValue(output: OutputTensor, row: number, anchor: number): number {
  return valueAt(output.data, row * (output.shape[2] ?? 0) + anchor);
}

/** The best class of each anchor that reaches the threshold. A row holds one value of all anchors, so it goes row by row. */
function bestClasses(output: OutputTensor, classes: number, threshold: number): { readonly scores: Float32Array; readonly classIds: Int32Array } {
  const [, , anchors = 0] = output.shape;
  const scores = new Float32Array(anchors);
  const classIds = new Int32Array(anchors).fill(NO_CLASS);
  for (let classId = 0, at = BOX_ROWS * anchors; classId < classes; classId++) {
    for (let anchor = 0; anchor < anchors; anchor++, at++) {
      const score = valueAt(output.data, at);
      if (!(score >= threshold) || (classIds[anchor] !== NO_CLASS && score <= valueAt(scores, anchor))) continue;
      scores[anchor] = score;
      classIds[anchor] = classId;
    }
  }
  return { scores, classIds };
}

/** What is wrong where no score of any anchor is above 0, as a sigmoid is everywhere. */
export function silenceOf(output: OutputTensor | undefined, classes: number): string | undefined {
  const [, , anchors = 0] = output?.shape ?? [];
  if (!output || output.data.subarray(BOX_ROWS * anchors, (BOX_ROWS + classes) * anchors).some((score) => score > 0)) return undefined;
  return 'every score of the trial run is exactly 0: the model seems to have lost them when it was quantised (boxes and scores in one 8-bit tensor); if nothing is found, export it without quantising its last layers';
}
