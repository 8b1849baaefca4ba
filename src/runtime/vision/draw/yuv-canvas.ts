import type { YuvPlanes } from '../yuv-planes.js';
import type { Canvas, PixelRect } from './canvas.js';

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
    for (let y = top; y < bottom; y++) luma.fill(value, y * lumaStride + left, y * lumaStride + right);
  }

  return {
    width,
    height,
    fill(rect, { yuv }) {
      fillLuma(rect, yuv.y);
      const left = rect.left >> 1;
      const right = (rect.right + 1) >> 1;
      for (let y = rect.top >> 1; y < (rect.bottom + 1) >> 1; y++) {
        u.fill(yuv.u, y * uStride + left, y * uStride + right);
        v.fill(yuv.v, y * vStride + left, y * vStride + right);
      }
    },
    write(rect, ink) {
      fillLuma(rect, INK_LUMA[ink]);
    },
  };
}
