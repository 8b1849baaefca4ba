import { COCO_KEYPOINTS } from '../coco-labels.js';
import { parseNames, parseSize } from '../metadata-text.js';
import type { ModelFacts } from '../model-facts.js';
import type { OutputTensor } from '../session.js';
import { type FoundPose, pose } from '../tasks/pose.js';
import type { DecodeContext, ModelFamily } from './family.js';
import { onlyOutput, unreadable } from './shapes.js';
import { yoloInputSpec } from './yolo-input.js';
import { BOX_ROWS, readBoxes, recogniseRows, rowValue, silenceOf } from './yolo-rows.js';

/** Keypoints of a thing, and values of each: x, y and, where there are 3, how sure it is. */
type KeypointShape = { readonly count: number; readonly values: number };

/** COCO's: 17 of 3 values. */
const COCO_SHAPE: KeypointShape = { count: COCO_KEYPOINTS.length, values: 3 };
const PERSON_ROWS = BOX_ROWS + 1 + COCO_SHAPE.count * COCO_SHAPE.values;

/** Ultralytics YOLOv8 and YOLO11 pose models. */
export const yoloPose: ModelFamily<readonly FoundPose[]> = {
  name: 'yolo-pose',
  task: pose,
  reads: '[N, 4 + classes + keypoints × 3 (or × 2), anchors]',
  knownLabels: [{ from: 'coco', names: ['person'] }],
  recognise: (facts) => {
    const output = onlyOutput(facts);
    if (!output) return undefined;
    const { count, values } = keypointShape(facts);
    // A detector of 52 classes has as many rows as a person with COCO's keypoints; there are hardly any.
    return recogniseRows(facts, output, { task: 'pose', moreRows: count * values, byShape: output.shape[1] === PERSON_ROWS ? 0.85 : 0.3 });
  },
  inputSpec: yoloInputSpec,
  keypointNames: (facts) => {
    // Of several classes' lists, as Ultralytics writes them ({0: ['nose', …]}), the first.
    const [list = ''] = /\[[^\]]*\]/.exec(facts.metadata['kpt_names'] ?? '') ?? [];
    return parseNames(list) ?? (keypointShape(facts).count === COCO_SHAPE.count ? COCO_KEYPOINTS : []);
  },
  decode,
  warningOf: ([output], facts) => silenceOf(output, classesOf(output, keypointShape(facts))),
};

/** `kpt_shape` of the metadata, `[17, 3]`; COCO's where there is none. */
function keypointShape({ metadata }: ModelFacts): KeypointShape {
  const stated = parseSize(metadata['kpt_shape'] ?? '');
  return stated && (stated.width === 2 || stated.width === 3) ? { count: stated.height, values: stated.width } : COCO_SHAPE;
}

function classesOf(output: OutputTensor | undefined, { count, values }: KeypointShape): number {
  return (output?.shape[1] ?? 0) - BOX_ROWS - count * values;
}

function decode(outputs: readonly OutputTensor[], { facts, scoreThreshold }: DecodeContext): FoundPose[] {
  const [output] = outputs;
  const shape = keypointShape(facts);
  const classes = classesOf(output, shape);
  if (output?.shape.length !== 3 || classes <= 0) throw unreadable(outputs, `${yoloPose.reads} of ${shape.count} keypoints × ${shape.values}`);
  return readBoxes(output, { classes, scoreThreshold }).map(({ anchor, ...box }) => ({ ...box, keypoints: readKeypoints(output, anchor, { ...shape, firstRow: BOX_ROWS + classes }) }));
}

function readKeypoints(output: OutputTensor, anchor: number, { count, values, firstRow }: KeypointShape & { readonly firstRow: number }): FoundPose['keypoints'] {
  return Array.from({ length: count }, (_, i) => {
    const row = firstRow + i * values;
    const place = { x: rowValue(output, row, anchor), y: rowValue(output, row + 1, anchor) };
    return values === 3 ? { ...place, score: rowValue(output, row + 2, anchor) } : place;
  });
}
