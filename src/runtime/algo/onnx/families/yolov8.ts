import { detect } from '../tasks/detect.js';
import type { DetectorFamily } from './family.js';
import { onlyOutput, unreadable } from './shapes.js';
import { yoloInputSpec } from './yolo-input.js';
import { BOX_ROWS, readBoxes, recogniseRows, silenceOf } from './yolo-rows.js';

/** Ultralytics YOLOv8, v9, v11, v12 detectors exported without NMS. */
export const yolov8: DetectorFamily = {
  name: 'yolov8',
  task: detect,
  reads: '[N, 4 + classes, anchors]',
  recognise: (facts) => {
    const output = onlyOutput(facts);
    return output && recogniseRows(facts, output, { task: 'detect', moreRows: 0, byShape: 0.8 });
  },
  inputSpec: yoloInputSpec,
  decode: (outputs, { scoreThreshold }) => {
    const [output] = outputs;
    const classes = (output?.shape[1] ?? 0) - BOX_ROWS;
    if (output?.shape.length !== 3 || classes <= 0) throw unreadable(outputs, yolov8.reads);
    return readBoxes(output, { classes, scoreThreshold });
  },
  warningOf: ([output]) => silenceOf(output, (output?.shape[1] ?? 0) - BOX_ROWS),
};
