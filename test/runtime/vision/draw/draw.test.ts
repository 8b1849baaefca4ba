import assert from 'node:assert/strict';

import type { Detection } from '../../../../dist/runtime/base/index.js';
import { drawGlyphs, type TextPlace } from '../../../../dist/runtime/vision/draw/draw-text.js';
import { glyphsOf } from '../../../../dist/runtime/vision/draw/font.js';
import { classColor, yuvOf } from '../../../../dist/runtime/vision/draw/palette.js';
import { yuvCanvas } from '../../../../dist/runtime/vision/draw/yuv-canvas.js';
import { drawDetections, type YuvPlanes } from '../../../../dist/runtime/vision/index.js';

const GRAY = 90;

/** A gray picture whose rows have padding that must stay as it is. */
function grayPicture(width: number, height: number, padding = 6): YuvPlanes {
  const strides: YuvPlanes['strides'] = [width + padding, width / 2 + padding, width / 2 + padding];
  return {
    width,
    height,
    strides,
    planes: [new Uint8Array(strides[0] * height).fill(GRAY), new Uint8Array((strides[1] * height) / 2).fill(128), new Uint8Array((strides[2] * height) / 2).fill(128)],
  };
}

function detection(box: readonly [number, number, number, number], more: Partial<Detection> = {}): Detection {
  const [xmin, ymin, xmax, ymax] = box;
  return { label: 'person', score: 0.87, classId: 0, box: { xmin, ymin, xmax, ymax }, ...more };
}

function lumaAt(picture: YuvPlanes, x: number, y: number): number {
  return picture.planes[0][y * picture.strides[0] + x] ?? -1;
}

function colorAt(picture: YuvPlanes, x: number, y: number): { y: number; u: number; v: number } {
  const at = (y >> 1) * picture.strides[1] + (x >> 1);
  return { y: lumaAt(picture, x, y), u: picture.planes[1][at] ?? -1, v: picture.planes[2][at] ?? -1 };
}

/** The rectangle of all pixels that are not as they were, right and bottom outside. */
function touched(picture: YuvPlanes): { left: number; top: number; right: number; bottom: number } | undefined {
  const rect = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (lumaAt(picture, x, y) === GRAY) continue;
      rect.left = Math.min(rect.left, x);
      rect.top = Math.min(rect.top, y);
      rect.right = Math.max(rect.right, x + 1);
      rect.bottom = Math.max(rect.bottom, y + 1);
    }
  }
  return rect.right > 0 ? rect : undefined;
}

function assertPaddingUntouched(picture: YuvPlanes): void {
  picture.planes.forEach((plane, i) => {
    const [width, height, clean] = i === 0 ? [picture.width, picture.height, GRAY] : [picture.width / 2, picture.height / 2, 128];
    for (let y = 0; y < height; y++) {
      const padding = plane.subarray(y * (picture.strides[i] ?? 0) + width, (y + 1) * (picture.strides[i] ?? 0));
      assert.ok(padding.every((byte) => byte === clean), `plane ${i}, row ${y} was written beside the picture`);
    }
  });
}

/** A line of text, dots as `#`, read back from the picture's brightness. */
function dotsOf(picture: YuvPlanes): string[] {
  return Array.from({ length: picture.height }, (_, y) =>
    Array.from({ length: picture.width }, (_unused, x) => (lumaAt(picture, x, y) === GRAY ? '.' : '#')).join('').replace(/\.+$/, ''),
  );
}

function drawText(picture: YuvPlanes, text: string, place: TextPlace): void {
  drawGlyphs(yuvCanvas(picture), glyphsOf(text), place);
}

function written(text: string): string[] {
  const picture = grayPicture(120, 10);
  drawText(picture, text, { x: 0, y: 0, scale: 1, ink: 'white' });
  return dotsOf(picture);
}

