import type { Area, Drawable } from '../vision/index.js';
import { inlineParts } from './inline-parts.js';

/** What an algo has seen, to be drawn into recorded frames. */
export type Overlay = {
  readonly algo: string;
  readonly items: readonly Drawable[];
  /** Drawn below the items. Default none. */
  readonly areas?: readonly Area[];
};

/**
 * What can be drawn of a result: of an array, or of an object's first array that has any, those elements that have a box of
 * four numbers, outlines, or a label with a score. What else there is (class, track, corners, keypoints) may be missing, and is
 * left out where it is malformed. Undefined where there is no array; an empty array gives an overlay without items: nothing
 * is seen now.
 */
export function toOverlay(algo: string, result: unknown): Overlay | undefined {
  if (Array.isArray(result)) return { algo, items: itemsOf(result) };
  if (typeof result !== 'object' || result === null) return undefined;
  const lists = Object.values(result).filter((value) => Array.isArray(value));
  if (lists.length === 0) return undefined;
  return { algo, items: lists.map(itemsOf).find((items) => items.length > 0) ?? [] };
}

function itemsOf(list: readonly unknown[]): Drawable[] {
  return inlineParts(list).flatMap((item) => toDrawable(item) ?? []);
}

function toDrawable(item: unknown): Drawable | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { label, score, box, classId, trackId } = item as Partial<Record<keyof Drawable, unknown>>;
  const shape = shapeOf(item);
  const isClass = box === undefined && typeof label === 'string' && typeof score === 'number';
  if (![isBox(box), shape.segmentation, isClass].some(Boolean)) return undefined;
  return {
    label: typeof label === 'string' ? label : '',
    score: typeof score === 'number' ? score : null,
    classId: typeof classId === 'number' ? classId : 0,
    ...(isBox(box) && { box }),
    ...(typeof trackId === 'number' && { trackId }),
    ...shape,
  };
}

/** What tells more of a thing's shape than its box. */
function shapeOf(item: Partial<Record<keyof Drawable, unknown>>): Pick<Drawable, 'polygon' | 'keypoints' | 'segmentation'> {
  const { polygon, keypoints, segmentation } = item;
  const polygons = polygonsOf(segmentation);
  return {
    ...(isCorners(polygon) && { polygon }),
    ...(Array.isArray(keypoints) && { keypoints: keypoints.filter(isKeypoint) }),
    ...(polygons && { segmentation: { polygons } }),
  };
}

function isBox(box: unknown): box is NonNullable<Drawable['box']> {
  return hasNumbers(box, ['xmin', 'ymin', 'xmax', 'ymax']);
}

function isKeypoint(point: unknown): point is NonNullable<Drawable['keypoints']>[number] {
  return hasNumbers(point, ['x', 'y']) && typeof (point as { name?: unknown }).name === 'string';
}

function isCorners(polygon: unknown): polygon is NonNullable<Drawable['polygon']> {
  return Array.isArray(polygon) && polygon.length === 4 && polygon.every((corner) => Array.isArray(corner) && corner.length === 2 && corner.every((side) => typeof side === 'number'));
}

function polygonsOf(segmentation: unknown): number[][] | undefined {
  const polygons = (segmentation as { polygons?: unknown } | null | undefined)?.polygons;
  if (!Array.isArray(polygons)) return undefined;
  return polygons.filter((polygon): polygon is number[] => Array.isArray(polygon) && polygon.every((number) => typeof number === 'number'));
}

function hasNumbers(value: unknown, keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => typeof (value as Record<string, unknown>)[key] === 'number');
}
