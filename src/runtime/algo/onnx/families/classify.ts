import type { ModelFacts, TensorFact } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { classifyPicture } from '../tasks/classify.js';
import type { ModelFamily, Recognition } from './family.js';
import { numbersOf } from './picture-numbers.js';
import { isVectorLength, onlyOutput, unreadable, valueAt } from './shapes.js';

const DEFAULT_SIZE = 224;
/** Values of a row of finished boxes, which are two-dimensional too. */
const BOX_ROW_VALUES: readonly number[] = [6, 7];
/** How far the shares of all classes may be off 1: half precision and 8 bits are no finer. */
const SUM_TOLERANCE = 0.02;

/** Image classifiers: one score a class for the whole picture, which is stretched to the model's size. */
export const classify: ModelFamily<Float32Array> = {
  name: 'classify',
  task: classifyPicture,
  reads: '[1, classes] (or [1, classes, 1, 1]) of shares or logits, of one picture',
  knownLabels: [],
  recognise,
  inputSpec: (facts) => makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', defaultSize: DEFAULT_SIZE, ...numbersOf(facts) }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const output = onlyOutput(facts);
  const [, classes] = output?.shape ?? [];
  if (!output || !isRow(output) || classes === undefined || (typeof classes === 'number' && classes < 2)) return undefined;
  return { ...judge(facts, classes), ...(typeof classes === 'number' ? { classes } : {}) };
}

/** One number a class: the first side is the batch, 1 or free, what follows the second is 1. */
function isRow({ shape }: Pick<TensorFact, 'shape'>): boolean {
  return shape.length >= 2 && (shape[0] === 1 || typeof shape[0] === 'string') && shape.slice(2).every((side) => side === 1);
}

function judge(facts: ModelFacts, classes: number | string): Pick<Recognition, 'confidence' | 'why'> {
  const task = facts.metadata['task'];
  if (task !== undefined) {
    return task === 'classify' ? { confidence: 1, why: 'metadata says task "classify"' } : { confidence: 0.1, why: `metadata says task "${task}"` };
  }
  if (typeof classes === 'string') return { confidence: 0.2, why: 'the number of classes is free' };
  if ('names' in facts.metadata) return { confidence: 0.8, why: `${classes} scores, and names in the metadata` };
  if (isVectorLength(classes)) return { confidence: 0.3, why: `${classes} numbers a picture, which may be a vector that describes it` };
  if (BOX_ROW_VALUES.includes(classes) && isFreeRows(facts)) return { confidence: 0.3, why: `rows of ${classes}, which may be boxes` };
  if (pictureInput(facts)?.width === undefined) return { confidence: 0.3, why: `${classes} scores, but the size of the picture is free` };
  return { confidence: 0.6, why: `${classes} scores for the whole picture` };
}

/** Whether the rows are of any number that is not the number of pictures. */
function isFreeRows(facts: ModelFacts): boolean {
  const rows = facts.outputs[0]?.shape[0];
  return rows !== 1 && rows !== facts.inputs[0]?.shape[0];
}

/** As they are where they are shares already, else their softmax. */
function decode(outputs: readonly OutputTensor[]): Float32Array {
  const [output] = outputs;
  const classes = output?.shape[1] ?? 0;
  if (!output || classes === 0 || !isRow(output)) throw unreadable(outputs, classify.reads);
  const values = output.data.subarray(0, classes);
  const sum = values.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE && values.every((value) => value >= 0 && value <= 1)) return values;
  return softmax(values);
}

function softmax(values: Float32Array): Float32Array {
  const max = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const weights = values.map((value) => Math.exp(value - max));
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((_, i) => valueAt(weights, i) / sum);
}
