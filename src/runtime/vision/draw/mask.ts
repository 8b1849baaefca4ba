import type { Canvas } from './canvas.js';
import type { Dot } from './line.js';
import type { Color } from './palette.js';

/** Tints what lies within an odd number of the rings, half transparent; a pixel counts by its centre. */
export function tintRings(canvas: Canvas, rings: readonly (readonly Dot[])[], color: Color): void {
  const crossings: number[][] = [];
  for (const ring of rings) {
    ring.forEach((dot, i) => { addCrossings(crossings, [dot, ring[(i + 1) % ring.length] as Dot], canvas.height); });
  }
  crossings.forEach((xs, y) => {
    xs.sort((a, b) => a - b);
    for (let i = 0; i + 1 < xs.length; i += 2) {
      const left = Math.max(0, Math.ceil((xs[i] as number) - 0.5));
      const right = Math.min(canvas.width, Math.ceil((xs[i + 1] as number) - 0.5));
      if (left < right) canvas.tint({ left, top: y, right, bottom: y + 1 }, color);
    }
  });
}

/** Where a line crosses the middle of each row of pixels. */
function addCrossings(crossings: number[][], [a, b]: readonly [Dot, Dot], height: number): void {
  const [upper, lower] = a.y < b.y ? [a, b] : [b, a];
  const slope = (lower.x - upper.x) / (lower.y - upper.y);
  if (!Number.isFinite(slope)) return;
  const end = Math.min(height, Math.ceil(lower.y - 0.5));
  for (let y = Math.max(0, Math.ceil(upper.y - 0.5)); y < end; y++) (crossings[y] ??= []).push(upper.x + (y + 0.5 - upper.y) * slope);
}
