import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { FoundBox } from '../tasks/detections.js';
import { FACE_LABELS } from './faces.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { isFloat, sigmoid, unreadable, valueAt } from './shapes.js';

/** Right and left are those of the person, as in COCO. */
const LANDMARKS = ['right_eye', 'left_eye', 'nose', 'mouth', 'right_ear', 'left_ear'] as const;
/** Values of an anchor: centre x and y, width, height, then x and y of each landmark. */
const BOX_VALUES = 4;
const ANCHOR_VALUES = BOX_VALUES + 2 * LANDMARKS.length;
const DEFAULT_SIZE = 128;

type Grid = { readonly cells: number; readonly anchors: number };
/** Grids by the number of all anchors: short range (128) and back camera (256); full range (192). */
const GRIDS: Readonly<Record<number, readonly Grid[]>> = {
  896: [{ cells: 16, anchors: 2 }, { cells: 8, anchors: 6 }],
  2304: [{ cells: 48, anchors: 1 }],
};

/** BlazeFace, the face detectors of MediaPipe, with six landmarks. */
export const blazeface: DetectorFamily = {
  name: 'blazeface',
  task: detect,
  reads: 'scores [1, anchors, 1] and values [1, anchors, 16] of 896 or 2304 anchors, in one output each or in parts',
  knownLabels: FACE_LABELS,
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-center', pad: 0, channels: 'rgb', scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  keypointNames: () => LANDMARKS,
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const anchors = anchorsOf(facts.outputs);
  if (!pictureInput(facts) || anchors === undefined || !facts.outputs.every(isFloat)) return undefined;
  return { confidence: 0.95, why: `scores and 16 values of the ${anchors} anchors of BlazeFace`, classes: 1 };
}

type Shaped = { readonly shape: readonly (number | string)[] };

/** The outputs with so many values an anchor; of parts the finer grid, which has more anchors, first. */
function partsOf<T extends Shaped>(outputs: readonly T[], values: number): readonly T[] {
  return outputs.filter(({ shape }) => shape.length === 3 && shape[2] === values).sort((a, b) => Number(b.shape[1]) - Number(a.shape[1]));
}

/** Number of anchors where scores and values have the same of them; undefined otherwise. */
function anchorsOf(outputs: readonly Shaped[]): number | undefined {
  const [scores, values] = [partsOf(outputs, 1), partsOf(outputs, ANCHOR_VALUES)];
  const rows = (parts: readonly Shaped[]): string => parts.map(({ shape }) => shape[1]).join();
  if (scores.length + values.length !== outputs.length || rows(scores) !== rows(values)) return undefined;
  const anchors = scores.reduce((sum, { shape }) => sum + Number(shape[1]), 0);
  return GRIDS[anchors] && anchors;
}

/** Values are pixels of the input, counted from the middle of a cell (mediapipe, tensors_to_detections_calculator.cc). */
function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundBox[] {
  const grids = GRIDS[anchorsOf(outputs) ?? 0];
  if (!grids) throw unreadable(outputs, blazeface.reads);
  const [scores, values] = [joined(partsOf(outputs, 1)), joined(partsOf(outputs, ANCHOR_VALUES))];
  const found: FoundBox[] = [];
  let first = 0;
  for (const { cells, anchors } of grids) {
    for (let i = 0; i < cells * cells * anchors; i++) {
      const score = sigmoid(valueAt(scores, first + i));
      if (!(score >= scoreThreshold)) continue;
      const cell = Math.floor(i / anchors);
      const centre = { x: (((cell % cells) + 0.5) * spec.width) / cells, y: ((Math.floor(cell / cells) + 0.5) * spec.height) / cells };
      found.push(readFace(values.subarray((first + i) * ANCHOR_VALUES, (first + i + 1) * ANCHOR_VALUES), centre, score));
    }
    first += cells * cells * anchors;
  }
  return found;
}

function readFace(row: Float32Array, centre: { readonly x: number; readonly y: number }, score: number): FoundBox {
  const [x = NaN, y = NaN, width = NaN, height = NaN] = row;
  const keypoints = LANDMARKS.map((_, i) => ({ x: centre.x + valueAt(row, BOX_VALUES + i * 2), y: centre.y + valueAt(row, BOX_VALUES + i * 2 + 1) }));
  const middle = { x: centre.x + x, y: centre.y + y };
  return { x1: middle.x - width / 2, y1: middle.y - height / 2, x2: middle.x + width / 2, y2: middle.y + height / 2, score, classId: 0, keypoints };
}

function joined(parts: readonly OutputTensor[]): Float32Array {
  return Float32Array.from(parts.flatMap(({ data }) => [...data]));
}