describe('vision/draw', () => {
  it('outlines a box in its class’s colour, scaled from source to picture, and leaves its inside alone', () => {
    const picture = grayPicture(640, 360);
    drawDetections(picture, [detection([200, 200, 600, 600], { classId: 4 })], { scaleX: 0.5, scaleY: 0.5 });
    for (const [x, y] of [[100, 100], [299, 100], [100, 299], [299, 299], [100, 200], [299, 200], [200, 101], [200, 299]] as const) {
      assert.deepEqual(colorAt(picture, x, y), classColor(4).yuv, `side at ${x}, ${y}`);
    }
    assert.equal(lumaAt(picture, 102, 102), GRAY);
    assert.equal(lumaAt(picture, 200, 200), GRAY);
    const rect = touched(picture);
    assert.deepEqual([rect?.left, rect?.right, rect?.bottom], [100, 300, 300]);
    assertPaddingUntouched(picture);
  });

  it('lines and letters grow with the picture', () => {
    const thicknesses = ([[64, 48], [640, 360], [1920, 1080], [7680, 4320]] as const).map(([width, height]) => {
      const picture = grayPicture(width, height, 0);
      drawDetections(picture, [detection([0, height / 2, width, height], { label: '', score: NaN })], { scaleX: 1, scaleY: 1 });
      const rows = Array.from({ length: height / 2 }, (_, i) => lumaAt(picture, width / 2, height / 2 + i));
      return rows.findIndex((luma) => luma === GRAY);
    });
    assert.deepEqual(thicknesses, [1, 2, 5, 22]);
  });

  const places: { why: string; box: [number, number, number, number]; inside: (rect: NonNullable<ReturnType<typeof touched>>) => boolean }[] = [
    { why: 'above the box', box: [100, 100, 200, 200], inside: (rect) => rect.top === 89 && rect.left === 100 },
    { why: 'inside at the top border', box: [100, 5, 200, 200], inside: (rect) => rect.top === 5 },
    { why: 'moved left at the right border', box: [620, 100, 640, 200], inside: (rect) => rect.right === 640 && rect.left < 600 },
    { why: 'in the bottom right corner', box: [636, 356, 640, 360], inside: (rect) => rect.right === 640 && rect.bottom === 360 && rect.top === 345 },
  ];
  for (const { why, box, inside } of places) {
    it(`the label is whole and in the picture: ${why}`, () => {
      const picture = grayPicture(640, 360);
      drawDetections(picture, [detection(box)], { scaleX: 1, scaleY: 1 });
      const rect = touched(picture);
      assert.ok(rect && inside(rect), JSON.stringify(rect));
      assert.ok(rect.right - rect.left >= 'person 0.87'.length * 6, 'the label is as wide as its text');
    });
  }

  const nothing: { why: string; box: [number, number, number, number] }[] = [
    { why: 'NaN', box: [NaN, 10, 20, 30] },
    { why: 'all NaN', box: [NaN, NaN, NaN, NaN] },
    { why: 'inside out', box: [50, 50, 40, 60] },
    { why: 'left of the picture', box: [-100, 10, -5, 50] },
    { why: 'below the picture', box: [10, 48, 20, 90] },
    { why: 'at infinity', box: [Infinity, Infinity, Infinity, Infinity] },
    { why: 'far away', box: [1e300, 1e300, 1e301, 1e301] },
  ];
  for (const { why, box } of nothing) {
    it(`draws nothing for a box: ${why}`, () => {
      const picture = grayPicture(64, 48);
      drawDetections(picture, [detection(box)], { scaleX: 1, scaleY: 1 });
      assert.equal(touched(picture), undefined);
      assertPaddingUntouched(picture);
    });
  }

  it('a box that sticks out is drawn along the border, an infinite one around the picture', () => {
    for (const box of [[-50, -50, 1e9, 1e9], [-Infinity, -Infinity, Infinity, Infinity]] as const) {
      const picture = grayPicture(64, 48);
      drawDetections(picture, [detection(box, { label: '', score: NaN })], { scaleX: 1, scaleY: 1 });
      assert.deepEqual(touched(picture), { left: 0, top: 0, right: 64, bottom: 48 });
      assert.equal(lumaAt(picture, 1, 1), GRAY);
      assertPaddingUntouched(picture);
    }
  });

  it('a box smaller than a pixel is one pixel', () => {
    const picture = grayPicture(64, 48);
    drawDetections(picture, [detection([1000, 1000, 1001, 1001], { label: '', score: NaN })], { scaleX: 0.01, scaleY: 0.01 });
    assert.deepEqual(touched(picture), { left: 10, top: 10, right: 11, bottom: 11 });
  });

  it('a label that is too long is shortened, its score stays', () => {
    const long = grayPicture(120, 48);
    const short = grayPicture(120, 48);
    drawDetections(long, [detection([0, 20, 120, 48], { label: 'x'.repeat(1_000_000) })], { scaleX: 1, scaleY: 1 });
    drawDetections(short, [detection([0, 20, 120, 48], { label: `${'x'.repeat(12)}..` })], { scaleX: 1, scaleY: 1 });
    assert.deepEqual(dotsOf(long), dotsOf(short));
    assertPaddingUntouched(long);
  });

  it('the first detection ends on top', () => {
    const picture = grayPicture(64, 48);
    drawDetections(picture, [3, 4].map((classId) => detection([10, 20, 50, 40], { classId, label: '', score: NaN })), { scaleX: 1, scaleY: 1 });
    assert.deepEqual(colorAt(picture, 10, 20), classColor(3).yuv);
  });

  it('10,000 hostile detections do no harm, in a picture of any size', () => {
    const values = [NaN, Infinity, -Infinity, 1e308, -1e308, -1, 0, 0.5, 1, 17, 63.9, 64];
    const detections = Array.from({ length: 10_000 }, (_, i) => {
      const pick = (turn: number): number => values[(i * 7 + turn * (i % 11)) % values.length] ?? 0;
      return detection([pick(1), pick(2), pick(3), pick(4)], { label: ['', '\u0000\n', '人'.repeat(300), '👩‍👩‍👧', 'ok'][i % 5] ?? '', score: pick(5), classId: pick(6), trackId: pick(7) });
    });
    for (const [width, height] of [[2, 2], [64, 48], [16, 128]] as const) {
      const picture = grayPicture(width, height);
      drawDetections(picture, detections, { scaleX: 1, scaleY: 1 });
      assertPaddingUntouched(picture);
    }
    const picture = grayPicture(64, 48);
    drawDetections(picture, detections, { scaleX: NaN, scaleY: Infinity });
    assertPaddingUntouched(picture);
  });

  it('writes letters dot by dot', () => {
    assert.deepEqual(written('Hi').slice(0, 7), ['#...#...#', '#...#', '#...#..##', '#####...#', '#...#...#', '#...#...#', '#...#..###']);
  });

  it('scales each dot, cuts at all borders and writes brightness only', () => {
    const picture = grayPicture(8, 8);
    drawText(picture, 'TTTT', { x: -6, y: -2, scale: 4, ink: 'black' });
    // Two rows of the bar are left in the picture, below it the stem: the third dot, four pixels from x = -6 + 2 × 4.
    assert.deepEqual(dotsOf(picture), ['########', '########', ...Array.from({ length: 6 }, () => '..####')]);
    assert.ok(picture.planes[1].every((byte) => byte === 128));
    assertPaddingUntouched(picture);
  });

  it('letters with accents are their base letters, what the font lacks is a box, white space a space', () => {
    assert.deepEqual(written('éÀñü'), written('eAnu'));
    assert.deepEqual(written('e\u0301'), written('e'));
    assert.deepEqual(written('a\tb\u00a0c'), written('a b c'));
    assert.deepEqual(written('人'), written('👍'));
    assert.deepEqual(written('\u0000'), written('\u007f'));
    assert.notDeepEqual(written('人'), written(' '));
  });

  it('no two characters of the font look the same', () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i));
    assert.equal(new Set([...ascii, '人'].map((character) => written(character).join('\n'))).size, 96);
  });

  it('colours by class: the same for a number always, different for the first seven, safe for any number', () => {
    assert.equal(new Set([0, 1, 2, 3, 4, 5, 6].map((classId) => JSON.stringify(classColor(classId)))).size, 7);
    assert.deepEqual(classColor(79), classColor(79 % 7));
    for (const classId of [NaN, Infinity, -1, 1e308, 0.5]) assert.ok(classColor(classId).yuv.y >= 16);
  });

  it('converts colours by BT.601', () => {
    // ITU-R BT.601-7, limited range: white, black and the primary colours of 100 % bars.
    assert.deepEqual(yuvOf({ red: 255, green: 255, blue: 255 }), { y: 235, u: 128, v: 128 });
    assert.deepEqual(yuvOf({ red: 0, green: 0, blue: 0 }), { y: 16, u: 128, v: 128 });
    assert.deepEqual(yuvOf({ red: 255, green: 0, blue: 0 }), { y: 81, u: 90, v: 240 });
    assert.deepEqual(yuvOf({ red: 0, green: 255, blue: 0 }), { y: 145, u: 54, v: 34 });
    assert.deepEqual(yuvOf({ red: 0, green: 0, blue: 255 }), { y: 41, u: 240, v: 110 });
  });
});
