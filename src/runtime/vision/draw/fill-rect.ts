import type { YuvPlanes } from '../yuv-planes.js';
import type { YuvColor } from './palette.js';

/** Whole pixels; `right` and `bottom` are the first ones outside. */
export type PixelRect = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/**
 * Fills what of `rect` lies within the picture. Colour planes have half the picture's resolution: at odd edges the
 * colour, not the brightness, reaches one pixel further.
 */
export function fillRect(picture: YuvPlanes, rect: PixelRect, color: YuvColor): void {
  const left = Math.max(0, rect.left);
  const top = Math.max(0, rect.top);
  const right = Math.min(picture.width, rect.right);
  const bottom = Math.min(picture.height, rect.bottom);
  if (left >= right || top >= bottom) return;
  const [luma, u, v] = picture.planes;
  const [lumaStride, uStride, vStride] = picture.strides;
  for (let y = top; y < bottom; y++) luma.fill(color.y, y * lumaStride + left, y * lumaStride + right);
  const chromaLeft = left >> 1;
  const chromaRight = (right + 1) >> 1;
  for (let y = top >> 1; y < (bottom + 1) >> 1; y++) {
    u.fill(color.u, y * uStride + chromaLeft, y * uStride + chromaRight);
    v.fill(color.v, y * vStride + chromaLeft, y * vStride + chromaRight);
  }
}

/** Fills the four sides of `rect`, `thickness` pixels wide, inside of it. */
export function strokeRect(picture: YuvPlanes, rect: PixelRect, pen: { readonly thickness: number; readonly color: YuvColor }): void {
  const { left, top, right, bottom } = rect;
  const across = Math.min(pen.thickness, Math.ceil((right - left) / 2));
  const down = Math.min(pen.thickness, Math.ceil((bottom - top) / 2));
  fillRect(picture, { left, top, right, bottom: top + down }, pen.color);
  fillRect(picture, { left, top: bottom - down, right, bottom }, pen.color);
  fillRect(picture, { left, top: top + down, right: left + across, bottom: bottom - down }, pen.color);
  fillRect(picture, { left: right - across, top: top + down, right, bottom: bottom - down }, pen.color);
}
