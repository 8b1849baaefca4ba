import { bytesPerPixel, type Frame, type PixelFormat } from '../base/index.js';
import type { YuvPlanes } from '../vision/index.js';

/** Where red, green and blue lie in a pixel. */
const CHANNELS: Readonly<Record<PixelFormat, readonly [number, number, number]>> = {
  bgr24: [2, 1, 0],
  rgb24: [0, 1, 2],
  rgba: [0, 1, 2],
  gray8: [0, 0, 0],
};

/**
 * The upper left part of `frame`, as large as `target`, in YUV by ITU-R BT.601, limited range; each colour value is that
 * of the mean of four pixels. `frame` is at least as large as `target`. Transparency is ignored.
 */
export function pixelsToYuv(frame: Frame, target: YuvPlanes): void {
  for (let y = 0; y < target.height; y += 2) convertRowPair(frame, target, y);
}

/** Coefficients of BT.601 × 2^16 for components 0…255, rounded so that grays stay gray (each colour row adds up to 0). */
function convertRowPair(frame: Frame, target: YuvPlanes, y: number): void {
  const { data, strideBytes } = frame;
  const step = bytesPerPixel(frame.format);
  const [red, green, blue] = CHANNELS[frame.format];
  const [luma, uPlane, vPlane] = target.planes;
  const [lumaStride, uStride, vStride] = target.strides;
  for (let x = 0; x < target.width; x += 2) {
    let [r4, g4, b4] = [0, 0, 0];
    for (let corner = 0; corner < 4; corner++) {
      const px = x + (corner & 1);
      const py = y + (corner >> 1);
      const at = py * strideBytes + px * step;
      const r = data[at + red] as number;
      const g = data[at + green] as number;
      const b = data[at + blue] as number;
      luma[py * lumaStride + px] = (1_081_344 + 16_829 * r + 33_039 * g + 6_416 * b) >> 16;
      r4 += r;
      g4 += g;
      b4 += b;
    }
    uPlane[(y >> 1) * uStride + (x >> 1)] = (33_685_504 - 9_714 * r4 - 19_070 * g4 + 28_784 * b4) >> 18;
    vPlane[(y >> 1) * vStride + (x >> 1)] = (33_685_504 + 28_784 * r4 - 24_103 * g4 - 4_681 * b4) >> 18;
  }
}
