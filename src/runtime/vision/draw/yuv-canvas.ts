import type { YuvPlanes } from '../yuv-planes.js';
import { type Canvas, type PixelRect, tinted } from './canvas.js';

/** Brightness of the inks, BT.601 limited range. */
const INK_LUMA = { black: 16, white: 235 } as const;

/**
 * Draws into the planes, in place. Colour planes have half the picture's resolution: at odd edges the colour, not the
 * brightness, reaches one pixel further. Letters are brightness only, so that they do not stain the ground around them.
 */
export function yuvCanvas(picture: YuvPlanes): Canvas {
  const { width, height, planes, strides } = picture;
  const [luma, u, v] = planes;
  const [lumaStride, uStride, vStride] = strides;

  function fillLuma({ left, top, right, bottom }: PixelRect, value: number): void {
    for (let y = top; y < bottom; y++) fillRow(luma, value, [y * lumaStride + left, y * lumaStride + right]);
  }

  function tintPlane(plane: Uint8Array, { left, top, right, bottom }: PixelRect, { stride, value }: { readonly stride: number; readonly value: number }): void {
    for (let y = top; y < bottom; y++) {
      for (let at = y * stride + left; at < y * stride + right; at++) plane[at] = tinted(plane[at] as number, value);
    }
  }

  return {
    width,
    height,
    fill(rect, { yuv }) {
      fillLuma(rect, yuv.y);
      const left = rect.left >> 1;
      const right = (rect.right + 1) >> 1;
      for (let y = rect.top >> 1; y < (rect.bottom + 1) >> 1; y++) {
        fillRow(u, yuv.u, [y * uStride + left, y * uStride + right]);
        fillRow(v, yuv.v, [y * vStride + left, y * vStride + right]);
      }
    },
    tint(rect, { yuv }) {
      tintPlane(luma, rect, { stride: lumaStride, value: yuv.y });
      // A colour value belongs to the first of its two rows and columns: tints of neighbouring rows do not meet in it.
      const chroma = { left: (rect.left + 1) >> 1, top: (rect.top + 1) >> 1, right: (rect.right + 1) >> 1, bottom: (rect.bottom + 1) >> 1 };
      tintPlane(u, chroma, { stride: uStride, value: yuv.u });
      tintPlane(v, chroma, { stride: vStride, value: yuv.v });
    },
    write(rect, ink) {
      fillLuma(rect, INK_LUMA[ink]);
    },
  };
}

/** A call of `fill` takes longer than a few bytes do: lines and letters are narrow. */
function fillRow(plane: Uint8Array, value: number, [from, to]: readonly [number, number]): void {
  if (to - from > 8) plane.fill(value, from, to);
  else for (let at = from; at < to; at++) plane[at] = value;
}
