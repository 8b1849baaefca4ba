import { hullOf } from '../../../vision/index.js';
import { COCO_KEYPOINTS } from '../coco-labels.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { type FoundPose, pose } from '../tasks/pose.js';
import type { DecodeContext, ModelFamily, Recognition } from './family.js';
import { onlyOutput, unreadable, valueAt } from './shapes.js';

/** Side of MoveNet Lightning's picture; Thunder's is 256. */
const DEFAULT_SIZE = 192;
/** Values of a keypoint: y, x in parts of the picture, and how sure it is. */
const KEYPOINT_VALUES = 3;

/** MoveNet's single-person models, Lightning and Thunder. */
export const movenet: ModelFamily<readonly FoundPose[]> = {
  name: 'movenet',
  task: pose,
  reads: '[1, 1, 17, 3] of y, x, score',
  needsNms: 'no',
  knownLabels: [{ from: 'coco', names: ['person'] }],
  recognise,
  // The whole picture, its aspect kept and black around it, pixels 0…255 (tensorflow.org/hub/tutorials/movenet).
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'letterbox-center', pad: 0, channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  keypointNames: () => COCO_KEYPOINTS,
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const output = onlyOutput(facts);
  if (!output || !isPose(output) || pictureInput(facts)?.layout !== 'NHWC') return undefined;
  return { confidence: 0.95, why: "one body of COCO's 17 keypoints", classes: 1 };
}

function isPose({ shape }: { readonly shape: readonly (number | string)[] }): boolean {
  const [batch, bodies, keypoints, values] = shape;
  return shape.length === 4 && (batch === 1 || typeof batch === 'string') && bodies === 1 && keypoints === COCO_KEYPOINTS.length && values === KEYPOINT_VALUES;
}

/** The model tells no score and no box of the body: they are the mean of its keypoints' scores, and the box around those that reach the threshold. */
function decode(outputs: readonly OutputTensor[], { spec, scoreThreshold }: DecodeContext): FoundPose[] {
  const [output] = outputs;
  if (!output || !isPose(output)) throw unreadable(outputs, movenet.reads);
  const keypoints = COCO_KEYPOINTS.map((_, i) => {
    const at = i * KEYPOINT_VALUES;
    return { x: valueAt(output.data, at + 1) * spec.width, y: valueAt(output.data, at) * spec.height, score: valueAt(output.data, at + 2) };
  });
  const score = keypoints.reduce((sum, keypoint) => sum + keypoint.score, 0) / keypoints.length;
  const seen = keypoints.filter((keypoint) => keypoint.score >= scoreThreshold);
  return score >= scoreThreshold ? [{ ...hullOf(seen), score, classId: 0, keypoints }] : [];
}
