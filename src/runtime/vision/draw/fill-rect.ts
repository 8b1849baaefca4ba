import type { Canvas, PixelRect } from './canvas.js';
import type { Color } from './palette.js';

/** Fills what of `rect` lies within the picture. */
export function fillRect(canvas: Canvas, rect: PixelRect, color: Color): void {
  const visible = clipRect(canvas, rect);
  if (visible) canvas.fill(visible, color);
}

/** Fills the four sides of `rect`, `thickness` pixels wide, inside of it. */
export function strokeRect(canvas: Canvas, rect: PixelRect, pen: { readonly thickness: number; readonly color: Color }): void {
  const { left, top, right, bottom } = rect;
  const across = Math.min(pen.thickness, Math.ceil((right - left) / 2));
  const down = Math.min(pen.thickness, Math.ceil((bottom - top) / 2));
  fillRect(canvas, { left, top, right, bottom: top + down }, pen.color);
  fillRect(canvas, { left, top: bottom - down, right, bottom }, pen.color);
  fillRect(canvas, { left, top: top + down, right: left + across, bottom: bottom - down }, pen.color);
  fillRect(canvas, { left: right - across, top: top + down, right, bottom: bottom - down }, pen.color);
}

/** The part of `rect` in the picture; undefined where there is none. */
export function clipRect(canvas: Canvas, rect: PixelRect): PixelRect | undefined {
  const left = Math.max(0, rect.left);
  const top = Math.max(0, rect.top);
  const right = Math.min(canvas.width, rect.right);
  const bottom = Math.min(canvas.height, rect.bottom);
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}
