import { type Box, iou } from './box.js';

/** A box with how sure the model is of it, 0…1, and of what class. */
export type ScoredBox = Box & { readonly score: number; readonly classId: number };

/** How overlapping boxes are thinned. */
export type NmsOptions = {
  /** A box goes when its IoU with a better one is above this; 0…1. */
  readonly iouThreshold: number;
  /** `per-class`: only boxes of the same class are rivals; `class-agnostic`: all are. */
  readonly mode: 'per-class' | 'class-agnostic';
  /** Most boxes that are kept. */
  readonly maxDetections: number;
};

/** Boxes compared at most, best first, so that a threshold of 0 cannot stall a run (the limit Ultralytics uses, too). */
const MAX_CANDIDATES = 30_000;

/**
 * Greedy non-maximum suppression: best first, whatever overlaps a kept box too much goes. Boxes of equal score keep their
 * order; empty boxes overlap nothing.
 * @param overlap How much two boxes do, 0…1.
 * @returns The kept boxes, best first.
 */
export function nms<T extends ScoredBox>(boxes: readonly T[], options: NmsOptions, overlap: (a: T, b: T) => number = iou): T[] {
  const kept: T[] = [];
  const rivalsOf = new Map<number, T[]>();
  for (const box of bestFirst(boxes).slice(0, MAX_CANDIDATES)) {
    if (kept.length >= options.maxDetections) break;
    const group = options.mode === 'per-class' ? box.classId : 0;
    const rivals = rivalsOf.get(group) ?? [];
    if (rivals.some((rival) => overlap(rival, box) > options.iouThreshold)) continue;
    rivals.push(box);
    rivalsOf.set(group, rivals);
    kept.push(box);
  }
  return kept;
}

/** The boxes sorted by falling score; those of equal score keep their order. */
export function bestFirst<T extends { readonly score: number }>(boxes: readonly T[]): T[] {
  return [...boxes].sort((a, b) => b.score - a.score);
}
