import type { TensorSpec } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec } from '../picture-input.js';

/** Pixels of a side that the model leaves free. */
export const YOLO_SIZE = 640;

/** The picture as Ultralytics' models are trained on it: its LetterBox around the middle, RGB from 0 to 1. */
export function yoloInputSpec(facts: ModelFacts): TensorSpec {
  return makePictureSpec(facts, { fit: 'letterbox-center', pad: 114, channels: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: YOLO_SIZE });
}
