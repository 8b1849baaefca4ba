import type { ScoredBox } from '../../../vision/index.js';
import { makePictureSpec, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { gridLevels, stridesFor } from './grid.js';
import { onlyOutput, rowsAndColumns, saysEndToEnd, unreadable, valueAt } from './shapes.js';

/** Strides of the heads: the usual one, and that of the P6 models. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
];
/** Values of a row before the classes: x, y, width, height, objectness. */
const BOX_VALUES = 5;
const OBJECTNESS = 4;
const DEFAULT_SIZE = 640;

/** YOLOX as Megvii exports it: the raw head, whose boxes still are in cells of their grid. */
export const yolox: DetectorFamily = {
  name: 'yolox',
  task: detect,
  reads: '[1, cells of strides 8, 16, 32, 5 + classes]',
  recognise: (facts) => {
    const output = onlyOutput(facts);
    const sides = output && rowsAndColumns(output);
    if (!sides || (typeof sides.columns === 'number' && sides.columns <= BOX_VALUES)) return undefined;
    const size = pictureSize(facts, DEFAULT_SIZE);
    if (typeof sides.rows === 'number' && !stridesFor(size, sides.rows, STRIDES)) return undefined;
    const classes = typeof sides.columns === 'number' ? { classes: sides.columns - BOX_VALUES } : {};
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

/** Centre = (value + cell) × stride, side = e^value × stride, score = objectness × class (yolox/models/yolo_head.py, decode_outputs). */
function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const [output] = outputs;
  const [, cells = 0, values = 0] = output?.shape ?? [];
  const strides = stridesFor(context.spec, cells, STRIDES);
  if (!output || !strides || values <= BOX_VALUES) throw unreadable(outputs, yolox.reads);
  const found: ScoredBox[] = [];
  let at = 0;
  for (const { stride, columns, rows } of gridLevels(context.spec, strides)) {
    for (let cell = 0; cell < columns * rows; cell++, at += values) {
      // No class scores more than the objectness: most rows end here, before anything is made.
      if (!(valueAt(output.data, at + OBJECTNESS) >= context.scoreThreshold)) continue;
      const box = decodeRow(output.data.subarray(at, at + values), context.scoreThreshold);
      if (box) found.push(placeBox(box, stride, { column: cell % columns, row: Math.floor(cell / columns) }));
    }
  }
  return found;
}

type RawBox = { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly score: number; readonly classId: number };

/** A row whose best class reaches the threshold. */
function decodeRow(row: Float32Array, threshold: number): RawBox | undefined {
  const objectness = valueAt(row, OBJECTNESS);
  let best = BOX_VALUES;
  for (let at = BOX_VALUES + 1; at < row.length; at++) if (valueAt(row, at) > valueAt(row, best)) best = at;
  const score = objectness * valueAt(row, best);
  if (!(score >= threshold)) return undefined;
  return { x: valueAt(row, 0), y: valueAt(row, 1), width: valueAt(row, 2), height: valueAt(row, 3), score, classId: best - BOX_VALUES };
}

function placeBox(raw: RawBox, stride: number, cell: { readonly column: number; readonly row: number }): ScoredBox {
  const x = (raw.x + cell.column) * stride;
  const y = (raw.y + cell.row) * stride;
  const halfWidth = (Math.exp(raw.width) * stride) / 2;
  const halfHeight = (Math.exp(raw.height) * stride) / 2;
  return { x1: x - halfWidth, y1: y - halfHeight, x2: x + halfWidth, y2: y + halfHeight, score: raw.score, classId: raw.classId };
}
