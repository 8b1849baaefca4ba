import type { YuvPlanes } from '../vision/index.js';

/** Bits of the frame number that are painted. */
const BITS = 12;

const BLACK = 16;
const WHITE = 235;

/**
 * Paints frame `number` of the test pattern: on top the number as a barcode (bit k is a square, white for 1, centred at
 * x = (k + 0.5) × width / 16, y = height / 18), below moving bands of colour and a square that runs from left to right.
 * The same number always gives the same bytes.
 */
export function paintTestPattern(number: number, target: YuvPlanes): void {
  paintBands(number, target);
  paintSquare(number, target);
  paintBarcode(number, target);
}

function paintBands(number: number, { planes, strides, width, height }: YuvPlanes): void {
  const [luma, blue, red] = planes;
  for (let y = 0; y < height; y += 1) {
    const level = 60 + ((y * 120) / height + number) % 120;
    luma.fill(level, y * strides[0], y * strides[0] + width);
  }
  for (let y = 0; y < height / 2; y += 1) {
    for (let x = 0; x < width / 2; x += 1) {
      const band = Math.floor((x * 16) / width);
      blue[y * strides[1] + x] = 64 + band * 16;
      red[y * strides[2] + x] = 192 - band * 16;
    }
  }
}

/** A ninth of the height wide, one step a frame, 64 steps from side to side. */
function paintSquare(number: number, target: YuvPlanes): void {
  const side = Math.max(2, Math.floor(target.height / 9));
  const left = Math.floor(((target.width - side) * (number % 64)) / 63);
  paintLuma(target, { left, top: Math.floor(target.height / 2), width: side, height: side, level: WHITE });
}

function paintBarcode(number: number, target: YuvPlanes): void {
  const { width, height, planes, strides } = target;
  const barHeight = Math.floor(height / 9);
  paintLuma(target, { left: 0, top: 0, width, height: barHeight, level: BLACK });
  for (let y = 0; y < Math.ceil(barHeight / 2); y += 1) {
    for (const plane of [1, 2] as const) planes[plane].fill(128, y * strides[plane], y * strides[plane] + width / 2);
  }
  const cell = width / 16;
  for (let bit = 0; bit < BITS; bit += 1) {
    const isSet = Math.floor(number / 2 ** bit) % 2 === 1;
    const square = { left: Math.floor((bit + 0.15) * cell), top: Math.floor(barHeight * 0.1), width: Math.ceil(cell * 0.7), height: Math.ceil(barHeight * 0.8) };
    if (isSet) paintLuma(target, { ...square, level: WHITE });
  }
}

type Area = { readonly left: number; readonly top: number; readonly width: number; readonly height: number; readonly level: number };

function paintLuma({ planes, strides }: YuvPlanes, { left, top, width, height, level }: Area): void {
  for (let y = top; y < top + height; y += 1) planes[0].fill(level, y * strides[0] + left, y * strides[0] + left + width);
}
