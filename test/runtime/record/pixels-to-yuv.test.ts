import assert from 'node:assert/strict';

import type { Frame, PixelFormat } from '../../../dist/runtime/base/index.js';
import { pixelsToYuv } from '../../../dist/runtime/record/pixels-to-yuv.js';
import type { YuvPlanes } from '../../../dist/runtime/vision/index.js';

const BYTES: Record<PixelFormat, number> = { bgr24: 3, rgb24: 3, rgba: 4, gray8: 1 };

function frameOf(format: PixelFormat, size: { width: number; height: number; padding?: number }, pixel: (x: number, y: number) => readonly number[]): Frame {
  const { width, height, padding = 0 } = size;
  const strideBytes = width * BYTES[format] + padding;
  const data = new Uint8Array(strideBytes * height).fill(99);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), y * strideBytes + x * BYTES[format]);
  return { index: 1, sourceIndex: 0, pts: 0, position: 0, width, height, format, strideBytes, data };
}

function planesOf(width: number, height: number): YuvPlanes {
  return { width, height, planes: [new Uint8Array(width * height), new Uint8Array((width * height) / 4), new Uint8Array((width * height) / 4)], strides: [width, width / 2, width / 2] };
}

describe('record/pixels-to-yuv', () => {
  // 100 % colour bars in BT.601, limited range (ITU-R BT.601-7 and BT.471).
  const colors: { name: string; rgb: [number, number, number]; yuv: [number, number, number] }[] = [
    { name: 'white', rgb: [255, 255, 255], yuv: [235, 128, 128] },
    { name: 'black', rgb: [0, 0, 0], yuv: [16, 128, 128] },
    { name: 'gray', rgb: [128, 128, 128], yuv: [126, 128, 128] },
    { name: 'red', rgb: [255, 0, 0], yuv: [81, 90, 240] },
    { name: 'green', rgb: [0, 255, 0], yuv: [145, 54, 34] },
    { name: 'blue', rgb: [0, 0, 255], yuv: [41, 240, 110] },
    { name: 'yellow', rgb: [255, 255, 0], yuv: [210, 16, 146] },
  ];
  const orders: { format: PixelFormat; order: (rgb: readonly number[]) => readonly number[] }[] = [
    { format: 'rgb24', order: (rgb) => rgb },
    { format: 'bgr24', order: (rgb) => [...rgb].reverse() },
    { format: 'rgba', order: (rgb) => [...rgb, 0] },
  ];
  for (const { format, order } of orders) {
    it(`${format}: colours by BT.601, rows with padding`, () => {
      for (const { name, rgb, yuv } of colors) {
        const planes = planesOf(4, 2);
        pixelsToYuv(frameOf(format, { width: 4, height: 2, padding: 5 }, () => order(rgb)), planes);
        const [y, u, v] = planes.planes.map((plane) => new Set(plane));
        assert.deepEqual([y, u, v], yuv.map((value) => new Set([value])), name);
      }
    });
  }

  it('gray8: no colour', () => {
    const planes = planesOf(2, 2);
    pixelsToYuv(frameOf('gray8', { width: 2, height: 2 }, (x, y) => [(x + y) * 100]), planes);
    assert.deepEqual(planes.planes.map((plane) => [...plane]), [[16, 102, 102, 188], [128], [128]]);
  });

  it('each pixel keeps its place, an odd side loses its last one, colour is the mean of four', () => {
    const planes = planesOf(4, 2);
    pixelsToYuv(frameOf('rgb24', { width: 5, height: 3 }, (x, y) => (x === 2 && y === 0 ? [255, 0, 0] : [0, 0, 0])), planes);
    assert.deepEqual([...planes.planes[0]], [16, 16, 81, 16, 16, 16, 16, 16]);
    assert.deepEqual([...planes.planes[1]], [128, 119]);
    assert.deepEqual([...planes.planes[2]], [128, 156]);
  });
});
