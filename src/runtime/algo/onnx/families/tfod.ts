import type { ScoredBox } from '../../../vision/index.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

const DEFAULT_SIZE = 320;
/** Values of a box: ymin, xmin, ymax, xmax, in parts of the picture. */
const BOX_VALUES = 4;
/** The number of the first class: 0 is the background (exporter_lib_v2.py, label_id_offset). */
const FIRST_CLASS = 1;

/** Detectors of TensorFlow's object detection API with their NMS: SSD, EfficientDet, Faster R-CNN, CenterNet. */
export const tfod: DetectorFamily = {
  name: 'tfod',
  task: detect,
  reads: 'detection_boxes [1, K, 4], detection_scores [1, K] and detection_classes [1, K], of a picture 1 × H × W × 3',
  needsNms: 'no',
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const found = findDetections(facts.outputs);
  if (!found || !pictureInput(facts) || ![found.boxes, found.scores, found.classes].every(isFloat)) return undefined;
  const scoresOfAll = named(facts.outputs, 'raw_detection_scores') ?? named(facts.outputs, 'detection_multiclass_scores');
  const columns = scoresOfAll?.shape.at(-1);
  return { confidence: 0.95, why: 'boxes, scores and classes under the names of the object detection API', ...(typeof columns === 'number' ? { classes: columns - FIRST_CLASS } : {}) };
}

type Shaped = Pick<TensorFact, 'name' | 'shape'>;
type Detections<T> = { readonly boxes: T; readonly scores: T; readonly classes: T };

function findDetections<T extends Shaped>(outputs: readonly T[]): Detections<T> | undefined {
  const [boxes, scores, classes] = ['detection_boxes', 'detection_scores', 'detection_classes'].map((name) => named(outputs, name));
  if (boxes?.shape.length !== 3 || boxes.shape[2] !== BOX_VALUES) return undefined;
  return scores?.shape.length === 2 && classes?.shape.length === 2 ? { boxes, scores, classes } : undefined;
}

/** Converters keep TensorFlow's `:0` behind a name, or leave it. */
function named<T extends Shaped>(outputs: readonly T[], name: string): T | undefined {
  return outputs.find((output) => output.name === name || output.name === `${name}:0`);
}

/** What fills up the rows has a score of 0 and no size. */
function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): ScoredBox[] {
  const detections = findDetections(outputs);
  if (!detections) throw unreadable(outputs, tfod.reads);
  const found: ScoredBox[] = [];
  for (const [row, score] of detections.scores.data.entries()) {
    const side = (index: number): number => valueAt(detections.boxes.data, row * BOX_VALUES + index);
    if (!(score >= scoreThreshold) || !(side(3) > side(1))) continue;
    const classId = Math.round(valueAt(detections.classes.data, row)) - FIRST_CLASS;
    found.push({ x1: side(1) * spec.width, y1: side(0) * spec.height, x2: side(3) * spec.width, y2: side(2) * spec.height, score, classId });
  }
  return found;
}
