import type { ScoredBox, TensorSpec } from '../../../vision/index.js';
import { parseNames } from '../metadata-text.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { FeedTensor, OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { isFloat, onlyOutput, rowsAndColumns, saysEndToEnd, sigmoid, unreadable, valueAt } from './shapes.js';

const DEFAULT_SIZE = 640;
const NO_CLASS = -1;
/** Values of a box: centre x, centre y, width, height beside logits; x1, y1, x2, y2 of a finished one. All are shares of the picture here. */
const BOX_VALUES = 4;
/** Values of rows that may be finished boxes as well, with score and class. */
const FINISHED_COLUMNS: readonly number[] = [6, 7];
/** COCO's 90 numbers and one for "nothing", and the 91 of other DETRs: those want softmax, and other colours. */
const OTHER_DETR_CLASSES: readonly (number | string)[] = [91, 92];

/** D-FINE, RT-DETR and DEIM: a fixed number of queries, each of which finds one thing or none; nothing is left to suppress. */
export const detr: DetectorFamily = {
  name: 'detr',
  task: detect,
  reads: 'logits [1, queries, classes] and pred_boxes [1, queries, 4]; or labels [1, K], boxes [1, K, 4] and scores [1, K], with orig_target_sizes int64 [1, 2] as a second input; or [1, queries, 4 + classes] as Ultralytics exports RT-DETR',
  needsNms: 'no',
  recognise,
  inputSpec: (facts: ModelFacts) =>
    makePictureSpec(splitInputs(facts).picture, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  extraInputs: (facts: ModelFacts) => {
    const { sizes } = splitInputs(facts);
    return sizes ? [sizeOfOne(sizes.name)] : [];
  },
  decode,
};

/** The model as if the picture were its only input, and the input that takes the size boxes are wanted for. */
function splitInputs(facts: ModelFacts): { readonly picture: ModelFacts; readonly sizes?: TensorFact } {
  const sizes = facts.inputs.find(({ dtype, shape }) => dtype === 'int64' && shape.length === 2 && shape[1] === 2);
  return sizes ? { picture: { ...facts, inputs: facts.inputs.filter((input) => input !== sizes) }, sizes } : { picture: facts };
}

/** A picture of 1 × 1: boxes come as shares of it, whether the model means (width, height) or (height, width). */
function sizeOfOne(name: string): FeedTensor {
  return { name, dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 1n).buffer };
}

function recognise(facts: ModelFacts): Recognition | undefined {
  const { picture, sizes } = splitInputs(facts);
  if (!pictureInput(picture)) return undefined;
  if (sizes) {
    const finished = findFinished(facts.outputs);
    return finished && isFloat(finished.boxes) && isFloat(finished.scores) ? { confidence: 0.9, why: `labels, boxes and scores, scaled to input ${sizes.name}` } : undefined;
  }
  const rows = recogniseRows(facts);
  if (rows) return rows;
  const queries = findQueries(facts.outputs);
  return queries && isFloat(queries.logits) && isFloat(queries.boxes) ? judgeQueries(queries.logits) : undefined;
}

/** Ultralytics' RT-DETR: boxes and scores side by side. Only where the metadata names as many classes: rows alone may be anything. */
function recogniseRows(facts: ModelFacts): Recognition | undefined {
  const output = onlyOutput(facts);
  const columns = output && rowsAndColumns(output)?.columns;
  const classes = parseNames(facts.metadata['names'] ?? '')?.length;
  if (classes === undefined || columns !== BOX_VALUES + classes || saysEndToEnd(facts)) return undefined;
  const why = `rows of a box and ${classes} scores, as many as metadata names`;
  if (/rt-?detr/i.test(facts.metadata['description'] ?? '')) return { confidence: 0.95, why: `${why}, which says RT-DETR`, classes };
  return { confidence: FINISHED_COLUMNS.includes(columns) ? 0.3 : 0.85, why, classes };
}

function judgeQueries(logits: TensorFact): Recognition {
  const columns = rowsAndColumns(logits)?.columns;
  if (typeof columns !== 'number') return { confidence: 0.6, why: 'logits and boxes of queries, the number of classes is free' };
  if (!OTHER_DETR_CLASSES.includes(columns)) return { confidence: 0.9, why: `logits of ${columns} classes and boxes of queries`, classes: columns };
  return { confidence: 0.2, why: `logits and boxes of queries, but ${columns} classes are those of DETRs that want softmax and other colours`, classes: columns };
}

type Shaped = Pick<TensorFact, 'name' | 'shape'>;

/** The two outputs of exports from Hugging Face; there may be others beside them. */
function findQueries<T extends Shaped>(outputs: readonly T[]): { readonly logits: T; readonly boxes: T } | undefined {
  const logits = outputs.find(({ name }) => /^(?:pred_)?logits$/.test(name));
  const boxes = outputs.find(({ name }) => name === 'pred_boxes');
  const isPair = logits && boxes && haveSides(logits, ['batch', 'queries', 'classes']) && haveSides(boxes, ['batch', logits.shape[1] ?? 0, BOX_VALUES]);
  return isPair ? { logits, boxes } : undefined;
}

