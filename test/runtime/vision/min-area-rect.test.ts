import assert from 'node:assert/strict';

import fc from 'fast-check';

import { convexHull, cornersOf, minAreaRect, type Point, rotatedIou } from '../../../dist/runtime/vision/index.js';

function sorted(points: readonly Point[]): Point[] {
  return [...points].sort((a, b) => a.y - b.y || a.x - b.x);
}

function point(x: number, y: number): Point {
  return { x, y };
}

const HULLS: readonly { why: string; points: readonly Point[]; hull: readonly Point[] }[] = [
  { why: 'nothing', points: [], hull: [] },
  { why: 'one point', points: [point(3, 4)], hull: [point(3, 4)] },
  { why: 'a line: its ends', points: [point(0, 0), point(1, 1), point(2, 2)], hull: [point(0, 0), point(2, 2)] },
  { why: 'a square with a point within and one on a side', points: [point(0, 0), point(2, 0), point(1, 1), point(0, 1), point(0, 2), point(2, 2)], hull: [point(0, 0), point(2, 0), point(2, 2), point(0, 2)] },
];

describe('vision/min-area-rect', () => {
  for (const { why, points, hull } of HULLS) {
    it(`hull of ${why}`, () => { assert.deepEqual(convexHull(sorted(points)), hull); });
  }

  it('a rectangle at any angle is its own smallest rectangle', () => {
    const rects = fc.record({
      cx: fc.double({ min: -50, max: 50, noNaN: true }), cy: fc.double({ min: -50, max: 50, noNaN: true }),
      width: fc.double({ min: 1, max: 100, noNaN: true }), height: fc.double({ min: 1, max: 100, noNaN: true }),
      angle: fc.double({ min: 0, max: Math.PI, noNaN: true }),
    });
    fc.assert(fc.property(rects, (rect) => {
      const found = minAreaRect(convexHull(sorted(cornersOf(rect))));
      assert.ok(found && rotatedIou(found, rect) > 0.999, JSON.stringify(found));
    }));
  });

  it('no rectangle turned otherwise is smaller, and no point lies outside', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })), { minLength: 3, maxLength: 30 }), (pairs) => {
      const points = pairs.map(([x, y]) => point(x, y));
      const rect = minAreaRect(convexHull(sorted(points)));
      assert.ok(rect);
      for (let degrees = 0; degrees < 90; degrees += 3) {
        const angle = (degrees * Math.PI) / 180;
        const along = points.map(({ x, y }) => x * Math.cos(angle) + y * Math.sin(angle));
        const down = points.map(({ x, y }) => y * Math.cos(angle) - x * Math.sin(angle));
        const area = (Math.max(...along) - Math.min(...along)) * (Math.max(...down) - Math.min(...down));
        assert.ok(rect.width * rect.height <= area + 1e-6);
      }
      for (const { x, y } of points) {
        const [dx, dy] = [x - rect.cx, y - rect.cy];
        assert.ok(Math.abs(dx * Math.cos(rect.angle) + dy * Math.sin(rect.angle)) <= rect.width / 2 + 1e-6);
        assert.ok(Math.abs(dy * Math.cos(rect.angle) - dx * Math.sin(rect.angle)) <= rect.height / 2 + 1e-6);
      }
    }));
  });

  it('is flat around a line, a point around a point, nothing around nothing', () => {
    const flat = minAreaRect(convexHull([point(0, 0), point(3, 4)]));
    assert.deepEqual([flat?.width, flat?.height].map((side) => Math.round(side ?? NaN)), [5, 0]);
    assert.deepEqual([minAreaRect([point(1, 2)])?.width, minAreaRect([point(1, 2)])?.height], [0, 0]);
    assert.equal(minAreaRect([]), undefined);
  });
});
