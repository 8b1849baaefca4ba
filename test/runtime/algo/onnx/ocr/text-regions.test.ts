import assert from 'node:assert/strict';

import { findTextRegions, type ProbabilityMap, type TextRegion } from '../../../../../dist/runtime/algo/onnx/ocr/text-regions.js';
import { cornersOf } from '../../../../../dist/runtime/vision/index.js';
import { dataPath } from '../../../../support/data.js';
import { readGoldenFile } from '../../../../support/golden.js';
import { decodeImage } from '../../../../support/pixels.js';

type GoldenBox = { readonly score: number; readonly quad: readonly (readonly [number, number])[] };
type DbGolden = { readonly images: readonly { readonly map: string; readonly inputWidth: number; readonly inputHeight: number; readonly boxes: readonly GoldenBox[] }[] };

/** The map is kept in 8 bits: its values, and so their mean, are off by at most half of 1/255. */
const SCORE_TOLERANCE = 0.002;
/** OpenCV computes in float32 with places up to 640. */
const PLACE_TOLERANCE = 0.01;

function mapOf(columns: number, rows: number, probability: (x: number, y: number) => number): ProbabilityMap {
  return { columns, rows, data: Float32Array.from({ length: columns * rows }, (_, at) => probability(at % columns, Math.floor(at / columns))) };
}

/** Text from one cell to another, both inside. */
function block([x1, y1, x2, y2]: readonly [number, number, number, number]): (x: number, y: number) => number {
  return (x, y) => Number(x >= x1 && x <= x2 && y >= y1 && y <= y2);
}

/** How far the corners are off those of a golden, whose first corner may be any; cells of OpenCV have their centres at whole numbers. */
function distance(region: TextRegion, quad: GoldenBox['quad']): number {
  const corners = cornersOf(region).map(({ x, y }) => [x - 0.5, y - 0.5] as const);
  return Math.max(...corners.map(([x, y]) => Math.min(...quad.map(([qx, qy]) => Math.hypot(x - qx, y - qy)))));
}

const BLOCKS: readonly { why: string; probability: (x: number, y: number) => number; found: number }[] = [
  { why: 'an empty map', probability: () => 0, found: 0 },
  { why: 'a block of text', probability: block([20, 20, 40, 30]), found: 1 },
  { why: 'two blocks', probability: (x, y) => block([5, 5, 30, 15])(x, y) + block([35, 40, 55, 50])(x, y), found: 2 },
  { why: 'two blocks that touch at a corner', probability: (x, y) => block([10, 10, 30, 25])(x, y) + block([31, 26, 50, 40])(x, y), found: 1 },
  { why: 'below the threshold of cells', probability: (x, y) => 0.29 * block([20, 20, 40, 30])(x, y), found: 0 },
  { why: 'below the threshold of boxes', probability: (x, y) => 0.59 * block([20, 20, 40, 30])(x, y), found: 0 },
  { why: 'a line thinner than three cells', probability: block([10, 20, 50, 22]), found: 0 },
  { why: 'a single cell', probability: block([10, 10, 10, 10]), found: 0 },
  { why: 'all of the map', probability: () => 1, found: 1 },
  { why: 'no numbers at all', probability: () => NaN, found: 0 },
  { why: 'endless ones', probability: () => -Infinity, found: 0 },
  { why: 'no numbers beside text', probability: (x, y) => (x > 50 ? NaN : block([20, 20, 40, 30])(x, y)), found: 1 },
];

describe('algo/onnx/ocr/text-regions', () => {
  it('finds what OpenCV finds: contours, the smallest rectangle, grown', () => {
    const { images } = readGoldenFile('ppocrv3_det_db') as DbGolden;
    for (const { map, inputWidth, inputHeight, boxes } of images) {
      const picture = decodeImage(dataPath(map));
      assert.deepEqual([picture.width, picture.height], [inputWidth, inputHeight]);
      const regions = findTextRegions(mapOf(picture.width, picture.height, (x, y) => (picture.data[(y * picture.width + x) * 3] ?? 0) / 255));
      assert.equal(regions.length, boxes.length);
      for (const { quad, score } of boxes) {
        const [closest] = [...regions].sort((a, b) => distance(a, quad) - distance(b, quad));
        assert.ok(closest && distance(closest, quad) <= PLACE_TOLERANCE, `no region at ${quad.join('; ')}: ${closest && distance(closest, quad)}`);
        assert.ok(Math.abs(closest.score - score) <= SCORE_TOLERANCE, `${closest.score}, not ${score}`);
      }
    }
  });

  for (const { why, probability, found } of BLOCKS) {
    it(`${why}: ${found === 1 ? 'one region' : `${found} regions`}`, () => { assert.equal(findTextRegions(mapOf(64, 64, probability)).length, found); });
  }

  it('a block grows by area × 1.5 ÷ perimeter on each side, centres of cells being at halves', () => {
    const [region] = findTextRegions(mapOf(64, 64, block([20, 20, 40, 30])));
    const grown = 2 * ((20 * 10 * 1.5) / (2 * (20 + 10)));
    assert.ok(region);
    assert.deepEqual([region.cx, region.cy].map((place) => place.toFixed(6)), ['30.500000', '25.500000']);
    assert.deepEqual([region.width, region.height].sort((a, b) => b - a).map((side) => side.toFixed(6)), [20 + grown, 10 + grown].map((side) => side.toFixed(6)));
    assert.equal(region.score, 1);
  });

  it('of thousands of blobs the first thousand are looked at', () => {
    const regions = findTextRegions(mapOf(960, 960, (x, y) => Number(x % 8 < 5 && y % 8 < 5)));
    assert.equal(regions.length, 1000);
  });

  it('a map of specks costs no more than its cells', () => {
    const startedAt = process.cpuUsage();
    assert.equal(findTextRegions(mapOf(960, 960, (x, y) => Number(x % 2 === 0 && y % 2 === 0))).length, 0);
    const { user } = process.cpuUsage(startedAt);
    assert.ok(user < 10e6, `${user / 1e6} s of CPU`);
  });
});
