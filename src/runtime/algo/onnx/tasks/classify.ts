import type { Classification } from '../../../base/index.js';
import { labelOf } from '../labels.js';
import { type ResultContext, roundScore, type Task } from './task.js';

/** As many as transformers.js gives by default. */
const MOST = 5;

/** The likeliest classes of the whole picture; raw are shares, 0…1 for each class, together 1. */
export const classifyPicture: Task<Float32Array> = { name: 'image-classification', toResult };

function toResult(shares: Float32Array, { labels, wanted, options }: ResultContext): Classification[] {
  return Array.from(shares, (score, classId) => ({ score, classId }))
    .filter(({ score, classId }) => Number.isFinite(score) && (wanted?.has(classId) ?? true))
    .sort((a, b) => b.score - a.score)
    .slice(0, Math.min(MOST, options.maxDetections))
    .map(({ score, classId }) => ({ label: labelOf(labels, classId), score: roundScore(score), classId }));
}
