import { type FoundBox, toDetections } from './detections.js';
import type { Task } from './task.js';

/** Things and where they are, with landmarks where the family finds any. */
export const detect: Task<readonly FoundBox[]> = { name: 'object-detection', toResult: toDetections };
