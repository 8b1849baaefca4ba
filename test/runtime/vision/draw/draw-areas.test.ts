import assert from 'node:assert/strict';

import type { Frame } from '../../../../dist/runtime/base/index.js';
import { type Area, drawAreas, drawAreasOnFrame, makeYuvPlanes } from '../../../../dist/runtime/vision/index.js';

const SIZE = { width: 41, height: 21 };
const GRAY = 90;

/** The picture in letters: `#` where something is drawn. */
function shapeOf(areas: readonly Area[]): string[] {
  const { width, height } = SIZE;
  const frame: Frame = { index: 1, sourceIndex: 0, pts: 0, position: 0, ...SIZE, format: 'rgb24', strideBytes: width * 3, data: new Uint8Array(width * 3 * height).fill(GRAY) };
  drawAreasOnFrame(frame, areas);
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_unused, x) => (frame.data[(y * width + x) * 3] === GRAY ? '.' : '#')).join(''));
}

const countOf = (shape: readonly string[]): number => shape.join('').replaceAll('.', '').length;

describe('vision/draw: areas', () => {
  it('a polygon is its outline, from edge to edge of the picture', () => {
    const shape = shapeOf([{ name: '', places: [[0, 0], [1, 0], [1, 1], [0, 1]] }]);
    assert.equal(shape[0], '#'.repeat(41));
    assert.equal(shape[20], '#'.repeat(41));
    for (const row of shape.slice(1, -1)) assert.equal(row, `#${'.'.repeat(39)}#`);
  });

  it('a line has an arrow to its right', () => {
    const fromLeft = shapeOf([{ name: '', places: [[0, 0.5], [1, 0.5]] }]);
    assert.equal(fromLeft[10], '#'.repeat(41));
    assert.equal(countOf(fromLeft.slice(0, 10)), 0, 'nothing to its left');
    assert.ok(countOf(fromLeft.slice(11)) > 10);
    const fromRight = shapeOf([{ name: '', places: [[1, 0.5], [0, 0.5]] }]);
    assert.equal(countOf(fromRight.slice(11)), 0);
    assert.deepEqual(fromRight.slice(0, 10).map((row) => row.trim()), [...fromLeft].reverse().slice(0, 10).map((row) => row.trim()));
  });

  it('the name is written where it begins', () => {
    const [plain, named] = ['', 'gate'].map((name) => shapeOf([{ name, places: [[0, 0.2], [1, 0.2]] }]));
    assert.ok(countOf(named ?? []) > countOf(plain ?? []) + 50);
  });

  it('what has no length, lies outside or is no number harms nothing', () => {
    for (const places of [[[0.5, 0.5], [0.5, 0.5]], [[2, 2], [3, 3]], [[NaN, 0], [1, 1]], [[0, 0]], []] as const) assert.doesNotThrow(() => shapeOf([{ name: 'a', places }]));
  });

  it('into a video\'s planes too', () => {
    const planes = makeYuvPlanes({ width: 40, height: 20 });
    drawAreas(planes, [{ name: '', places: [[0, 0.5], [1, 0.5]] }]);
    const [luma] = planes.planes;
    assert.ok(luma.filter((value) => value === 235).length >= 40);
  });
});
