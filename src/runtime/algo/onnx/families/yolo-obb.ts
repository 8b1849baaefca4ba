import type { OutputTensor } from '../session.js';
import { type FoundRotatedBox, oriented } from '../tasks/oriented.js';
import { DOTA_LABELS } from '../known-labels.js';
import type { DecodeContext, ModelFamily } from './family.js';
import { onlyOutput, unreadable } from './shapes.js';
import { yoloInputSpec } from './yolo-input.js';
import { BOX_ROWS, namesFit, readBoxes, recogniseRows, rowValue, silenceOf } from './yolo-rows.js';

/** The angle, radians clockwise as seen, is the last row. */
const ANGLE_ROWS = 1;

/** Ultralytics YOLOv8 and YOLO11 oriented boxes. */
export const yoloObb: ModelFamily<readonly FoundRotatedBox[]> = {
  name: 'yolo-obb',
  task: oriented,
  reads: '[N, 4 + classes + 1, anchors], the last row an angle',
  knownLabels: [{ from: 'dota', names: DOTA_LABELS }],
  recognise: (facts) => {
    const output = onlyOutput(facts);
    // Without metadata it looks like a detector of one class more.
    return output && recogniseRows(facts, output, { task: 'obb', moreRows: ANGLE_ROWS, byShape: namesFit(facts, output, ANGLE_ROWS) ? 0.85 : 0.3 });
  },
  inputSpec: yoloInputSpec,
  decode,
  warningOf: ([output]) => silenceOf(output, classesOf(output)),
};

function classesOf(output: OutputTensor | undefined): number {
  return (output?.shape[1] ?? 0) - BOX_ROWS - ANGLE_ROWS;
}

function decode(outputs: readonly OutputTensor[], { scoreThreshold }: DecodeContext): FoundRotatedBox[] {
  const [output] = outputs;
  const classes = classesOf(output);
  if (output?.shape.length !== 3 || classes <= 0) throw unreadable(outputs, yoloObb.reads);
  return readBoxes(output, { classes, scoreThreshold }).map(({ anchor, score, classId }) => ({
    cx: rowValue(output, 0, anchor),
    cy: rowValue(output, 1, anchor),
    width: rowValue(output, 2, anchor),
    height: rowValue(output, 3, anchor),
    angle: rowValue(output, BOX_ROWS + classes, anchor),
    score,
    classId,
  }));
}
