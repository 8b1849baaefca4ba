import type { FrameInfo, OnnxOptions, TaskName, TaskResult } from '../../../base/index.js';
import type { Box, Letterbox, TensorSpec } from '../../../vision/index.js';
import type { Labels } from '../labels.js';

/** Where the picture that a model was shown came from. */
export type Placement = {
  readonly spec: Pick<TensorSpec, 'width' | 'height'>;
  readonly letterbox: Letterbox;
  /** The source's frame, in whose pixels results are. */
  readonly frame: Pick<FrameInfo, 'width' | 'height'>;
  /** The part of it that the model was shown: what it finds beyond is nothing it saw. Absent: all of it. */
  readonly shown?: Box | undefined;
};

/** The part of the frame that results are clipped to. */
export function shownOf({ shown, frame }: Placement): Box {
  return shown ?? { x1: 0, y1: 0, x2: frame.width, y2: frame.height };
}

/** What a task needs to know to make a result. */
export type ResultContext = {
  readonly placement: Placement;
  readonly labels: Labels;
  /** Class numbers that are kept; absent: all. */
  readonly wanted?: ReadonlySet<number> | undefined;
  /** Names of a thing's keypoints, in the model's order; may be shorter than it. */
  readonly keypointNames: readonly string[];
  /** `no`: the model gives each thing once, nothing is left to suppress. */
  readonly needsNms: 'yes' | 'no';
  readonly options: Pick<OnnxOptions, 'iouThreshold' | 'nms' | 'maxDetections'>;
};

/**
 * What models are for: makes what users get of what a family has read from outputs, `Raw`. A new one is a file here, and
 * its name and shape in `base/task-results.ts`.
 */
export type Task<Raw = unknown> = {
  readonly name: TaskName;
  /** In pixels of the source's frame, best first. What is no number, or not wanted, is left out. */
  toResult(raw: Raw, context: ResultContext): TaskResult;
};

/** A thousandth of a pixel is more than a model knows; more digits only fill messages. */
export function roundPixels(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

/** A hundred-thousandth of a score, at most 1, as `roundPixels`. */
export function roundScore(score: number): number {
  return Math.round(Math.min(1, score) * 1e5) / 1e5;
}
