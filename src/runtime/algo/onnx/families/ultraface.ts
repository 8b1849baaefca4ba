import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { FoundBox } from '../tasks/detections.js';
import { FACE_LABELS } from './faces.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { gridLevels } from './grid.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

/** UltraFace's strides, with the anchors of a cell of each. */
const ANCHORS_PER_CELL = { 8: 3, 16: 2, 32: 2, 64: 3 } as const;
/** Values of a box: xmin, ymin, xmax, ymax, in parts of the picture. */
const BOX_VALUES = 4;
/** The column before the classes is the background. */
const FIRST_COLUMN = 1;
const DEFAULT_SIZE = 320;

/** SSD detectors of PyTorch with decoded boxes and a background class: UltraFace, and what jetson-inference trains. */
export const ultraface: DetectorFamily = {
  name: 'ultraface',
  task: detect,
  reads: 'scores [1, anchors, 1 + classes] and boxes [1, anchors, 4], of a picture 1 × 3 × H × W',
  knownLabels: FACE_LABELS,
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1, mean: [127, 127, 127], std: [128, 128, 128], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const pair = findPair(facts.outputs);
  if (!pair || pictureInput(facts)?.layout !== 'NCHW' || !facts.outputs.every(isFloat)) return undefined;
  const [, anchors, columns] = pair.scores.shape;
  if (typeof columns !== 'number') return { confidence: 0.2, why: 'boxes and scores, channels first, the number of classes is free' };
  const classes = columns - FIRST_COLUMN;
  if (classes === 1 && anchors === anchorsOf(pictureSize(facts, DEFAULT_SIZE))) return { confidence: 0.9, why: `boxes and scores of the ${anchors} anchors of UltraFace`, classes };
  const areNamed = pair.scores.name === 'scores' && pair.boxes.name === 'boxes';
  return { confidence: areNamed ? 0.6 : 0.2, why: `boxes and scores of ${anchors ?? ''} anchors, channels first`, classes };
}

function anchorsOf(size: { readonly width: number; readonly height: number }): number {
  const anchors = Object.values(ANCHORS_PER_CELL);
  return gridLevels(size, Object.keys(ANCHORS_PER_CELL).map(Number)).reduce((sum, { columns, rows }, i) => sum + columns * rows * (anchors[i] ?? 0), 0);
}

type Shaped = { readonly name: string; readonly shape: readonly (number | string)[] };

/** The two outputs of the same anchors, told apart by their last side (by name or order where both have 4). */
function findPair<T extends Shaped>(outputs: readonly T[]): { readonly scores: T; readonly boxes: T } | undefined {
  const [first, second, ...others] = outputs.filter(({ shape }) => shape.length === 3);
  if (!first || !second || others.length > 0 || first.shape[1] !== second.shape[1]) return undefined;
  const secondIsBoxes = isBoxes(second) && (!isBoxes(first) || !/box|loc/i.test(first.name));
  const [scores, boxes] = secondIsBoxes ? [first, second] : [second, first];
  return isBoxes(boxes) && scores.shape[2] !== FIRST_COLUMN ? { scores, boxes } : undefined;
}

function isBoxes({ shape }: Shaped): boolean {
  return shape[2] === BOX_VALUES;
}

function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundBox[] {
  const pair = findPair(outputs);
  const [, anchors = 0, columns = 0] = pair?.scores.shape ?? [];
  if (!pair) throw unreadable(outputs, ultraface.reads);
  const found: FoundBox[] = [];
  for (let anchor = 0; anchor < anchors; anchor++) {
    let best = anchor * columns + FIRST_COLUMN;
    for (let at = best + 1; at < (anchor + 1) * columns; at++) if (valueAt(pair.scores.data, at) > valueAt(pair.scores.data, best)) best = at;
    const score = valueAt(pair.scores.data, best);
    if (!(score >= scoreThreshold)) continue;
    const side = (index: number): number => valueAt(pair.boxes.data, anchor * BOX_VALUES + index);
    found.push({ x1: side(0) * spec.width, y1: side(1) * spec.height, x2: side(2) * spec.width, y2: side(3) * spec.height, score, classId: best - anchor * columns - FIRST_COLUMN });
  }
  return found;
}
