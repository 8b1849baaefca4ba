import type { ScoredBox } from '../../../vision/index.js';
import { makePictureSpec, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { stridesFor } from './grid.js';
import { onlyOutput, rowsAndColumns, unreadable, valueAt } from './shapes.js';

/** Strides of the heads: the usual one, and those of the P6 and P2 models. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
];
/** Values of an anchor before the classes: centre x, centre y, width, height. */
const BOX_VALUES = 4;
const DEFAULT_SIZE = 640;
const NO_CLASS = -1;

/** Ultralytics YOLOv8, v9, v11, v12 detectors exported without NMS. */
export const yolov8: DetectorFamily = {
  name: 'yolov8',
  task: detect,
  reads: '[N, 4 + classes, anchors]',
  recognise: (facts) => {
    const output = onlyOutput(facts);
    const sides = output && rowsAndColumns(output);
    if (!sides || (typeof sides.rows === 'number' && sides.rows <= BOX_VALUES)) return undefined;
    // More values than anchors: rows and columns the other way round, another family's.
    if (typeof sides.rows === 'number' && typeof sides.columns === 'number' && sides.columns <= sides.rows) return undefined;
    const classes = typeof sides.rows === 'number' ? { classes: sides.rows - BOX_VALUES } : {};
    const task = facts.metadata['task'];
    if (task !== undefined && task !== 'detect') return { confidence: 0.1, why: `metadata says task "${task}", understood is "detect"`, ...classes };
    return { ...judge(sides, pictureSize(facts, DEFAULT_SIZE), task), ...classes };
  },
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-center', pad: 114, channels: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

type Sides = { readonly rows: number | string; readonly columns: number | string };

function judge(sides: Sides, size: { readonly width: number; readonly height: number }, task: string | undefined): Recognition {
  const metadata = task === undefined ? '' : ', metadata says task "detect"';
  if (typeof sides.rows === 'string') return { confidence: 0.2, why: 'the number of classes is free' };
  if (typeof sides.columns === 'string') return { confidence: task === undefined ? 0.6 : 0.9, why: `4 + classes rows, anchors are free${metadata}` };
  if (stridesFor(size, sides.columns, STRIDES)) return { confidence: task === undefined ? 0.8 : 1, why: `4 + classes rows of ${sides.columns} anchors, one for each cell of the grids${metadata}` };
  return { confidence: task === undefined ? 0.3 : 0.7, why: `${sides.columns} anchors do not fit the grids of the size${metadata}` };
}

/** Boxes are in pixels already. */
function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const [output] = outputs;
  if (output?.shape.length !== 3 || (output.shape[1] ?? 0) <= BOX_VALUES) throw unreadable(outputs, yolov8.reads);
  const [, , anchors = 0] = output.shape;
  const value = (row: number, anchor: number): number => valueAt(output.data, row * anchors + anchor);
  const { scores, classIds } = bestClasses(output, context.scoreThreshold);
  const found: ScoredBox[] = [];
  for (const [anchor, classId] of classIds.entries()) {
    if (classId === NO_CLASS) continue;
    const x = value(0, anchor);
    const y = value(1, anchor);
    const halfWidth = value(2, anchor) / 2;
    const halfHeight = value(3, anchor) / 2;
    found.push({ x1: x - halfWidth, y1: y - halfHeight, x2: x + halfWidth, y2: y + halfHeight, score: valueAt(scores, anchor), classId });
  }
  return found;
}

/** The best class of each anchor that reaches the threshold. A row holds one value of all anchors, so it goes row by row. */
function bestClasses(output: OutputTensor, threshold: number): { readonly scores: Float32Array; readonly classIds: Int32Array } {
  const [, values = 0, anchors = 0] = output.shape;
  const scores = new Float32Array(anchors);
  const classIds = new Int32Array(anchors).fill(NO_CLASS);
  for (let row = BOX_VALUES, at = BOX_VALUES * anchors; row < values; row++) {
    for (let anchor = 0; anchor < anchors; anchor++, at++) {
      const score = valueAt(output.data, at);
      if (!(score >= threshold) || (classIds[anchor] !== NO_CLASS && score <= valueAt(scores, anchor))) continue;
      scores[anchor] = score;
      classIds[anchor] = row - BOX_VALUES;
    }
  }
  return { scores, classIds };
}
