import type { AlgoPlan, OnnxOptions, SlicesOptions } from './plan.js';

/** How an algo's frames are cut into tiles, and what its finds are merged by. */
export type Slicing = Pick<OnnxOptions, 'nms' | 'maxDetections'> & { readonly slices: SlicesOptions };

/** Undefined: the algo's frames are not cut. */
export function slicingOf(algo: AlgoPlan): Slicing | undefined {
  if (!('options' in algo) || !('slices' in algo.options) || algo.options.slices === undefined) return undefined;
  const { nms, maxDetections, slices } = algo.options;
  return { nms, maxDetections, slices };
}
