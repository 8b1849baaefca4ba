import type { Detection, FrameInfo } from '../../base/index.js';
import { bestFirst, clipBox, type Letterbox, nms, type NmsOptions, type ScoredBox } from '../../vision/index.js';
import { type Labels, labelOf } from './labels.js';

/** What becomes of raw boxes. */
export type DetectionOptions = {
  readonly labels: Labels;
  /** Class numbers that are kept; absent: all. */
  readonly wanted?: ReadonlySet<number> | undefined;
  readonly maxDetections: number;
  /** Absent: the model gives each thing once. */
  readonly nms?: Pick<NmsOptions, 'iouThreshold' | 'mode'> | undefined;
};

/** Where the boxes' tensor came from. */
export type Placement = { readonly letterbox: Letterbox; readonly frame: Pick<FrameInfo, 'width' | 'height'> };

/** Boxes of the tensor as detections of the source's frame, best first; what is no number or outside the frame is left out. */
export function toDetections(boxes: readonly ScoredBox[], placement: Placement, options: DetectionOptions): Detection[] {
  const candidates = boxes.filter((box) => isReal(box) && (options.wanted?.has(box.classId) ?? true));
  const kept = options.nms
    ? nms(candidates, { ...options.nms, maxDetections: options.maxDetections })
    : bestFirst(candidates).slice(0, options.maxDetections);
  return kept.map((box) => toDetection(box, placement, options.labels)).filter(({ box }) => box.xmax > box.xmin && box.ymax > box.ymin);
}

/** Numbers beyond float32 and NaN come out of models whose weights or inputs are broken. */
function isReal(box: ScoredBox): boolean {
  return Number.isFinite(box.x1 + box.y1 + box.x2 + box.y2) && Number.isFinite(box.score) && box.classId >= 0;
}

function toDetection(box: ScoredBox, { letterbox, frame }: Placement, labels: Labels): Detection {
  const inFrame = {
    x1: (box.x1 - letterbox.padX) / letterbox.scaleX,
    y1: (box.y1 - letterbox.padY) / letterbox.scaleY,
    x2: (box.x2 - letterbox.padX) / letterbox.scaleX,
    y2: (box.y2 - letterbox.padY) / letterbox.scaleY,
  };
  const { x1, y1, x2, y2 } = clipBox(inFrame, frame);
  return {
    label: labelOf(labels, box.classId),
    score: round(Math.min(1, box.score), 1e5),
    box: { xmin: round(x1, 1e3), ymin: round(y1, 1e3), xmax: round(x2, 1e3), ymax: round(y2, 1e3) },
    classId: box.classId,
  };
}

/** A thousandth of a pixel and a hundred-thousandth of a score are more than a model knows; more digits only fill messages. */
function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
