import type { ScoredBox } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { stridesFor } from './grid.js';
import { onlyOutput, saysEndToEnd, unreadable, valueAt } from './shapes.js';
import { YOLO_SIZE, yoloInputSpec } from './yolo-input.js';

/** More rows than any NMS keeps: these are the rows of a raw head. */
const MAX_ROWS = 2000;

/** Where the values of a row are, by the number of them. */
const COLUMNS: Readonly<Record<number, { readonly box: number; readonly score: number; readonly classId: number }>> = {
  /** Ultralytics with nms=True, YOLOv10 and after: x1, y1, x2, y2, score, class. */
  6: { box: 0, score: 4, classId: 5 },
  /** YOLOv7's end2end export: number in the batch, x1, y1, x2, y2, class, score. */
  7: { box: 1, score: 6, classId: 5 },
};

/** Detectors with NMS in the graph, or that need none: finished boxes in pixels of the input, rows of zeros to fill up. */
export const end2end: DetectorFamily = {
  name: 'end2end',
  task: detect,
  reads: '[N, K, 6] or [K, 6] of x1, y1, x2, y2, score, class; [K, 7] or [1, K, 7] of batch, x1, y1, x2, y2, class, score',
  needsNms: 'no',
  recognise,
  inputSpec: yoloInputSpec,
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const output = onlyOutput(facts);
  if (!output || output.shape.length < 2 || output.shape.length > 3) return undefined;
  const columns = output.shape.at(-1);
  const rows = output.shape.at(-2);
  if (columns !== 6 && columns !== 7) return undefined;
  if (saysEndToEnd(facts)) return { confidence: 1, why: `rows of ${columns}, metadata says that NMS is in the model` };
  const doubt = doubtOf(facts, output.shape);
  if (doubt !== undefined) return { confidence: 0.2, why: `rows of ${columns}, but ${doubt}` };
  return typeof rows === 'number' ? { confidence: 0.8, why: `${rows} rows of ${columns}` } : { confidence: 0.55, why: `any number of rows of ${columns}` };
}

/** What else rows of 6 or 7 values may be. */
function doubtOf(facts: ModelFacts, shape: readonly (number | string)[]): string | undefined {
  const rows = shape.at(-2);
  if (typeof rows === 'number' && (rows > MAX_ROWS || stridesFor(pictureSize(facts, YOLO_SIZE), rows, [[8, 16, 32]]))) return 'as many as a raw head has';
  if (shape.length === 2 && (rows === 1 || rows === facts.inputs[0]?.shape[0])) return 'one a picture, as a classifier has';
  return undefined;
}

function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const [output] = outputs;
  const values = output?.shape.at(-1) ?? 0;
  const columns = COLUMNS[values];
  if (!output || !columns) throw unreadable(outputs, end2end.reads);
  const found: ScoredBox[] = [];
  for (let at = 0; at + values <= output.data.length; at += values) {
    const value = (column: number): number => valueAt(output.data, at + column);
    const score = value(columns.score);
    const box = { x1: value(columns.box), y1: value(columns.box + 1), x2: value(columns.box + 2), y2: value(columns.box + 3) };
    // Rows of zeros fill up the output; with a threshold of 0 they would pass.
    if (score >= context.scoreThreshold && box.x2 > box.x1) found.push({ ...box, score, classId: Math.round(value(columns.classId)) });
  }
  return found;
}
