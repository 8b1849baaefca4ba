import type { ScoredBox } from '../../../vision/index.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { gridCells } from './grid.js';
import { OBJECTNESS_BOX_VALUES, rowsAbove } from './objectness-rows.js';
import { isFloat, rowsAndColumns, saysEndToEnd, unreadable } from './shapes.js';
import { YOLO_SIZE, yoloInputSpec } from './yolo-input.js';

/** Strides of the heads: the usual one, that of the P6 models, that of the tiny ones. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
];
const ANCHORS_PER_CELL = 3;

/** YOLOv5, YOLOv7 and YOLOv3 of Ultralytics, exported without NMS: boxes are in pixels already, three anchors a cell. */
export const yolov5: DetectorFamily = {
  name: 'yolov5',
  task: detect,
  reads: '[1, 3 × cells of strides 8, 16, 32, 5 + classes], decoded',
  recognise: (facts) => {
    const output = pictureInput(facts) && findDecoded(facts.outputs);
    const sides = output && isFloat(output) ? rowsAndColumns(output) : undefined;
    if (!sides || (typeof sides.columns === 'number' && sides.columns <= OBJECTNESS_BOX_VALUES)) return undefined;
    const judged = judge(facts, sides);
    if (!judged) return undefined;
    const classes = typeof sides.columns === 'number' ? { classes: sides.columns - OBJECTNESS_BOX_VALUES } : {};
    return { ...judged, ...classes, ...(saysEndToEnd(facts) ? { confidence: 0.1, why: 'metadata says that NMS is in the model' } : {}) };
  },
  inputSpec: yoloInputSpec,
  decode,
};

type Shaped = Pick<TensorFact, 'shape'>;

/** The output of all anchors; older exports have the raw heads [1, 3, rows, columns, 5 + classes] behind it. */
function findDecoded<T extends Shaped>(outputs: readonly T[]): T | undefined {
  const [decoded, ...others] = outputs.filter(({ shape }) => shape.length !== 5);
  return decoded?.shape.length === 3 && others.length === 0 ? decoded : undefined;
}

function judge(facts: ModelFacts, { rows, columns }: { readonly rows: number | string; readonly columns: number | string }): Recognition | undefined {
  // Ultralytics' later exporters write a task as well, and have other layouts.
  const isExporters = 'names' in facts.metadata && 'stride' in facts.metadata && !('task' in facts.metadata);
  const metadata = isExporters ? ', metadata names and stride as YOLOv5 writes them' : '';
  if (typeof columns === 'string') return { confidence: 0.2, why: 'the number of classes is free' };
  if (typeof rows === 'string') return { confidence: isExporters ? 0.7 : 0.4, why: `rows of 5 + classes, their number is free${metadata}` };
  const anchors = anchorsPerCell(facts, rows);
  if (anchors === undefined) return undefined;
  if (anchors === ANCHORS_PER_CELL) return { confidence: 0.9, why: `${rows} rows of 5 + classes, three for each cell of the grids${metadata}` };
  return { confidence: isExporters ? 0.85 : 0.3, why: `${rows} rows of 5 + classes, one for each cell of the grids${metadata}` };
}

function anchorsPerCell(facts: ModelFacts, rows: number): number | undefined {
  const size = pictureSize(facts, YOLO_SIZE);
  return [ANCHORS_PER_CELL, 1].find((anchors) => STRIDES.some((strides) => gridCells(size, strides) * anchors === rows));
}

function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const output = findDecoded(outputs);
  if (!output || (output.shape[2] ?? 0) <= OBJECTNESS_BOX_VALUES) throw unreadable(outputs, yolov5.reads);
  return rowsAbove(output, context.scoreThreshold).map(({ x, y, width, height, score, classId }) => {
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2, score, classId };
  });
}
