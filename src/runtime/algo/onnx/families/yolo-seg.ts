import type { ModelFacts, TensorFact } from '../model-facts.js';
import { pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { type FoundMasks, segment } from '../tasks/segment.js';
import type { DecodeContext, ModelFamily } from './family.js';
import { isFloat, unreadable } from './shapes.js';
import { yoloInputSpec } from './yolo-input.js';
import { BOX_ROWS, readBoxes, recogniseRows, rowValue, silenceOf } from './yolo-rows.js';

/** Ultralytics YOLOv8 and YOLO11 instance segmentation. */
export const yoloSeg: ModelFamily<FoundMasks> = {
  name: 'yolo-seg',
  task: segment,
  reads: '[N, 4 + classes + coefficients, anchors] and prototypes [N, coefficients, H, W]',
  recognise: (facts) => {
    const pair = findPair(facts.outputs);
    const coefficients = pair?.prototypes.shape[1];
    if (!pair || typeof coefficients !== 'number' || !isUsable(facts)) return undefined;
    return recogniseRows(facts, pair.rows, { task: 'segment', moreRows: coefficients, byShape: 0.9 });
  },
  inputSpec: yoloInputSpec,
  decode,
  warningOf: (outputs) => {
    const pair = findPair(outputs);
    return silenceOf(pair?.rows, classesOf(pair));
  },
};

function isUsable(facts: ModelFacts): boolean {
  return pictureInput(facts) !== undefined && facts.outputs.every(isFloat);
}

type Pair<T> = { readonly rows: T; readonly prototypes: T };

/** The two outputs, told apart by their number of sides. */
function findPair<T extends Pick<TensorFact, 'shape'>>(outputs: readonly T[]): Pair<T> | undefined {
  const [rows, prototypes] = [3, 4].map((sides) => outputs.find(({ shape }) => shape.length === sides));
  return rows && prototypes && outputs.length === 2 ? { rows, prototypes } : undefined;
}

function classesOf(pair: Pair<OutputTensor> | undefined): number {
  return (pair?.rows.shape[1] ?? 0) - BOX_ROWS - (pair?.prototypes.shape[1] ?? 0);
}

function decode(outputs: readonly OutputTensor[], { scoreThreshold }: DecodeContext): FoundMasks {
  const pair = findPair(outputs);
  const classes = classesOf(pair);
  if (!pair || classes <= 0 || pair.prototypes.data.length === 0) throw unreadable(outputs, yoloSeg.reads);
  const [, count = 0] = pair.prototypes.shape;
  const coefficients = (anchor: number): Float32Array => Float32Array.from({ length: count }, (_, i) => rowValue(pair.rows, BOX_ROWS + classes + i, anchor));
  const boxes = readBoxes(pair.rows, { classes, scoreThreshold });
  return { boxes: boxes.map(({ anchor, ...box }) => ({ ...box, coefficients: coefficients(anchor) })), prototypes: pair.prototypes };
}
