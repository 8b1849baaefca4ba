import assert from 'node:assert/strict';

import { bytesPerPixel, type Detection, type Frame, PIXEL_FORMATS, type PixelFormat } from '../../../../dist/runtime/base/index.js';
import { drawDetections, drawOnFrame, type YuvPlanes } from '../../../../dist/runtime/vision/index.js';

const GRAY = 90;

/** Orange and blue of Okabe and Ito, classes 0 and 4, as bytes; in gray their brightness, 0.299 R + 0.587 G + 0.114 B. */
const BYTES: Readonly<Record<PixelFormat, readonly [readonly number[], readonly number[]]>> = {
  bgr24: [[0, 159, 230], [178, 114, 0]],
  rgb24: [[230, 159, 0], [0, 114, 178]],
  rgba: [[230, 159, 0, 255], [0, 114, 178, 255]],
  gray8: [[162], [87]],
};

/** A gray frame whose rows have padding that must stay as it is. */
function grayFrame(width: number, height: number, format: PixelFormat): Frame {
  const strideBytes = width * bytesPerPixel(format) + 5;
  return { index: 1, sourceIndex: 0, pts: 0, position: 0, width, height, format, strideBytes, data: new Uint8Array(strideBytes * height).fill(GRAY) };
}

function detection(box: readonly [number, number, number, number], more: Partial<Detection> = {}): Detection {
  const [xmin, ymin, xmax, ymax] = box;
  return { label: 'person', score: 0.87, classId: 0, box: { xmin, ymin, xmax, ymax }, ...more };
}

function pixelAt(frame: Frame, x: number, y: number): number[] {
  const step = bytesPerPixel(frame.format);
  const at = y * frame.strideBytes + x * step;
  return [...frame.data.subarray(at, at + step)];
}

/** The picture in letters: `.` as it was, `#` colour, `o` black or white ink. */
function shapeOf(frame: Frame): string[] {
  const letter = (pixel: readonly number[]): string => {
    if (pixel.every((byte) => byte === GRAY)) return '.';
    const colors = pixel.slice(0, 3);
    return colors.every((byte) => byte === 0) || colors.every((byte) => byte === 255) ? 'o' : '#';
  };
  return Array.from({ length: frame.height }, (_, y) => Array.from({ length: frame.width }, (_unused, x) => letter(pixelAt(frame, x, y))).join(''));
}

/** The same of what is drawn into a video's planes. */
function shapeOfYuv(width: number, height: number, detections: readonly Detection[]): string[] {
  const picture: YuvPlanes = {
    width, height, strides: [width, width / 2, width / 2],
    planes: [new Uint8Array(width * height).fill(GRAY), new Uint8Array((width * height) / 4), new Uint8Array((width * height) / 4)],
  };
  drawDetections(picture, detections, { scaleX: 1, scaleY: 1 });
  const letter = (luma: number): string => (luma === GRAY ? '.' : luma === 16 || luma === 235 ? 'o' : '#');
  return Array.from({ length: height }, (_, y) => [...picture.planes[0].subarray(y * width, (y + 1) * width)].map(letter).join(''));
}

function assertPaddingUntouched(frame: Frame): void {
  const rowBytes = frame.width * bytesPerPixel(frame.format);
  for (let y = 0; y < frame.height; y++) {
    const padding = frame.data.subarray(y * frame.strideBytes + rowBytes, (y + 1) * frame.strideBytes);
    assert.ok(padding.every((byte) => byte === GRAY), `row ${y} was written beside the picture`);
  }
}

