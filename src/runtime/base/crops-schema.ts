import { z } from 'zod';

import { MAX_FRAME_SIDE } from './limits.js';

/** When an algo on crops runs again on a thing that it has been run on. */
export const RERUNS = ['always', 'new'] as const;

/** What an algo that is run on another one's detections is given of a frame: a crop of the source's picture for each of them. */
export const cropsSchema = z.strictObject({
  /** Id of the algo whose detections they are; it stands before this one in the list. */
  of: z.string().min(1).max(256),
  /** Only things of these labels; empty: all. */
  labels: z.array(z.string().max(256)).max(10_000).default([]),
  /** Things whose box has a shorter side of fewer pixels of the source are left out. Default 16. */
  minSize: z.int().min(1).max(MAX_FRAME_SIDE).default(16),
  /** How much of its surroundings a crop has, in parts of the box's width left and right and of its height above and below; 0…2. Default 0.1. */
  padding: z.number().min(0).max(2).default(0.1),
  /** Most crops a frame, the detections' first ones: of a model the surest. Default 10. */
  most: z.int().min(1).max(100).default(10),
  /**
   * `always`: at each turn. `new`: when its track is new, or its box has 1.5 times the area that it had at the last run; what that
   * run gave is told again until the track is gone. It needs `track` of the other algo. Default always.
   */
  rerun: z.enum(RERUNS).default('always'),
});
export type CropsOptions = z.output<typeof cropsSchema>;
