import type { ScoredBox } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

const DEFAULT_SIZE = 300;
/** Values of a box: ymin, xmin, ymax, xmax, in parts of the picture. */
const BOX_VALUES = 4;
/** COCO's 90 numbers, with the background before them. */
const COCO_WITH_BACKGROUND = 91;

type Side = number | string;
type Shaped = { readonly name: string; readonly shape: readonly Side[] };

/** SSD detectors of TensorFlow's object detection API (coco-ssd, handtrack), taken before their NMS: NHWC, pixels 0…255. */
export const ssd: DetectorFamily = {
  name: 'ssd',
  task: detect,
  reads: 'boxes [1, anchors, 4] or [1, anchors, 1, 4] and scores [1, anchors, classes], of a picture 1 × H × W × 3',
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const pair = findPair(facts.outputs);
  if (!pair || pictureInput(facts)?.layout !== 'NHWC' || !facts.outputs.every(isFloat)) return undefined;
  const [, anchors, columns] = pair.scores.shape;
  return {
    confidence: typeof anchors === 'number' ? 0.9 : 0.6,
    why: `boxes and scores of ${typeof anchors === 'number' ? anchors : 'any number of'} anchors, channels last`,
    ...(typeof columns === 'number' ? { classes: columns - firstColumn(columns) } : {}),
  };
}

/** The two outputs of the same anchors, told apart by their last side (by name or order where both have 4). */
function findPair<T extends Shaped>(outputs: readonly T[]): { readonly boxes: T; readonly scores: T } | undefined {
  const [first, second, ...others] = outputs;
  if (!first || !second || others.length > 0 || !fits(first.shape[0], 1) || !fits(first.shape[1], second.shape[1])) return undefined;
  const secondIsBoxes = isBoxes(second) && (!isBoxes(first) || /box|loc/i.test(second.name));
  const [boxes, scores] = secondIsBoxes ? [second, first] : [first, second];
  return isBoxes(boxes) && scores.shape.length === 3 ? { boxes, scores } : undefined;
}

function isBoxes({ shape }: Shaped): boolean {
  return shape.at(-1) === BOX_VALUES && (shape.length === 3 || (shape.length === 4 && fits(shape[2], 1)));
}

/** A side that is free may be any. */
function fits(side: Side | undefined, other: Side | undefined): boolean {
  return side === other || typeof side === 'string' || typeof other === 'string';
}

function firstColumn(columns: number): number {
  return columns === COCO_WITH_BACKGROUND ? 1 : 0;
}

/** The best class of each anchor, as coco-ssd itself takes it. */
function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const pair = findPair(outputs);
  const [, anchors = 0, columns = 0] = pair?.scores.shape ?? [];
  if (!pair || columns === 0) throw unreadable(outputs, ssd.reads);
  const first = firstColumn(columns);
  const { width, height } = context.spec;
  const found: ScoredBox[] = [];
  for (let anchor = 0; anchor < anchors; anchor++) {
    const start = anchor * columns;
    let best = start + first;
    for (let at = best + 1; at < start + columns; at++) if (valueAt(pair.scores.data, at) > valueAt(pair.scores.data, best)) best = at;
    const score = valueAt(pair.scores.data, best);
    if (!(score >= context.scoreThreshold)) continue;
    const side = (index: number): number => valueAt(pair.boxes.data, anchor * BOX_VALUES + index);
    found.push({ x1: side(1) * width, y1: side(0) * height, x2: side(3) * width, y2: side(2) * height, score, classId: best - start - first });
  }
  return found;
}
