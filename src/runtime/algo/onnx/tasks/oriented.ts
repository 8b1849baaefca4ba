import type { OrientedDetection } from '../../../base/index.js';
import { cornersOf, hullOf, normaliseAngle, type Point, type RotatedBox, rotatedIou, type ScoredBox } from '../../../vision/index.js';
import { keepBest, toDetection, toFrame } from './detections.js';
import { type Placement, type ResultContext, roundPixels, type Task } from './task.js';

/** A box at an angle, in pixels of the tensor. */
export type FoundRotatedBox = RotatedBox & Pick<ScoredBox, 'score' | 'classId'>;

/** Things that lie at an angle. Which of two goes is decided by their exact IoU, so that `iouThreshold` means the same as elsewhere. */
export const oriented: Task<readonly FoundRotatedBox[]> = { name: 'oriented-detection', toResult };

function toResult(boxes: readonly FoundRotatedBox[], context: ResultContext): OrientedDetection[] {
  const withHulls = boxes.map((box) => ({ ...box, ...hullOf(cornersOf(box)) }));
  return keepBest(withHulls, context, rotatedIou).flatMap((box) => {
    const detection = toDetection(box, context);
    return detection ? [{ ...detection, ...place(box, context.placement) }] : [];
  });
}

/**
 * Corners exactly. Where the picture was stretched they are no rectangle's: the rotated box then has their centre, their sides'
 * lengths, and the angle of the first.
 */
function place(box: RotatedBox, placement: Placement): Pick<OrientedDetection, 'rotatedBox' | 'polygon'> {
  const [a, b, c, d] = cornersOf(normaliseAngle(box));
  const corners = [toFrame(a, placement), toFrame(b, placement), toFrame(c, placement), toFrame(d, placement)] as const;
  const [first, second, third, fourth] = corners;
  return { rotatedBox: aroundCorners(first, second, third), polygon: [pair(first), pair(second), pair(third), pair(fourth)] };
}

function aroundCorners(first: Point, second: Point, third: Point): OrientedDetection['rotatedBox'] {
  return {
    cx: roundPixels((first.x + third.x) / 2),
    cy: roundPixels((first.y + third.y) / 2),
    width: roundPixels(Math.hypot(second.x - first.x, second.y - first.y)),
    height: roundPixels(Math.hypot(third.x - second.x, third.y - second.y)),
    angle: Math.floor(Math.atan2(second.y - first.y, second.x - first.x) * 1e5) / 1e5,
  };
}

function pair({ x, y }: Point): readonly [number, number] {
  return [roundPixels(x), roundPixels(y)];
}