/** The three outputs of the projects' own exports, in any order. */
function findFinished<T extends Shaped>(outputs: readonly T[]): { readonly labels: T; readonly boxes: T; readonly scores: T } | undefined {
  const [labels, boxes, scores] = ['labels', 'boxes', 'scores'].map((wanted) => outputs.find(({ name }) => name === wanted));
  if (!labels || !boxes || !scores || !haveSides(scores, ['batch', 'rows'])) return undefined;
  const rows = scores.shape[1] ?? 0;
  return haveSides(labels, ['batch', rows]) && haveSides(boxes, ['batch', rows, BOX_VALUES]) ? { labels, boxes, scores } : undefined;
}

/** Whether a tensor has these sides; a text is one of any length, on either part. The batch is 1 or free. */
function haveSides(tensor: Shaped, sides: readonly (number | string)[]): boolean {
  const [batch] = tensor.shape;
  if (tensor.shape.length !== sides.length || (typeof batch === 'number' && batch !== 1)) return false;
  return tensor.shape.every((side, i) => typeof side === 'string' || typeof sides[i] === 'string' || side === sides[i]);
}

function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const queries = findQueries(outputs);
  if (queries) return decodeQueries(queries.logits, queries.boxes, context);
  const finished = findFinished(outputs);
  if (finished) return decodeFinished(finished, context);
  const [rows, ...others] = outputs;
  if (!rows || others.length > 0 || rows.shape.length !== 3 || (rows.shape[2] ?? 0) <= BOX_VALUES) throw unreadable(outputs, detr.reads);
  return decodeRows(rows, context);
}

/** Centre and sides in parts of the picture, then the scores, which have had their sigmoid. */
function decodeRows(output: OutputTensor, { spec, scoreThreshold }: DecodeContext): ScoredBox[] {
  const [, rows = 0, values = 0] = output.shape;
  const found: ScoredBox[] = [];
  for (let at = 0; at < rows * values; at += values) {
    const classId = bestClass(output.data.subarray(at + BOX_VALUES, at + values));
    const score = classId === NO_CLASS ? NaN : valueAt(output.data, at + BOX_VALUES + classId);
    if (score >= scoreThreshold) found.push({ ...placeBox(output.data.subarray(at, at + BOX_VALUES), spec), score, classId });
  }
  return found;
}

/** Score = sigmoid(best logit), as each class is trained by itself (RT-DETR, rtdetr_postprocessor.py). */
function decodeQueries(logits: OutputTensor, boxes: OutputTensor, { spec, scoreThreshold }: DecodeContext): ScoredBox[] {
  const [, queries = 0, classes = 0] = logits.shape;
  const found: ScoredBox[] = [];
  for (let query = 0; query < queries; query++) {
    const classId = bestClass(logits.data.subarray(query * classes, (query + 1) * classes));
    if (classId === NO_CLASS) continue;
    const score = sigmoid(valueAt(logits.data, query * classes + classId));
    if (score < scoreThreshold) continue;
    found.push({ ...placeBox(boxes.data.subarray(query * BOX_VALUES, (query + 1) * BOX_VALUES), spec), score, classId });
  }
  return found;
}

function placeBox([x = NaN, y = NaN, width = NaN, height = NaN]: Float32Array, spec: TensorSpec) {
  return inTensor({ x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 }, spec);
}

/** Place of the highest number, the first of equals; `NO_CLASS` where there is none. */
function bestClass(logits: Float32Array): number {
  let best = NO_CLASS;
  let highest = -Infinity;
  for (const [classId, logit] of logits.entries()) {
    if (!(logit > highest)) continue;
    highest = logit;
    best = classId;
  }
  return best;
}

/** Rows are pairs of query and class: a query that is torn between classes comes several times, its best row is kept. */
function decodeFinished(outputs: { readonly labels: OutputTensor; readonly boxes: OutputTensor; readonly scores: OutputTensor }, context: DecodeContext): ScoredBox[] {
  const bestOfPlace = new Map<string, ScoredBox>();
  for (const [row, score] of outputs.scores.data.entries()) {
    if (!(score >= context.scoreThreshold)) continue;
    const place = outputs.boxes.data.subarray(row * BOX_VALUES, (row + 1) * BOX_VALUES);
    const key = place.join();
    if (score <= (bestOfPlace.get(key)?.score ?? -Infinity)) continue;
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = place;
    bestOfPlace.set(key, { ...inTensor({ x1, y1, x2, y2 }, context.spec), score, classId: Math.round(valueAt(outputs.labels.data, row)) });
  }
  return [...bestOfPlace.values()];
}

/** Shares of the picture as pixels of the tensor. */
function inTensor(box: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }, { width, height }: TensorSpec) {
  return { x1: box.x1 * width, y1: box.y1 * height, x2: box.x2 * width, y2: box.y2 * height };
}
