import type { ScoredBox } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { type GridLevel, gridLevels, stridesFor } from './grid.js';
import { isFloat, rowsAndColumns, unreadable, valueAt } from './shapes.js';

/** NanoDet's strides, and those of NanoDet-Plus. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
];
/** Each side of a box is a distribution over this many distances (reg_max 7). */
const BINS = 8;
const SIDE_VALUES = 4 * BINS;
const DEFAULT_SIZE = 320;
/** Of a cell, in parts of it. */
const MIDDLE = 0.5;
/** Values of a row of COCO's 80 classes in the joined layout; other counts could be a YOLOX of three strides as well. */
const JOINED_COCO_VALUES = 80 + SIDE_VALUES;

/** Training configs of NanoDet, `data.train.pipeline.normalize`. */
const NANODET_PICTURE = { fit: 'letterbox-center', channels: 'bgr', mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] } as const;
/** PaddleDetection, configs/picodet/_base_/picodet_*_reader.yml, EvalReader: the same numbers in the other order. */
const PICODET_PICTURE = { fit: 'stretch', channels: 'rgb', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as const;

/** NanoDet and PicoDet: a pair of outputs a stride (classes, sides), or both of all strides joined; scores have had their sigmoid. */
export const nanodet: DetectorFamily = {
  name: 'nanodet',
  task: detect,
  reads: 'for each of strides 8, 16, 32 (, 64): [1, cells, classes] and [1, cells, 32]; or all joined: [1, cells, classes + 32]',
  recognise: (facts) => {
    if (!pictureInput(facts) || !facts.outputs.every(isFloat)) return undefined;
    return facts.outputs.length === 1 ? recogniseJoined(facts) : recognisePairs(facts);
  },
  inputSpec: (facts) =>
    makePictureSpec(facts, {
      pad: 0,
      scale: 1,
      defaultSize: DEFAULT_SIZE,
      ...(isPicodet(facts.outputs) ? PICODET_PICTURE : NANODET_PICTURE),
    }),
  decode,
};

function recogniseJoined(facts: ModelFacts): Recognition | undefined {
  const sides = facts.outputs[0] && rowsAndColumns(facts.outputs[0]);
  if (!sides || typeof sides.rows === 'string' || typeof sides.columns === 'string' || sides.columns <= SIDE_VALUES) return undefined;
  const strides = stridesFor(pictureSize(facts, DEFAULT_SIZE), sides.rows, STRIDES);
  if (!strides) return undefined;
  const isSure = strides.length === 4 || sides.columns === JOINED_COCO_VALUES;
  // Above YOLOX's 0.8: 112 values in a row are 80 classes here and 107 there.
  return { confidence: isSure ? 0.85 : 0.2, why: `${sides.rows} rows of classes + 32, one for each cell of ${strides.length} grids`, classes: sides.columns - SIDE_VALUES };
}

function recognisePairs(facts: ModelFacts): Recognition | undefined {
  const pairs = findPairs(facts.outputs, pictureSize(facts, DEFAULT_SIZE));
  const classes = pairs?.[0]?.scores.shape[2];
  if (!pairs || typeof classes !== 'number') return undefined;
  return { confidence: 0.95, why: `classes and 4 × 8 sides for each of ${pairs.length} strides${isPicodet(facts.outputs) ? ', as PicoDet has them' : ''}`, classes };
}

/** Four strides come in pairs only from PaddleDetection: NanoDet has three, NanoDet-Plus joins its four. */
function isPicodet(outputs: readonly unknown[]): boolean {
  return outputs.length === 8;
}

type Shaped = { readonly name: string; readonly shape: readonly (number | string)[] };
type Pair<T> = { readonly level: GridLevel; readonly scores: T; readonly sides: T };

/** The outputs paired by the number of their cells; names differ from export to export. */
function findPairs<T extends Shaped>(outputs: readonly T[], size: { readonly width: number; readonly height: number }): Pair<T>[] | undefined {
  const strides = STRIDES.find((candidate) => candidate.length * 2 === outputs.length);
  if (!strides) return undefined;
  const pairs: Pair<T>[] = [];
  for (const level of gridLevels(size, strides)) {
    const same = outputs.filter(({ shape }) => shape.length === 3 && shape[1] === level.columns * level.rows);
    const sides = same.find(({ name, shape }) => shape[2] === SIDE_VALUES && (same.every((other) => other.shape[2] === SIDE_VALUES) ? /dis|reg|box/i.test(name) : true));
    const scores = same.find((output) => output !== sides);
    if (same.length !== 2 || !sides || !scores || scores.shape[2] !== (pairs[0]?.scores.shape[2] ?? scores.shape[2])) return undefined;
    pairs.push({ level, scores, sides });
  }
  return pairs;
}

/** Where one level's numbers lie in an output: its rows begin at `start`, `step` apart. */
type Rows = { readonly data: Float32Array; readonly start: number; readonly step: number };
type Level = { readonly grid: GridLevel; readonly scores: Rows; readonly classes: number; readonly sides: Rows; /** Of a cell, in parts of it. */ readonly centre: number };

function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const found: ScoredBox[] = [];
  for (const level of outputs.length === 1 ? joinedLevels(outputs, context) : pairedLevels(outputs, context)) {
    for (let cell = 0; cell < level.grid.columns * level.grid.rows; cell++) {
      const best = bestClass(level, cell);
      const score = valueAt(level.scores.data, best);
      if (score >= context.scoreThreshold) found.push({ ...cellBox(level, cell), score, classId: best - level.scores.start - cell * level.scores.step });
    }
  }
  return found;
}