describe('vision/draw on frames', () => {
  for (const format of PIXEL_FORMATS) {
    const [orange, blue] = BYTES[format];

    it(`${format}: sides, bar and letters have their colours, what is inside stays`, () => {
      const frame = grayFrame(640, 360, format);
      drawOnFrame(frame, [detection([100, 100, 300, 300]), detection([400, 100, 600, 300], { classId: 4, label: 'H' })]);
      for (const [x, y] of [[100, 100], [299, 200], [200, 299], [100, 90]] as const) assert.deepEqual(pixelAt(frame, x, y), orange, `${x}, ${y}`);
      for (const [x, y] of [[400, 100], [599, 200], [500, 299], [400, 90]] as const) assert.deepEqual(pixelAt(frame, x, y), blue, `${x}, ${y}`);
      assert.deepEqual(pixelAt(frame, 200, 200), Array.from({ length: bytesPerPixel(format) }, () => GRAY));
      // The first letters, two dots from the bar's left and top: "p" begins in its third row, black; "H" in its first, white.
      assert.deepEqual(pixelAt(frame, 102, 93).slice(0, 3), orange.slice(0, 3).map(() => 0));
      assert.deepEqual(pixelAt(frame, 402, 91).slice(0, 3), blue.slice(0, 3).map(() => 255));
      assertPaddingUntouched(frame);
    });

    it(`${format}: draws the very pixels that are drawn into a video`, () => {
      const detections = [
        detection([-20, -20, 60, 40], { trackId: 7 }), detection([30, 30, 158, 150], { classId: 3, label: 'a very long name that does not fit' }),
        detection([100.5, 80.2, 400, 300], { classId: 4 }), detection([10, 100, 10, 100], { classId: 1, label: '' }),
        detection([NaN, 0, 10, 10]), detection([900, 900, 1000, 1000]),
      ];
      const frame = grayFrame(160, 120, format);
      drawOnFrame(frame, detections);
      assert.deepEqual(shapeOf(frame), shapeOfYuv(160, 120, detections));
      assertPaddingUntouched(frame);
    });
  }

  it('boxes of a picture of another size are scaled to the frame', () => {
    const [scaled, same] = [grayFrame(320, 180, 'rgb24'), grayFrame(320, 180, 'rgb24')];
    drawOnFrame(scaled, [detection([200, 400, 600, 800])], { width: 1280, height: 1440 });
    drawOnFrame(same, [detection([50, 50, 150, 100])]);
    assert.deepEqual(scaled.data, same.data);
    assert.deepEqual(pixelAt(scaled, 50, 50), [230, 159, 0]);
  });

  it('a transparent frame becomes opaque only where it is drawn on', () => {
    const frame = grayFrame(64, 48, 'rgba');
    frame.data.fill(0);
    drawOnFrame(frame, [detection([10, 20, 50, 40], { label: '', score: NaN })]);
    assert.deepEqual([pixelAt(frame, 10, 20)[3], pixelAt(frame, 30, 30)[3]], [255, 0]);
  });

  it('hostile boxes and sizes of the source do no harm', () => {
    const boxes = [[NaN, 0, 1, 1], [-1e308, -1e308, 1e308, 1e308], [Infinity, Infinity, Infinity, Infinity], [5, 5, 4, 4]] as const;
    for (const source of [{ width: 0, height: 0 }, { width: NaN, height: 1 }, { width: -5, height: 1e-300 }, { width: 64, height: 48 }]) {
      const frame = grayFrame(64, 48, 'bgr24');
      drawOnFrame(frame, boxes.map((box) => detection(box)), source);
      assertPaddingUntouched(frame);
    }
    const dot = grayFrame(1, 1, 'bgr24');
    drawOnFrame(dot, [detection([0, 0, 1, 1])]);
    assert.deepEqual(pixelAt(dot, 0, 0), [0, 159, 230]);
  });

  const wrong: { why: string; frame: object }[] = [
    { why: 'too little data', frame: { data: new Uint8Array(10) } },
    { why: 'no data', frame: { data: undefined } },
    { why: 'an ordinary array', frame: { data: Array.from({ length: 64 * 48 * 3 }, () => 0) } },
    { why: 'a stride shorter than a row', frame: { strideBytes: 64 } },
    { why: 'a stride that is none', frame: { strideBytes: 192.5 } },
    { why: 'a planar format', frame: { format: 'yuv420p' } },
    { why: 'no size', frame: { width: 0 } },
    { why: 'a huge size', frame: { width: 1e9, height: 1e9, strideBytes: 3e9 } },
  ];
  for (const { why, frame } of wrong) {
    it(`refuses a frame with ${why}`, () => {
      const given = { ...grayFrame(64, 48, 'bgr24'), ...frame };
      assert.throws(() => { drawOnFrame(given, [detection([0, 0, 9, 9])]); }, { code: 'OPTION_INVALID', message: /^frame: expected / });
    });
  }
});
