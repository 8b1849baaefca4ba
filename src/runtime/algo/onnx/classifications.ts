import type { Classification } from '../../base/index.js';
import { type Labels, labelOf } from './labels.js';

/** As many as transformers.js gives by default. */
const MOST = 5;

export type ClassificationOptions = {
  readonly labels: Labels;
  /** Class numbers that are kept; absent: all. */
  readonly wanted?: ReadonlySet<number> | undefined;
  /** Fewer than five where the user wants fewer. */
  readonly maxDetections: number;
};

/** The likeliest classes, best first; shares that are no numbers are left out. */
export function toClassifications(shares: Float32Array, { labels, wanted, maxDetections }: ClassificationOptions): Classification[] {
  return Array.from(shares, (score, classId) => ({ score, classId }))
    .filter(({ score, classId }) => Number.isFinite(score) && (wanted?.has(classId) ?? true))
    .sort((a, b) => b.score - a.score)
    .slice(0, Math.min(MOST, maxDetections))
    .map(({ score, classId }) => ({ label: labelOf(labels, classId), score: Math.round(score * 1e5) / 1e5, classId }));
}
