import type { ScoredBox } from '../../../vision/index.js';
import { makePictureSpec, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { type GridLevel, gridLevels, stridesFor } from './grid.js';
import { OBJECTNESS_BOX_VALUES, type ObjectnessRow, rowsAbove } from './objectness-rows.js';
import { onlyOutput, rowsAndColumns, saysEndToEnd, unreadable, valueAt } from './shapes.js';

/** Strides of the heads: the usual one, and that of the P6 models. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
];
const DEFAULT_SIZE = 640;

/** YOLOX as Megvii exports it: mostly the raw head, whose boxes still are in cells of their grid. */
export const yolox: DetectorFamily = {
  name: 'yolox',
  task: detect,
  reads: '[1, cells of strides 8, 16, 32, 5 + classes]',
  recognise: (facts) => {
    const output = onlyOutput(facts);
    const sides = output && rowsAndColumns(output);
    if (!sides || (typeof sides.columns === 'number' && sides.columns <= OBJECTNESS_BOX_VALUES)) return undefined;
    const size = pictureSize(facts, DEFAULT_SIZE);
    if (typeof sides.rows === 'number' && !stridesFor(size, sides.rows, STRIDES)) return undefined;
    const classes = typeof sides.columns === 'number' ? { classes: sides.columns - OBJECTNESS_BOX_VALUES } : {};
    return { ...judge(facts.metadata, sides), ...classes, ...(saysEndToEnd(facts) ? { confidence: 0.1, why: 'metadata says that NMS is in the model' } : {}) };
  },
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-topleft', pad: 114, channels: 'bgr', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function judge(metadata: Readonly<Record<string, string>>, sides: { readonly rows: number | string; readonly columns: number | string }): Recognition {
  // YOLOv5's rows look the same but are decoded already; its exporter writes metadata, that of YOLOX none.
  if ('names' in metadata && 'stride' in metadata) {
    return { confidence: 0.3, why: 'the rows would fit, but metadata names and stride are those of a YOLOv5 export, whose boxes are decoded already' };
  }
  if (typeof sides.columns === 'string') return { confidence: 0.2, why: 'the number of classes is free' };
  if (typeof sides.rows === 'string') return { confidence: 0.6, why: 'rows of 5 + classes, their number is free' };
  return { confidence: 0.8, why: `${sides.rows} rows of 5 + classes, one for each cell of the grids` };
}

/**
 * Centre = (value + cell) × stride, side = e^value × stride (yolox/models/yolo_head.py, decode_outputs), unless the model did that
 * itself (`export_onnx.py --decode_in_inference`).
 */
function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const [output] = outputs;
  const [, cells = 0, values = 0] = output?.shape ?? [];
  const strides = stridesFor(context.spec, cells, STRIDES);
  if (!output || !strides || values <= OBJECTNESS_BOX_VALUES) throw unreadable(outputs, yolox.reads);
  const rows = rowsAbove(output, context.scoreThreshold);
  const placed = isDecoded(output, context.spec.width) ? rows : rows.map((row) => placeRow(row, gridLevels(context.spec, strides)));
  return placed.map(({ x, y, width, height, score, classId }) => {
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2, score, classId };
  });
}

/** Whether centres are in pixels: their mean then is about the middle of the picture, and otherwise that of a cell. */
function isDecoded(output: OutputTensor, width: number): boolean {
  const [, cells = 0, values = 0] = output.shape;
  let sum = 0;
  for (let at = 0; at < cells * values; at += values) sum += valueAt(output.data, at);
  return sum / cells > width / 8;
}

/** Width and height of the row in pixels, and its centre from the cell that it belongs to. */
function placeRow(row: ObjectnessRow, levels: readonly GridLevel[]): ObjectnessRow {
  let cell = row.index;
  for (const { stride, columns, rows } of levels) {
    if (cell >= columns * rows) {
      cell -= columns * rows;
      continue;
    }
    const x = (row.x + (cell % columns)) * stride;
    const y = (row.y + Math.floor(cell / columns)) * stride;
    return { ...row, x, y, width: Math.exp(row.width) * stride, height: Math.exp(row.height) * stride };
  }
  return row;
}
