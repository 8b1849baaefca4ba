import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { FoundBox } from '../tasks/detections.js';
import { FACE_LABELS, FIVE_LANDMARK_VALUES, FIVE_LANDMARKS } from './faces.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { gridLevels } from './grid.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

const STRIDES = [8, 16, 32] as const;
/** Kinds of outputs with the numbers of a cell in them. */
const KINDS = { cls: 1, obj: 1, bbox: 4, kps: FIVE_LANDMARK_VALUES } as const;
const DEFAULT_SIZE = 640;

/** YuNet, the face detector of OpenCV: for each stride a score, an objectness, a box and five landmarks a cell. */
export const yunet: DetectorFamily = {
  name: 'yunet',
  task: detect,
  reads: 'cls_S and obj_S [1, cells, 1], bbox_S [1, cells, 4] and kps_S [1, cells, 10] for strides S of 8, 16, 32',
  knownLabels: FACE_LABELS,
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-topleft', pad: 0, channels: 'bgr', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  keypointNames: () => FIVE_LANDMARKS,
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  if (!pictureInput(facts) || !findLevels(facts.outputs) || !facts.outputs.every(isFloat)) return undefined;
  return { confidence: 0.95, why: 'scores, boxes and landmarks of three strides under the names of YuNet', classes: 1 };
}

type Shaped = { readonly name: string; readonly shape: readonly (number | string)[] };
type Level<T> = Readonly<Record<keyof typeof KINDS, T>>;

/** The outputs by stride; undefined where one is missing or of another shape. */
function findLevels<T extends Shaped>(outputs: readonly T[]): readonly Level<T>[] | undefined {
  const find = (kind: keyof typeof KINDS, stride: number): T | undefined =>
    outputs.find(({ name, shape }) => name === `${kind}_${stride}` && shape.length === 3 && shape[2] === KINDS[kind]);
  const levels = STRIDES.flatMap((stride) => {
    const [cls, obj, bbox, kps] = [find('cls', stride), find('obj', stride), find('bbox', stride), find('kps', stride)];
    return cls && obj && bbox && kps ? [{ cls, obj, bbox, kps }] : [];
  });
  return levels.length === STRIDES.length ? levels : undefined;
}

/** Places count from the upper left corner of a cell, sides are powers of e, both in strides (OpenCV, modules/objdetect/src/face_detect.cpp, postProcess). */
function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundBox[] {
  const levels = findLevels(outputs);
  if (!levels) throw unreadable(outputs, yunet.reads);
  const found: FoundBox[] = [];
  for (const [i, { stride, columns, rows }] of gridLevels(spec, STRIDES).entries()) {
    const level = levels[i];
    if (level?.cls.shape[1] !== columns * rows) throw unreadable(outputs, yunet.reads);
    for (let cell = 0; cell < columns * rows; cell++) {
      const score = Math.sqrt(share(valueAt(level.cls.data, cell)) * share(valueAt(level.obj.data, cell)));
      if (score >= scoreThreshold) found.push(readFace(level, { cell, stride, column: cell % columns, row: Math.floor(cell / columns), score }));
    }
  }
  return found;
}

type Place = { readonly cell: number; readonly stride: number; readonly column: number; readonly row: number; readonly score: number };

function readFace({ bbox, kps }: Level<OutputTensor>, { cell, stride, column, row, score }: Place): FoundBox {
  const [x = NaN, y = NaN, width = NaN, height = NaN] = bbox.data.subarray(cell * KINDS.bbox);
  const [halfWidth, halfHeight] = [(Math.exp(width) * stride) / 2, (Math.exp(height) * stride) / 2];
  const centre = { x: (column + x) * stride, y: (row + y) * stride };
  const keypoints = FIVE_LANDMARKS.map((_, i) => ({
    x: (column + valueAt(kps.data, cell * KINDS.kps + i * 2)) * stride,
    y: (row + valueAt(kps.data, cell * KINDS.kps + i * 2 + 1)) * stride,
  }));
  return { x1: centre.x - halfWidth, y1: centre.y - halfHeight, x2: centre.x + halfWidth, y2: centre.y + halfHeight, score, classId: 0, keypoints };
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}
