import type { Box } from '../box.js';
import { areaOf, type Point } from '../rotated-box.js';
import type { MaskField } from './mask-field.js';

/** Parts of a mask smaller than this, in pixels, get no outline. */
const MIN_AREA = 1;
/** How far an outline may be off the field's, in steps of the field. */
const TOLERANCE = 0.1;

/**
 * Outlines of the parts of a mask that lie in `box`, clockwise as seen, the largest first; holes are left out. Found by marching
 * squares (Lorensen and Cline 1987, in two dimensions), thinned by the algorithm of Ramer, Douglas and Peucker.
 */
export function maskOutlines(field: MaskField, box: Box): Point[][] {
  const grid = cutGrid(field, box);
  if (!grid) return [];
  const tolerance = TOLERANCE * Math.min(field.stepX, field.stepY);
  return traceRings(grid)
    .map((points) => ({ points, area: areaOf(points) }))
    .filter(({ area }) => area >= MIN_AREA)
    .sort((a, b) => b.area - a.area)
    .map(({ points }) => thinRing(points, tolerance))
    .filter((points) => points.length >= 3);
}

/** Samples at every crossing of the lines `xs` and `ys`. The outermost ones lie on the next ones, outside of the mask, and so close what reaches the border. */
type Grid = { readonly xs: readonly number[]; readonly ys: readonly number[]; readonly values: Float32Array };

/** The field's samples within the box, and what it is along the box's border. */
function cutGrid(field: MaskField, box: Box): Grid | undefined {
  if (!(box.x2 > box.x1 && box.y2 > box.y1)) return undefined;
  const xs = linesWithin(box.x1, box.x2, { first: field.left, step: field.stepX, count: field.columns });
  const ys = linesWithin(box.y1, box.y2, { first: field.top, step: field.stepY, count: field.rows });
  const values = new Float32Array(xs.length * ys.length).fill(-Infinity);
  for (let j = 1; j < ys.length - 1; j++) {
    for (let i = 1; i < xs.length - 1; i++) values[j * xs.length + i] = fieldAt(field, xs[i] as number, ys[j] as number);
  }
  return { xs, ys, values };
}

function linesWithin(from: number, to: number, samples: { readonly first: number; readonly step: number; readonly count: number }): number[] {
  const lines = [from, from];
  const start = Math.max(0, Math.floor((from - samples.first) / samples.step) + 1);
  for (let i = start; i < samples.count; i++) {
    const line = samples.first + i * samples.step;
    if (line >= to) break;
    lines.push(line);
  }
  return [...lines, to, to];
}

function fieldAt({ values, columns, rows, left, top, stepX, stepY }: MaskField, x: number, y: number): number {
  const placeX = Math.min(columns - 1, Math.max(0, (x - left) / stepX));
  const placeY = Math.min(rows - 1, Math.max(0, (y - top) / stepY));
  const column = Math.floor(placeX);
  const row = Math.floor(placeY);
  const nextColumn = Math.min(columns - 1, column + 1);
  const along = (at: number): number => {
    const value = values[at + column] as number;
    return value + (placeX - column) * ((values[at + nextColumn] as number) - value);
  };
  const upper = along(row * columns);
  return upper + (placeY - row) * (along(Math.min(rows - 1, row + 1) * columns) - upper);
}

/**
 * Sides of a cell through which the outline comes in and goes out, by which corners are on the mask (1 upper left, 2 upper right,
 * 4 lower right, 8 lower left); the mask is on the right hand of who walks along. 0 top, 1 right, 2 bottom, 3 left.
 */
const WAYS: readonly (readonly [number, number][])[] = [
  [], [[0, 3]], [[1, 0]], [[1, 3]], [[2, 1]], [[0, 3], [2, 1]], [[2, 0]], [[2, 3]],
  [[3, 2]], [[0, 2]], [[1, 0], [3, 2]], [[1, 2]], [[3, 1]], [[0, 1]], [[3, 0]], [],
];
/** The two cells with opposite corners on the mask, where these hang together in the middle. */
const JOINED: Readonly<Record<number, readonly [number, number][]>> = { 5: [[0, 1], [2, 3]], 10: [[1, 2], [3, 0]] };

