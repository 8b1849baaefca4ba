import type { Point, RotatedBox } from './rotated-box.js';

/**
 * The convex hull of points sorted by y, then x; clockwise as seen, without points on its sides (Andrew, "Another efficient
 * algorithm for convex hulls in two dimensions", 1979).
 */
export function convexHull(sorted: readonly Point[]): Point[] {
  if (sorted.length < 3) return [...sorted];
  return [...halfHull(sorted), ...halfHull([...sorted].reverse())];
}

/** One side of the hull, without its last point, where the other side begins. */
function halfHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    while (hull.length >= 2 && cross(hull.at(-2) as Point, hull.at(-1) as Point, point) <= 0) hull.pop();
    hull.push(point);
  }
  return hull.slice(0, -1);
}

/** Above 0 where the way from `a` over `b` to `c` turns clockwise as seen. */
function cross(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/**
 * The smallest rectangle, at whatever angle, around a convex polygon: one of its sides lies on one of the polygon's (Freeman and
 * Shapira, 1975). A side is 0 where all points lie on a line; undefined where there is no point.
 */
export function minAreaRect(hull: readonly Point[]): RotatedBox | undefined {
  const rects = hull.map((from, i) => rectAlong(hull, from, hull[(i + 1) % hull.length] as Point));
  return rects.reduce<RotatedBox | undefined>((best, rect) => (best && best.width * best.height <= rect.width * rect.height ? best : rect), undefined);
}

function rectAlong(points: readonly Point[], from: Point, to: Point): RotatedBox {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const across = points.map(({ x, y }) => x * cos + y * sin);
  const down = points.map(({ x, y }) => y * cos - x * sin);
  const [left, right, top, bottom] = [Math.min(...across), Math.max(...across), Math.min(...down), Math.max(...down)];
  const [u, v] = [(left + right) / 2, (top + bottom) / 2];
  return { cx: u * cos - v * sin, cy: u * sin + v * cos, width: right - left, height: bottom - top, angle };
}
