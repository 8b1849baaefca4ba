import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { FoundBox } from '../tasks/detections.js';
import { FACE_LABELS, FIVE_LANDMARK_VALUES, FIVE_LANDMARKS } from './faces.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { type GridLevel, gridLevels } from './grid.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

const STRIDES = [8, 16, 32] as const;
const ANCHORS_PER_CELL = 2;
/** Numbers of an anchor: left, top, right, bottom from its centre, in strides. */
const SIDE_VALUES = 4;
const DEFAULT_SIZE = 640;

/** SCRFD, the face detector of InsightFace: for each stride scores, sides and mostly five landmarks of two anchors a cell. */
export const scrfd: DetectorFamily = {
  name: 'scrfd',
  task: detect,
  reads: 'for each of strides 8, 16, 32: scores [1, 2 × cells, 1], sides [1, 2 × cells, 4] and, or not, landmarks [1, 2 × cells, 10]',
  knownLabels: FACE_LABELS,
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-topleft', pad: 0, channels: 'rgb', scale: 1, mean: [127.5, 127.5, 127.5], std: [128, 128, 128], defaultSize: DEFAULT_SIZE }),
  keypointNames: ({ outputs }) => (outputs.some(({ shape }) => shape.at(-1) === FIVE_LANDMARK_VALUES) ? FIVE_LANDMARKS : []),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  if (!pictureInput(facts) || !facts.outputs.every(isFloat) || !haveLastSides(facts)) return undefined;
  const [kinds, classes] = [facts.outputs.length / STRIDES.length, 1];
  if (facts.outputs.some(({ shape }) => typeof shape.at(-2) === 'string')) {
    return { confidence: 0.6, why: `${kinds} outputs for each of three strides, their numbers of anchors are free`, classes };
  }
  if (!findLevels(facts.outputs, pictureSize(facts, DEFAULT_SIZE))) return undefined;
  return { confidence: 0.9, why: `scores, sides${kinds === 3 ? ' and landmarks' : ''} of two anchors a cell for each of three strides`, classes };
}

/** Whether there are three outputs each of scores, sides and, or not, landmarks. */
function haveLastSides({ outputs }: ModelFacts): boolean {
  const count = (values: number): number => outputs.filter(({ shape }) => (shape.length === 2 || shape.length === 3) && shape.at(-1) === values).length;
  const counts = [count(1), count(SIDE_VALUES), count(FIVE_LANDMARK_VALUES)].join();
  return outputs.length === (counts === '3,3,3' ? 9 : 6) && (counts === '3,3,3' || counts === '3,3,0');
}

type Shaped = { readonly shape: readonly (number | string)[] };
type Level<T> = { readonly grid: GridLevel; readonly scores: T; readonly sides: T; readonly landmarks?: T };

/** The outputs by stride, told apart by their numbers of anchors: names differ from export to export. */
function findLevels<T extends Shaped>(outputs: readonly T[], size: { readonly width: number; readonly height: number }): readonly Level<T>[] | undefined {
  const levels = gridLevels(size, STRIDES).flatMap((grid) => {
    const find = (values: number): T | undefined =>
      outputs.find(({ shape }) => shape.at(-1) === values && shape.at(-2) === grid.columns * grid.rows * ANCHORS_PER_CELL);
    const [scores, sides, landmarks] = [find(1), find(SIDE_VALUES), find(FIVE_LANDMARK_VALUES)];
    return scores && sides ? [{ grid, scores, sides, ...(landmarks && { landmarks }) }] : [];
  });
  return levels.length === STRIDES.length ? levels : undefined;
}

/** Centres are the upper left corners of cells, distances count in strides (insightface, python-package/insightface/model_zoo/scrfd.py). */
function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundBox[] {
  const levels = findLevels(outputs, spec);
  if (!levels) throw unreadable(outputs, scrfd.reads);
  return levels.flatMap((level) => {
    const found: FoundBox[] = [];
    for (const [anchor, score] of level.scores.data.entries()) if (score >= scoreThreshold) found.push(readFace(level, anchor, score));
    return found;
  });
}

function readFace({ grid, sides, landmarks }: Level<OutputTensor>, anchor: number, score: number): FoundBox {
  const cell = Math.floor(anchor / ANCHORS_PER_CELL);
  const [x, y] = [(cell % grid.columns) * grid.stride, Math.floor(cell / grid.columns) * grid.stride];
  const side = (index: number): number => valueAt(sides.data, anchor * SIDE_VALUES + index) * grid.stride;
  const box = { x1: x - side(0), y1: y - side(1), x2: x + side(2), y2: y + side(3), score, classId: 0 };
  if (!landmarks) return box;
  const shift = (index: number): number => valueAt(landmarks.data, anchor * FIVE_LANDMARK_VALUES + index) * grid.stride;
  return { ...box, keypoints: FIVE_LANDMARKS.map((_, i) => ({ x: x + shift(i * 2), y: y + shift(i * 2 + 1) })) };
}
