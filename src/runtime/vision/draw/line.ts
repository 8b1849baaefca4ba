import type { Canvas } from './canvas.js';
import { fillRect } from './fill-rect.js';
import type { Color } from './palette.js';

/** A place in pixels of the picture, floats. */
export type Dot = { readonly x: number; readonly y: number };

export type Pen = { readonly thickness: number; readonly color: Color };

/** Draws a straight line, `thickness` pixels across its steeper direction; what lies outside of the picture is left out. */
export function strokeLine(canvas: Canvas, ends: readonly [Dot, Dot], { thickness, color }: Pen): void {
  const clipped = clipLine(ends, { min: -thickness, maxX: canvas.width + thickness, maxY: canvas.height + thickness });
  if (!clipped) return;
  const [from, to] = clipped;
  const isFlat = Math.abs(to.x - from.x) >= Math.abs(to.y - from.y);
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))));
  for (let i = 0; i <= steps; i++) {
    const x = Math.floor(from.x + ((to.x - from.x) * i) / steps);
    const y = Math.floor(from.y + ((to.y - from.y) * i) / steps);
    const [left, top] = isFlat ? [x, y - (thickness >> 1)] : [x - (thickness >> 1), y];
    fillRect(canvas, { left, top, right: left + (isFlat ? 1 : thickness), bottom: top + (isFlat ? thickness : 1) }, color);
  }
}

/** Draws the lines from each place to the next, and back to the first. */
export function strokeRing(canvas: Canvas, dots: readonly Dot[], pen: Pen): void {
  dots.forEach((dot, i) => { strokeLine(canvas, [dot, dots[(i + 1) % dots.length] as Dot], pen); });
}

/** Draws a square dot around a place. */
export function fillDot(canvas: Canvas, { x, y }: Dot, { thickness, color }: Pen): void {
  const [left, top] = [Math.round(x - thickness / 2), Math.round(y - thickness / 2)];
  fillRect(canvas, { left, top, right: left + thickness, bottom: top + thickness }, color);
}

/** The part of a line within bounds (Liang and Barsky, "A new concept and method for line clipping", 1984); undefined where there is none. */
function clipLine([from, to]: readonly [Dot, Dot], { min, maxX, maxY }: { readonly min: number; readonly maxX: number; readonly maxY: number }): readonly [Dot, Dot] | undefined {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  let [first, last] = [0, 1];
  for (const [step, room] of [[-dx, from.x - min], [dx, maxX - from.x], [-dy, from.y - min], [dy, maxY - from.y]] as const) {
    if (step === 0 && room < 0) return undefined;
    if (step < 0) first = Math.max(first, room / step);
    if (step > 0) last = Math.min(last, room / step);
  }
  // not "greater": ends that are no numbers are left out, too
  if (!(first <= last && Number.isFinite(dx + dy))) return undefined;
  return [{ x: from.x + first * dx, y: from.y + first * dy }, { x: from.x + last * dx, y: from.y + last * dy }];
}
