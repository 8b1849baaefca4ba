import assert from 'node:assert/strict';

import { classColor, type RgbColor } from '../../../../dist/runtime/vision/draw/palette.js';

type Triple = readonly [number, number, number];

/** Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1). */
const SIGHTS: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  'all colours': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

function linear(level: number): number {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function times(matrix: readonly [Triple, Triple, Triple], [a, b, c]: Triple): Triple {
  return matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Triple;
}

/** CIELAB under D65 of linear sRGB. */
function lab(rgb: Triple): Triple {
  const [x, y, z] = times([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]], rgb);
  const f = (value: number): number => (value > (6 / 29) ** 3 ? Math.cbrt(value) : value / (3 * (6 / 29) ** 2) + 4 / 29);
  const [fx, fy, fz] = [f(Math.max(0, x) / 0.95047), f(Math.max(0, y)), f(Math.max(0, z) / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const COLORS: readonly RgbColor[] = Array.from({ length: 7 }, (_, classId) => classColor(classId).rgb);

describe('vision/draw/palette', () => {
  for (const [sight, matrix] of Object.entries(SIGHTS)) {
    it(`colours stay apart, seen with ${sight}`, () => {
      const seen = COLORS.map(({ red, green, blue }) => lab(times(matrix, [linear(red), linear(green), linear(blue)])));
      const distances = seen.flatMap((one, i) => seen.slice(i + 1).map((other) => Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])));
      // 2.3 is just noticeable (CIE76): the closest pair is far above it
      assert.ok(Math.min(...distances) > 10, `the closest two are ${Math.min(...distances).toFixed(1)} apart`);
    });
  }

  it('red, green and blue would not', () => {
    const [red, green] = [lab(times(SIGHTS['deuteranopia'] as never, [linear(170), 0, 0])), lab(times(SIGHTS['deuteranopia'] as never, [0, linear(115), 0]))];
    assert.ok(Math.hypot(red[0] - green[0], red[1] - green[1], red[2] - green[2]) < 20);
  });
});
