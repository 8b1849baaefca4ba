import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { encodeRle, type MaskField, maskOutlines, maskRuns } from '../../../../dist/runtime/vision/index.js';
import { decodeRle, fillOutlines, maskIou } from '../../../support/masks.js';

type PycocoMask = { readonly size: readonly [number, number]; readonly runs: readonly number[]; readonly counts: string };
const PYCOCO = JSON.parse(readFileSync(join(__dirname, '../../../golden/run-lengths.json'), 'utf8')) as PycocoMask[];

const frame = { width: 40, height: 30 };
const whole = { x1: 0, y1: 0, x2: 40, y2: 30 };

/** A field of these values over the whole frame. */
function field(values: readonly number[], columns: number): MaskField {
  const rows = values.length / columns;
  const [stepX, stepY] = [frame.width / columns, frame.height / rows];
  return { values: Float32Array.from(values), columns, rows, left: stepX / 2, top: stepY / 2, stepX, stepY };
}

/** What the field is at a pixel's centre, by the definition. */
function valueAt({ values, columns, rows, left, top, stepX, stepY }: MaskField, x: number, y: number): number {
  const clamp = (place: number, count: number): number => Math.min(count - 1, Math.max(0, place));
  const [px, py] = [clamp((x + 0.5 - left) / stepX, columns), clamp((y + 0.5 - top) / stepY, rows)];
  const [i, j] = [Math.floor(px), Math.floor(py)];
  const at = (column: number, row: number): number => values[clamp(row, rows) * columns + clamp(column, columns)] ?? NaN;
  const along = (row: number): number => at(i, row) * (1 - px + i) + at(i + 1, row) * (px - i);
  return along(j) * (1 - py + j) + along(j + 1) * (py - j);
}

function maskOf(given: MaskField, box = whole): Uint8Array {
  const pixels = frame.width * frame.height;
  return decodeRle(encodeRle(maskRuns(given, box, frame), pixels), pixels);
}

describe('vision/mask', () => {
  PYCOCO.forEach(({ size: [height, width], runs, counts }) => {
    it(`run lengths of ${width} × ${height} as pycocotools writes them`, () => {
      assert.equal(encodeRle(runs, width * height), counts);
    });
  });

  const values = fc.integer({ min: 1, max: 6 }).chain((columns) => fc.integer({ min: 1, max: 6 }).chain((rows) =>
    fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns }).map((list) => field(list, columns))));

  it('a pixel is in the mask where the bilinear field at its centre is above 0', () => {
    fc.assert(fc.property(values, (given) => {
      const mask = maskOf(given);
      for (let x = 0; x < frame.width; x++) {
        for (let y = 0; y < frame.height; y++) {
          const value = valueAt(given, x, y);
          if (Math.abs(value) > 1e-4) assert.equal(mask[x * frame.height + y], Number(value > 0), `${x},${y}: ${value}`);
        }
      }
    }));
  });

  it('nothing is outside of the box; runs rise and never touch', () => {
    const runs = maskRuns(field([1], 1), { x1: 2.5, y1: -4, x2: 4.6, y2: 90 }, frame);
    assert.deepEqual(runs, [2 * 30, 3 * 30]);
    assert.deepEqual(maskRuns(field([1], 1), { x1: 2, y1: 3, x2: 4, y2: 5 }, frame), [63, 2, 93, 2]);
    assert.deepEqual(maskRuns(field([1], 1), { x1: 60, y1: 3, x2: 80, y2: 5 }, frame), []);
    assert.deepEqual(maskRuns(field([-1], 1), whole, frame), []);
  });

  it('outlines enclose the mask, holes filled', () => {
    const blob = Array.from({ length: 20 * 15 }, (_, i) => 5 - Math.hypot((i % 20) - 9, Math.floor(i / 20) - 7));
    const outlines = maskOutlines(field(blob, 20), whole).map((points) => points.flatMap(({ x, y }) => [x, y]));
    assert.equal(outlines.length, 1);
    assert.ok((outlines[0]?.length ?? 0) < 80, `thinned to ${outlines[0]?.length ?? 0} numbers`);
    assert.ok(maskIou(maskOf(field(blob, 20)), fillOutlines(outlines, frame)) > 0.97);
    const ring = blob.map((value) => 2 - Math.abs(value - 2));
    assert.equal(maskOutlines(field(ring, 20), whole).length, 1);
  });

  it('an outline ends at the box and at the border, exactly', () => {
    assert.deepEqual(maskOutlines(field([1], 1), { x1: 2.5, y1: 3, x2: 10, y2: 30 }).map((points) => points.map(({ x, y }) => `${x},${y}`).sort()), [['10,3', '10,30', '2.5,3', '2.5,30']]);
    assert.deepEqual(maskOutlines(field([1], 1), { x1: 2, y1: 2, x2: 2, y2: 5 }), []);
    assert.deepEqual(maskOutlines(field([-1, -2], 2), whole), []);
  });

  it('any field gives outlines of real numbers that stay in the box', () => {
    fc.assert(fc.property(values, (given) => {
      for (const points of maskOutlines(given, { x1: 3, y1: 4, x2: 33.3, y2: 21 })) {
        assert.ok(points.length >= 3);
        for (const { x, y } of points) assert.ok(x >= 3 && x <= 33.3 && y >= 4 && y <= 21, `${x},${y}`);
      }
    }));
  });
});