function pairedLevels(outputs: readonly OutputTensor[], context: DecodeContext): Level[] {
  const pairs = findPairs(outputs, context.spec);
  if (!pairs) throw unreadable(outputs, nanodet.reads);
  return pairs.map(({ level, scores, sides }) => {
    const classes = scores.shape[2] ?? 0;
    return { grid: level, classes, scores: { data: scores.data, start: 0, step: classes }, sides: { data: sides.data, start: 0, step: SIDE_VALUES }, centre: MIDDLE };
  });
}

function joinedLevels(outputs: readonly OutputTensor[], context: DecodeContext): Level[] {
  const [, cells = 0, values = 0] = outputs[0]?.shape ?? [];
  const strides = stridesFor(context.spec, cells, STRIDES);
  const data = outputs[0]?.data;
  if (!strides || !data || values <= SIDE_VALUES) throw unreadable(outputs, nanodet.reads);
  const classes = values - SIDE_VALUES;
  let start = 0;
  return gridLevels(context.spec, strides).map((grid) => {
    const level = { grid, classes, scores: { data, start, step: values }, sides: { data, start: start + classes, step: values }, centre: centreOfJoined(strides.length) };
    start += grid.columns * grid.rows * values;
    return level;
  });
}

/** NanoDet counts from the middle of a cell, NanoDet-Plus, which has four strides joined, from its corner (nanodet_head.py, nanodet_plus_head.py). */
function centreOfJoined(strides: number): number {
  return strides === 4 ? 0 : MIDDLE;
}

/** Place of the highest score of a cell. */
function bestClass(level: Level, cell: number): number {
  const { data, start, step } = level.scores;
  const first = start + cell * step;
  let best = first;
  for (let at = first + 1; at < first + level.classes; at++) if (valueAt(data, at) > valueAt(data, best)) best = at;
  return best;
}

function cellBox(level: Level, cell: number): { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number } {
  const { stride, columns } = level.grid;
  const x = ((cell % columns) + level.centre) * stride;
  const y = (Math.floor(cell / columns) + level.centre) * stride;
  const at = level.sides.start + cell * level.sides.step;
  const side = (index: number): number => expectedBin(level.sides.data, at + index * BINS) * stride;
  return { x1: x - side(0), y1: y - side(1), x2: x + side(2), y2: y + side(3) };
}

/** Mean of the bin numbers under the softmax of their values (Generalized Focal Loss, section 3). */
function expectedBin(data: Float32Array, at: number): number {
  let max = -Infinity;
  for (let bin = 0; bin < BINS; bin++) max = Math.max(max, valueAt(data, at + bin));
  let weights = 0;
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const weight = Math.exp(valueAt(data, at + bin) - max);
    weights += weight;
    sum += weight * bin;
  }
  return sum / weights;
}
