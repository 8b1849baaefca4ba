/** Corners in their order, the last one joined to the first; in parts of the frame's width and height, 0…1. */
export type Polygon = readonly (readonly [x: number, y: number])[];

/** Parts of a frame that count (`include`), or that do not (`exclude`). Without regions all of it counts. */
export type RegionsOfInterest = { readonly regions: readonly Polygon[]; readonly regionMode: 'include' | 'exclude' };

/** Whether a point counts; in parts of the frame, 0…1. */
export function isOfInterest({ regions, regionMode }: RegionsOfInterest, x: number, y: number): boolean {
  return regions.length === 0 || regions.some((polygon) => isInside(polygon, x, y)) === (regionMode === 'include');
}

/** 1 for each pixel of a picture of that size whose middle counts, row by row; undefined: all do. */
export function maskOfInterest(areas: RegionsOfInterest, { width, height }: { readonly width: number; readonly height: number }): Uint8Array | undefined {
  if (areas.regions.length === 0) return undefined;
  const mask = new Uint8Array(width * height);
  for (let i = 0; i < mask.length; i += 1) {
    if (isOfInterest(areas, ((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height)) mask[i] = 1;
  }
  return mask;
}

/**
 * Even-odd rule: what a ray to the left crosses an odd number of edges of. Where a polygon crosses itself, what it goes round twice
 * is outside, as it is drawn. (W. R. Franklin, PNPOLY.)
 */
export function isInside(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  let [beforeX, beforeY] = polygon.at(-1) ?? [0, 0];
  for (const [cornerX, cornerY] of polygon) {
    const crosses = cornerY > y !== beforeY > y && x < ((beforeX - cornerX) * (y - cornerY)) / (beforeY - cornerY) + cornerX;
    if (crosses) inside = !inside;
    [beforeX, beforeY] = [cornerX, cornerY];
  }
  return inside;
}
