import assert from 'node:assert/strict';

import { classColor } from '../../../../dist/runtime/vision/draw/palette.js';
import { type Drawable, drawDetections, drawTrails, type YuvPlanes } from '../../../../dist/runtime/vision/index.js';

const GRAY = 90;
const SCALE = { scaleX: 2, scaleY: 2 };

/** 200 × 160, drawn at twice the source's 100 × 80. */
function picture(): YuvPlanes {
  return { width: 200, height: 160, strides: [200, 100, 100], planes: [new Uint8Array(32_000).fill(GRAY), new Uint8Array(8000).fill(128), new Uint8Array(8000).fill(128)] };
}

function drawn(items: readonly Drawable[]): YuvPlanes {
  const planes = picture();
  drawDetections(planes, items, SCALE);
  return planes;
}

const lumaAt = ({ planes }: YuvPlanes, x: number, y: number): number => planes[0][y * 200 + x] ?? -1;
const colorAt = ({ planes }: YuvPlanes, x: number, y: number): number[] => [planes[0][y * 200 + x] ?? -1, planes[1][(y >> 1) * 100 + (x >> 1)] ?? -1, planes[2][(y >> 1) * 100 + (x >> 1)] ?? -1];
const changed = (planes: YuvPlanes): number => planes.planes[0].reduce((sum, value) => sum + Number(value !== GRAY), 0);
/** 40 % of the colour, 60 % of what was there. */
const mixed = (value: number, color: number): number => Math.round(value + 0.3984375 * (color - value));

const thing = (more: Partial<Drawable>): Drawable => ({ label: '', score: null, classId: 1, box: { xmin: 10, ymin: 10, xmax: 90, ymax: 70 }, ...more });
const { yuv } = classColor(1);

describe('vision/draw: more than boxes', () => {
  it('a mask tints what is inside and nothing else; a ring within another is a hole', () => {
    const planes = drawn([thing({ segmentation: { polygons: [[20, 20, 80, 20, 80, 60, 20, 60], [40, 30, 60, 30, 60, 50, 40, 50]] } })]);
    assert.deepEqual(colorAt(planes, 60, 60), [mixed(GRAY, yuv.y), mixed(128, yuv.u), mixed(128, yuv.v)]);
    assert.deepEqual([[100, 80], [30, 60], [60, 130]].map(([x = 0, y = 0]) => lumaAt(planes, x, y)), [GRAY, GRAY, GRAY]);
    // 120 × 80 less 40 × 40, and the lines of the box
    assert.equal(changed(planes), 120 * 80 - 40 * 40 + changed(drawn([thing({})])));
  });

  it('keypoints become dots, joined where COCO joins them; unsure ones are left out', () => {
    const keypoints = [
      { name: 'left_hip', x: 30, y: 40, score: 0.9 },
      { name: 'left_knee', x: 70, y: 40 },
      { name: 'left_ankle', x: 70, y: 60, score: 0.1 },
    ];
    const planes = drawn([thing({ keypoints })]);
    for (const x of [60, 100, 140]) assert.equal(lumaAt(planes, x, 80), yuv.y, String(x));
    assert.equal(lumaAt(planes, 140, 120), GRAY);
  });

  it('a box at an angle is drawn by its corners, not upright', () => {
    const planes = drawn([thing({ polygon: [[50, 10], [90, 40], [50, 70], [10, 40]] })]);
    assert.equal(lumaAt(planes, 20, 20), GRAY);
    assert.equal(lumaAt(planes, 140, 50), yuv.y);
  });

  it('classes of the whole picture are text in the corner, one below the other', () => {
    const cats = Array.from({ length: 3 }, (_, i) => ({ label: 'cat', score: 0.5, classId: 1 + i }));
    const planes = drawn(cats);
    assert.deepEqual([0, 11, 22].map((y) => lumaAt(planes, 0, y)), cats.map(({ classId }) => classColor(classId).yuv.y));
    assert.equal(lumaAt(planes, 0, 33), GRAY);
    assert.ok(changed(drawn(Array.from({ length: 500 }, () => cats[0] as Drawable))) > 0);
  });

  it('a class within another is on top, whatever comes first; the background is not tinted', () => {
    const segment = (classId: number, polygon: number[]): Drawable => ({ label: '', score: null, classId, segmentation: { polygons: [polygon] } });
    const [outer, inner] = [segment(1, [10, 40, 90, 40, 90, 70, 10, 70]), segment(2, [40, 45, 60, 45, 60, 60, 40, 60])];
    const planes = drawn([outer, inner]);
    assert.equal(lumaAt(planes, 100, 100), mixed(mixed(GRAY, yuv.y), classColor(2).yuv.y));
    assert.equal(lumaAt(drawn([{ ...outer, label: 'background' }]), 100, 100), GRAY);
  });

  it('trails join the places of a track', () => {
    const planes = picture();
    drawTrails(planes, [{ classId: 1, places: [{ x: 10, y: 20 }, { x: 50, y: 20 }, { x: 50, y: 60 }] }], SCALE);
    assert.deepEqual([[20, 40], [60, 40], [100, 80], [100, 120]].map(([x = 0, y = 0]) => lumaAt(planes, x, y)), [yuv.y, yuv.y, yuv.y, yuv.y]);
    assert.equal(lumaAt(planes, 60, 80), GRAY);
  });

  const HOSTILE: { why: string; item: Partial<Drawable> }[] = [
    { why: 'corners far away', item: { polygon: [[-1e12, 3], [1e12, 4], [1e308, 1e308], [NaN, 5]] } },
    { why: 'outlines that are no numbers', item: { segmentation: { polygons: [[NaN, 1, Infinity, 2, -Infinity, 1e300], [], [5], [1, 2]] } } },
    { why: 'outlines without end', item: { segmentation: { polygons: [Array.from({ length: 2_000_000 }, (_, i) => (i * 7919) % 100)] } } },
    { why: 'keypoints far away', item: { keypoints: [{ name: 'left_hip', x: 1e300, y: -1e300 }, { name: 'left_knee', x: 3, y: 4 }, { name: '__proto__', x: NaN, y: 1 }] } },
  ];
  for (const { why, item } of HOSTILE) {
    it(`hostile: ${why}`, () => {
      const start = performance.now();
      const planes = drawn([thing(item)]);
      assert.equal(planes.planes[0].length, 32_000);
      assert.ok(performance.now() - start < 10_000);
    });
  }
});
