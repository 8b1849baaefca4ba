import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Detection, OrientedDetection, SegmentedDetection, SemanticSegment } from '../../../../../dist/runtime/base/index.js';
import { clipBox, iou } from '../../../../../dist/runtime/vision/index.js';
import { boxOf } from '../../../../support/golden.js';
import { decodeRle, fillOutlines, maskIou } from '../../../../support/masks.js';
import { openModel, picture, runOn } from '../../../../support/onnx.js';
import { assertFits } from '../../../../support/schemas.js';

/** What another implementation found in a picture: see test/golden/make_goldens.py. */
type Golden<T> = { readonly image: string; readonly width: number; readonly height: number; readonly found: readonly T[] };
type Place = readonly [number, number, number, number];
type Found = { readonly classId: number; readonly score: number; readonly box: Place };

function readGolden<T>(name: string): Golden<T>[] {
  return JSON.parse(readFileSync(join(__dirname, `../../../../golden/${name}.json`), 'utf8')) as Golden<T>[];
}

/** Runs a model on each picture of its golden. */
function eachPicture<T>(model: string, golden: string, compare: (result: never, expected: Golden<T>) => void): void {
  for (const expected of readGolden<T>(golden)) {
    it(`${model} in ${expected.image}`, async () => {
      const algo = await openModel(model);
      const result = await runOn(algo, picture(`images/${expected.image}`));
      await algo.close();
      assertFits(String(algo.description['task']), result);
      compare(result as never, expected);
    });
  }
}

/** What differences of up to 3 levels in a few pixels, between two programs that scale a picture, make of an 8-bit model's numbers: of the same tensor they agree to 0.001 pixels. */
const OF_8_BITS = { overlap: 0.94, score: 0.08, keypointScore: 0.2, px: 15 };
const OF_FLOATS = { overlap: 0.98, score: 0.02, keypointScore: 0.05, px: 3 };

/** The detection of the same class that overlaps most. */
function partnerOf<T extends Detection>(found: readonly T[], { classId, box: [x1, y1, x2, y2] }: Pick<Found, 'classId' | 'box'>, tolerance: typeof OF_FLOATS): T {
  const overlap = (detection: T): number => iou(boxOf(detection), { x1, y1, x2, y2 });
  const [best] = found.filter((detection) => detection.classId === classId).sort((a, b) => overlap(b) - overlap(a));
  assert.ok(best && overlap(best) > tolerance.overlap, `class ${classId} at ${[x1, y1, x2, y2].join()}: ${best ? overlap(best) : 'not found'}`);
  return best;
}

/** Scores next to the threshold may fall on either side of it. */
function sure<T extends { readonly score: number }>(found: readonly T[]): T[] {
  return found.filter(({ score }) => score > 0.33);
}

function near([found, expected]: readonly [number, number], tolerance: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, expected ${expected}`);
}

type Keypoints = readonly (readonly [number, number, number])[];

function compareKeypoints(found: Detection, keypoints: Keypoints, tolerance: typeof OF_FLOATS): void {
  keypoints.forEach(([x, y, score], i) => {
    const point = found.keypoints?.[i];
    assert.ok(point);
    near([point.score ?? NaN, score], tolerance.keypointScore, `score of ${point.name}`);
    if (score < 0.5) return;
    near([point.x, x], tolerance.px, `x of ${point.name}`);
    near([point.y, y], tolerance.px, `y of ${point.name}`);
  });
}

describe('algo/onnx/tasks: what other implementations find', () => {
  eachPicture<Found & { readonly rle: string }>('seg-agpl/yolo11n-seg_int8.onnx', 'yolo-seg', (result: SegmentedDetection[], { found, width, height }) => {
    assert.equal(sure(result).length, sure(found).length);
    for (const expected of sure(found)) {
      const detection = partnerOf(result, expected, OF_8_BITS);
      near([detection.score, expected.score], OF_8_BITS.score, detection.label);
      const mask = decodeRle(detection.segmentation.rle.counts, width * height);
      assert.deepEqual(detection.segmentation.rle.size, [height, width]);
      const overlap = maskIou(mask, decodeRle(expected.rle, width * height));
      assert.ok(overlap > OF_8_BITS.overlap, `mask of ${detection.label}: IoU ${overlap}`);
      const outlined = maskIou(mask, fillOutlines(detection.segmentation.polygons, { width, height }));
      assert.ok(outlined > 0.95, `outline of ${detection.label} against its mask: IoU ${outlined}`);
    }
  });

  eachPicture<Found & { readonly keypoints: Keypoints }>('pose-agpl/yolo11n-pose_int8_fixed.onnx', 'yolo-pose', (result: Detection[], { found }) => {
    assert.equal(sure(result).length, sure(found).length);
    for (const expected of sure(found)) {
      const detection = partnerOf(result, expected, OF_8_BITS);
      near([detection.score, expected.score], OF_8_BITS.score, 'score');
      compareKeypoints(detection, expected.keypoints, OF_8_BITS);
    }
  });

  eachPicture<{ readonly score: number; readonly keypoints: Keypoints }>('from-npm/movenet-lightning.onnx', 'movenet', (result: Detection[], { found: [expected] }) => {
    assert.ok(result[0] && expected && result.length === 1);
    near([result[0].score, expected.score], OF_FLOATS.score, 'score');
    compareKeypoints(result[0], expected.keypoints, OF_FLOATS);
  });

  eachPicture<{ readonly classId: number; readonly score: number; readonly corners: readonly [number, number][] }>(
    'variants/yolox_nano_yolov8obb_fmt.onnx', 'yolo-obb', (result: OrientedDetection[], { found, width, height }) => {
      assert.equal(sure(result).length, sure(found).length);
      for (const expected of sure(found)) {
        const [xs, ys] = [expected.corners.map(([x]) => x), expected.corners.map(([, y]) => y)];
        const hull = clipBox({ x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) }, { width, height });
        const detection = partnerOf(result, { classId: expected.classId, box: [hull.x1, hull.y1, hull.x2, hull.y2] }, OF_FLOATS);
        near([detection.score, expected.score], OF_FLOATS.score, 'score');
        near([detection.rotatedBox.angle, 0.3], 1e-3, 'angle');
        for (const [x, y] of detection.polygon) {
          const distance = Math.min(...expected.corners.map(([cx, cy]) => Math.hypot(x - cx, y - cy)));
          assert.ok(distance < 1.5, `a corner is ${distance} px off`);
        }
      }
    },
  );

  eachPicture<{ readonly classId: number; readonly share: number; readonly rle: string }>('seg/deeplab_v3_mnv2_257.onnx', 'semantic', (result: SemanticSegment[], { found, width, height }) => {
    near([result.reduce((sum, { share }) => sum + share, 0), 1], 0.001, 'all shares');
    for (const expected of found.filter(({ share }) => share > 0.001)) {
      const segment = result.find(({ classId }) => classId === expected.classId);
      assert.ok(segment, `class ${expected.classId}`);
      near([segment.share, expected.share], 0.003, segment.label);
      const overlap = maskIou(decodeRle(segment.segmentation.rle.counts, width * height), decodeRle(expected.rle, width * height));
      assert.ok(overlap > 0.97, `${segment.label}: IoU ${overlap}`);
    }
  });
});
