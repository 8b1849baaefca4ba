import { bytesPerPixel, type Frame, type PixelFormat } from '../../base/index.js';
import { type Canvas, type PixelRect, tinted } from './canvas.js';
import type { Color } from './palette.js';

const INK_LEVEL = { black: 0, white: 255 } as const;

/** Draws into the frame's packed pixels, in place; what is filled is opaque. The frame is whole: see `frameFault`. */
export function frameCanvas(frame: Frame): Canvas {
  const { width, height, format, strideBytes, data } = frame;
  const step = bytesPerPixel(format);

  function fillPixels({ left, top, right, bottom }: PixelRect, pixel: readonly number[]): void {
    const first = top * strideBytes + left * step;
    const end = top * strideBytes + right * step;
    for (let at = first, i = 0; at < end; at++, i = i + 1 === step ? 0 : i + 1) data[at] = pixel[i] as number;
    for (let y = top + 1; y < bottom; y++) data.copyWithin(y * strideBytes + left * step, first, end);
  }

  return {
    width,
    height,
    fill(rect, color) {
      fillPixels(rect, pixelOf(color, format));
    },
    tint({ left, top, right, bottom }, color) {
      const pixel = pixelOf(color, format);
      for (let y = top; y < bottom; y++) {
        const end = y * strideBytes + right * step;
        for (let at = y * strideBytes + left * step, i = 0; at < end; at++, i = i + 1 === step ? 0 : i + 1) data[at] = tinted(data[at] as number, pixel[i] as number);
      }
    },
    write(rect, ink) {
      const level = INK_LEVEL[ink];
      fillPixels(rect, [level, level, level, 255]);
    },
  };
}

/** The bytes of one pixel; in `gray8` the colour's brightness. */
function pixelOf({ rgb, yuv }: Color, format: PixelFormat): readonly number[] {
  const { red, green, blue } = rgb;
  switch (format) {
    case 'bgr24':
      return [blue, green, red];
    case 'rgb24':
      return [red, green, blue];
    case 'rgba':
      return [red, green, blue, 255];
    case 'gray8':
      return [Math.round(((yuv.y - 16) * 255) / 219)];
  }
}
