import type { Box, TensorSpec } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { FoundBox } from '../tasks/detections.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { onlyOutput, sigmoid, unreadable, valueAt } from './shapes.js';

const STRIDE = 16;
/** Values of a cell before the classes: objectness, x, y, width, height. */
const BOX_VALUES = 5;
/** Score = objectness^0.6 × class^0.4 (FastestDet, utils/tool.py, handle_preds). */
const OBJECTNESS_WEIGHT = 0.6;
const CLASS_WEIGHT = 0.4;
const COCO_VALUES = BOX_VALUES + 80;
const DEFAULT_SIZE = 352;

/** FastestDet: one box for each cell of one grid, values of one kind together. */
export const fastestdet: DetectorFamily = {
  name: 'fastestdet',
  task: detect,
  reads: '[1, 5 + classes, rows, columns] of one grid of stride 16',
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'bgr', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const grid = gridOf(onlyOutput(facts)?.shape ?? []);
  if (!grid) return undefined;
  const { values, rows, columns } = grid;
  const classes = values - BOX_VALUES;
  const { width = '', height = '' } = pictureInput(facts) ?? {};
  if ([rows, columns, width, height].some((side) => typeof side === 'string')) {
    // COCO's 80 classes and 5: no map of classes has that many.
    return { confidence: values === COCO_VALUES ? 0.75 : 0.2, why: `${values} values for each cell of a grid whose size is free`, classes };
  }
  if (rows !== Math.ceil(Number(height) / STRIDE) || columns !== Math.ceil(Number(width) / STRIDE)) return undefined;
  // A map of classes, as segmentation gives it, looks the same; those are seldom that coarse.
  return { confidence: values === COCO_VALUES ? 0.9 : 0.6, why: `5 + ${classes} values for each cell of one grid of stride 16`, classes };
}

type Side = number | string;

function gridOf(shape: readonly Side[]): { readonly values: number; readonly rows: Side; readonly columns: Side } | undefined {
  const [batch, values, rows, columns] = shape;
  if (shape.length !== 4 || typeof values !== 'number' || values <= BOX_VALUES || rows === undefined || columns === undefined) return undefined;
  return batch === 1 || typeof batch === 'string' ? { values, rows, columns } : undefined;
}

function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundBox[] {
  const [output] = outputs;
  const [, values = 0, rows = 0, columns = 0] = output?.shape ?? [];
  if (output?.shape.length !== 4 || values <= BOX_VALUES) throw unreadable(outputs, fastestdet.reads);
  const found: FoundBox[] = [];
  for (let cell = 0; cell < rows * columns; cell++) {
    const objectness = share(valueAt(output.data, cell)) ** OBJECTNESS_WEIGHT;
    // No class is above 1.
    if (!(objectness >= scoreThreshold)) continue;
    const row = valuesOf(output, cell);
    const { score, classId } = bestClass(row);
    const weighed = objectness * share(score) ** CLASS_WEIGHT;
    if (weighed >= scoreThreshold) found.push({ ...placeBox(row, { spec, rows, columns, cell }), score: weighed, classId });
  }
  return found;
}

/** All values of a cell; in the output values of one kind are together. */
function valuesOf({ data, shape: [, values = 0, rows = 0, columns = 0] }: OutputTensor, cell: number): Float32Array {
  return Float32Array.from({ length: values }, (_, index) => valueAt(data, index * rows * columns + cell));
}

function bestClass(values: Float32Array): { readonly score: number; readonly classId: number } {
  let best = BOX_VALUES;
  for (let at = best + 1; at < values.length; at++) if (valueAt(values, at) > valueAt(values, best)) best = at;
  return { score: valueAt(values, best), classId: best - BOX_VALUES };
}

type Place = { readonly spec: TensorSpec; readonly rows: number; readonly columns: number; readonly cell: number };

/** Centre = (tanh(value) + cell) / cells, side = sigmoid(value), both in parts of the picture. */
function placeBox(values: Float32Array, { spec, rows, columns, cell }: Place): Box {
  const x = ((Math.tanh(valueAt(values, 1)) + (cell % columns)) / columns) * spec.width;
  const y = ((Math.tanh(valueAt(values, 2)) + Math.floor(cell / columns)) / rows) * spec.height;
  const halfWidth = (sigmoid(valueAt(values, 3)) * spec.width) / 2;
  const halfHeight = (sigmoid(valueAt(values, 4)) * spec.height) / 2;
  return { x1: x - halfWidth, y1: y - halfHeight, x2: x + halfWidth, y2: y + halfHeight };
}

/** Powers are of numbers from 0 on. */
function share(value: number): number {
  return Math.max(0, value);
}
