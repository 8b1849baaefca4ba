import type { Box } from './box.js';

/** A rectangle at an angle: centre and sides in pixels, radians from the x axis to the side `width`, clockwise as seen. */
export type RotatedBox = { readonly cx: number; readonly cy: number; readonly width: number; readonly height: number; readonly angle: number };

export type Point = { readonly x: number; readonly y: number };

/** The four corners, clockwise as seen, from the one that is the upper left at angle 0. */
export function cornersOf({ cx, cy, width, height, angle }: RotatedBox): [Point, Point, Point, Point] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corner = (x: number, y: number): Point => ({ x: cx + (x * cos - y * sin) / 2, y: cy + (x * sin + y * cos) / 2 });
  return [corner(-width, -height), corner(width, -height), corner(width, height), corner(-width, height)];
}

/** The smallest upright box around the points; empty where there are none. */
export function hullOf(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

/** The same rectangle with 0 ≤ angle < π/2: sides change their names where it is turned by a quarter. */
export function normaliseAngle(box: RotatedBox): RotatedBox {
  const half = modulo(box.angle, Math.PI);
  if (half < Math.PI / 2) return { ...box, angle: half };
  return { ...box, width: box.height, height: box.width, angle: half - Math.PI / 2 };
}

/** Never `divisor` itself, to which rounding takes a tiny negative value. */
function modulo(value: number, divisor: number): number {
  const rest = ((value % divisor) + divisor) % divisor;
  return rest < divisor ? rest : 0;
}

/** Intersection over union of two rectangles at angles, 0…1, exact; 0 when either is empty. */
export function rotatedIou(a: RotatedBox, b: RotatedBox): number {
  const [areaA, areaB] = [areaOfSides(a), areaOfSides(b)];
  if (!(areaA > 0 && areaB > 0)) return 0;
  const reach = (Math.hypot(a.width, a.height) + Math.hypot(b.width, b.height)) / 2;
  if (Math.hypot(a.cx - b.cx, a.cy - b.cy) >= reach) return 0;
  const intersection = areaOf(cut(cornersOf(a), cornersOf(b)));
  return Math.min(1, intersection / (areaA + areaB - intersection));
}

function areaOfSides({ width, height }: RotatedBox): number {
  return width > 0 && height > 0 ? width * height : 0;
}

/** What of one convex polygon lies in another, both clockwise as seen (Sutherland and Hodgman, "Reentrant polygon clipping", 1974). */
function cut(subject: readonly Point[], frame: readonly Point[]): readonly Point[] {
  return frame.reduce((rest, from, i) => cutByLine(rest, from, frame[(i + 1) % frame.length] as Point), subject);
}

/** What of `polygon` lies to the right of the line, as seen by one who walks along it. */
function cutByLine(polygon: readonly Point[], from: Point, to: Point): Point[] {
  const side = (point: Point): number => (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x);
  return polygon.flatMap((point, i) => {
    const next = polygon[(i + 1) % polygon.length] as Point;
    const [here, there] = [side(point), side(next)];
    const kept = here >= 0 ? [point] : [];
    if (here >= 0 === there >= 0) return kept;
    const part = here / (here - there);
    return [...kept, { x: point.x + part * (next.x - point.x), y: point.y + part * (next.y - point.y) }];
  });
}

/** Area of a simple polygon by the shoelace formula: above 0 where it goes clockwise as seen. */
export function areaOf(polygon: readonly Point[]): number {
  return polygon.reduce((sum, { x, y }, i) => {
    const next = polygon[(i + 1) % polygon.length] as Point;
    return sum + (x * next.y - next.x * y) / 2;
  }, 0);
}
