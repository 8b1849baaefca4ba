import type { Detection, Keypoint } from '../../../base/index.js';
import { bestFirst, clipToBox, iou, nms, type ScoredBox } from '../../../vision/index.js';
import { labelOf } from '../labels.js';
import { type Placement, type ResultContext, roundPixels, roundScore, shownOf } from './task.js';

/** A box as a family reads it, in pixels of the tensor. */
export type FoundBox = ScoredBox & {
  /** Places in pixels of the tensor, in the model's order; `score` 0…1, absent where the model tells none. */
  readonly keypoints?: readonly { readonly x: number; readonly y: number; readonly score?: number }[];
};

/** Boxes as detections of the source's frame; what is outside of it is left out. */
export function toDetections(boxes: readonly FoundBox[], context: ResultContext): Detection[] {
  return keepBest(boxes, context).flatMap((box) => toDetection(box, context) ?? []);
}

/**
 * Boxes of wanted classes, best first, without those that overlap a better one too much.
 * @param overlap How much two of them do, 0…1.
 */
export function keepBest<T extends ScoredBox>(boxes: readonly T[], context: ResultContext, overlap: (a: T, b: T) => number = iou): T[] {
  const { iouThreshold, nms: mode, maxDetections } = context.options;
  const candidates = boxes.filter((box) => isReal(box) && (context.wanted?.has(box.classId) ?? true));
  return context.needsNms === 'yes' ? nms(candidates, { iouThreshold, mode, maxDetections }, overlap) : bestFirst(candidates).slice(0, maxDetections);
}

/** Numbers beyond float32 and NaN come out of models whose weights or inputs are broken. */
function isReal(box: ScoredBox): boolean {
  return Number.isFinite(box.x1 + box.y1 + box.x2 + box.y2) && Number.isFinite(box.score) && box.classId >= 0;
}

/** Undefined where nothing of it is in the frame. */
export function toDetection(box: FoundBox, context: ResultContext): Detection | undefined {
  const { placement, labels } = context;
  const [first, second] = [toFrame({ x: box.x1, y: box.y1 }, placement), toFrame({ x: box.x2, y: box.y2 }, placement)];
  const { x1, y1, x2, y2 } = clipToBox({ x1: first.x, y1: first.y, x2: second.x, y2: second.y }, shownOf(placement));
  const inFrame = { xmin: roundPixels(x1), ymin: roundPixels(y1), xmax: roundPixels(x2), ymax: roundPixels(y2) };
  if (!(inFrame.xmax > inFrame.xmin && inFrame.ymax > inFrame.ymin)) return undefined;
  return {
    label: labelOf(labels, box.classId),
    score: roundScore(box.score),
    box: inFrame,
    classId: box.classId,
    ...(box.keypoints && { keypoints: toKeypoints(box.keypoints, context) }),
  };
}

/** Keypoints that are no numbers are left out; one outside of the frame is moved to its border, as Ultralytics does. */
function toKeypoints(points: NonNullable<FoundBox['keypoints']>, { placement, keypointNames }: ResultContext): Keypoint[] {
  return points.flatMap((point, i) => {
    const { x, y } = toFrame(point, placement);
    const { x2, y2 } = clipToBox({ x1: x, y1: y, x2: x, y2: y }, shownOf(placement));
    if (!Number.isFinite(x2 + y2 + (point.score ?? 0))) return [];
    const score = point.score === undefined ? {} : { score: roundScore(Math.max(0, point.score)) };
    return [{ name: keypointNames[i] ?? String(i), x: roundPixels(x2), y: roundPixels(y2), ...score }];
  });
}

/** A place in the tensor as one in the source's frame. */
export function toFrame(point: { readonly x: number; readonly y: number }, { letterbox }: Placement): { readonly x: number; readonly y: number } {
  return { x: (point.x - letterbox.padX) / letterbox.scaleX, y: (point.y - letterbox.padY) / letterbox.scaleY };
}
