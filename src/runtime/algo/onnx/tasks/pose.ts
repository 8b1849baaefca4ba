import { type FoundBox, toDetections } from './detections.js';
import type { Task } from './task.js';

/** A box with its keypoints. */
export type FoundPose = FoundBox & { readonly keypoints: NonNullable<FoundBox['keypoints']> };

/** Bodies and where their joints are. */
export const pose: Task<readonly FoundPose[]> = { name: 'pose-estimation', toResult: toDetections };