function traceRings(grid: Grid): Point[][] {
  const next = linkEdges(grid);
  const rings: Point[][] = [];
  for (let start = 0; start < next.length; start++) {
    if (next[start] === NO_EDGE) continue;
    const ring: Point[] = [];
    for (let edge = start; next[edge] !== NO_EDGE; ) {
      ring.push(crossing(grid, edge));
      const following = next[edge] as number;
      next[edge] = NO_EDGE;
      edge = following;
    }
    rings.push(ring);
  }
  return rings;
}

const NO_EDGE = -1;

/** The edge after each edge that an outline crosses. An edge is twice the number of its left or upper sample, plus 1 if it goes down. */
function linkEdges({ xs, values }: Grid): Int32Array {
  const width = xs.length;
  const next = new Int32Array(values.length * 2).fill(NO_EDGE);
  const last = values.length - width;
  const isOn = (at: number): number => Number((values[at] as number) > 0);
  for (let at = 0; at < last; at++) {
    if ((at + 1) % width === 0) continue;
    const corners = isOn(at) | (isOn(at + 1) << 1) | (isOn(at + width + 1) << 2) | (isOn(at + width) << 3);
    if (corners === 0 || corners === 15) continue;
    for (const [from, to] of waysThrough(values, at, { width, corners })) next[sideOf(from, at, width)] = sideOf(to, at, width);
  }
  return next;
}

function waysThrough(values: Float32Array, at: number, { width, corners }: { readonly width: number; readonly corners: number }): readonly (readonly [number, number])[] {
  const joined = JOINED[corners];
  const middle = joined ? (values[at] as number) + (values[at + 1] as number) + (values[at + width] as number) + (values[at + width + 1] as number) : 0;
  return (middle > 0 ? joined : undefined) ?? WAYS[corners] ?? [];
}

/** The edge on that side of the cell whose upper left sample is `at`. */
function sideOf(side: number, at: number, width: number): number {
  return [2 * at, 2 * (at + 1) + 1, 2 * (at + width), 2 * at + 1][side] as number;
}

function crossing({ xs, ys, values }: Grid, edge: number): Point {
  const at = edge >> 1;
  const width = xs.length;
  const [i, j] = [at % width, Math.floor(at / width)];
  const isDown = (edge & 1) === 1;
  const here = values[at] as number;
  const there = values[isDown ? at + width : at + 1] as number;
  // an infinite one lies on its neighbour
  const part = Number.isFinite(here) && Number.isFinite(there) ? here / (here - there) : 0;
  const between = (lines: readonly number[], index: number): number => (lines[index] as number) + part * ((lines[index + 1] as number) - (lines[index] as number));
  return isDown ? { x: xs[i] as number, y: between(ys, j) } : { x: between(xs, i), y: ys[j] as number };
}

/** Thins a closed ring: halved at its first point and the one farthest from it. */
function thinRing(ring: readonly Point[], tolerance: number): Point[] {
  const [first] = ring;
  if (!first) return [];
  const far = ring.reduce((best, point, i) => (squaredDistance(point, first) > squaredDistance(ring[best] as Point, first) ? i : best), 0);
  const kept = new Uint8Array(ring.length + 1);
  const closed = [...ring, first];
  for (const end of [0, far, ring.length]) kept[end] = 1;
  keepCorners(closed, kept, { from: 0, to: far, tolerance });
  keepCorners(closed, kept, { from: far, to: ring.length, tolerance });
  return ring.filter((_, i) => kept[i] === 1);
}

function keepCorners(points: readonly Point[], kept: Uint8Array, { from, to, tolerance }: { readonly from: number; readonly to: number; readonly tolerance: number }): void {
  const waiting: [number, number][] = [[from, to]];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    const [start, end] = part;
    let [farthest, distance] = [start, tolerance];
    for (let i = start + 1; i < end; i++) {
      const here = distanceToLine(points[i] as Point, points[start] as Point, points[end] as Point);
      if (here > distance) [farthest, distance] = [i, here];
    }
    if (farthest === start) continue;
    kept[farthest] = 1;
    waiting.push([start, farthest], [farthest, end]);
  }
}

function distanceToLine(point: Point, from: Point, to: Point): number {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return Math.hypot(point.x - from.x, point.y - from.y);
  return Math.abs((to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)) / length;
}

function squaredDistance(a: Point, b: Point): number {
  return (a.x - b.x) ** 2 + (a.y - b.y) ** 2;
}
