import type { Detection, OrientedDetection, Segmentation } from '../../base/index.js';

/** What is drawn of one element of a result; every task's elements are such. */
export type Drawable = Pick<Detection, 'label' | 'classId' | 'keypoints'> & {
  /** Null or no number: not written. */
  readonly score: number | null;
  readonly trackId?: number;
  /** Absent: the element is about the whole picture. */
  readonly box?: Detection['box'];
  /** Corners, drawn instead of `box`. */
  readonly polygon?: OrientedDetection['polygon'];
  readonly segmentation?: Pick<Segmentation, 'polygons'>;
};

/** Where a track has been, oldest first, in pixels of the source. */
export type Trail = { readonly classId: number; readonly places: readonly { readonly x: number; readonly y: number }[] };
