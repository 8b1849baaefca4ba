import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import type { LaneFrame } from '../../../dist/runtime/algo/algo.js';
import { type MotionPlan, openMotionAlgo } from '../../../dist/runtime/algo/motion.js';
import { type Detection, type MotionOptions } from '../../../dist/runtime/base/index.js';
import { motionOptionsSchema } from '../../../dist/runtime/base/plan.js';
import { dataPath, hasData } from '../../support/data.js';

const SIZE = { width: 160, height: 90, source: { width: 1600, height: 900 } };
const { signal } = new AbortController();

/** Runs motion on pictures in turn and gives what each run found. */
async function runsOf(pictures: Uint8Array[], options: Partial<MotionOptions> = {}, { size = SIZE, ...areas }: Partial<MotionPlan> & { readonly size?: typeof SIZE } = {}): Promise<Detection[][]> {
  const algo = await openMotionAlgo({ options: motionOptionsSchema.parse(options), regions: [], regionMode: 'include', ...areas });
  assert.deepEqual(algo.needs, { kind: 'pixels', width: 160, format: 'gray8' });
  const found: Detection[][] = [];
  for (const [i, picture] of pictures.entries()) {
    found.push((await algo.run([frameOf(picture, i, size)], signal)) as Detection[]);
  }
  await algo.close();
  return found;
}

function frameOf(picture: Uint8Array, i: number, { source, ...size } = SIZE): LaneFrame {
  const info = { index: i + 1, sourceIndex: i, ptsUs: i * 40_000, ...source };
  return { kind: 'pixels', info, ...size, format: 'gray8', data: Uint8Array.from(picture).buffer };
}

/** A gray picture with bright blocks of 20 × 10 at these places. */
function blocks(...places: [number, number][]): Uint8Array {
  const picture = new Uint8Array(SIZE.width * SIZE.height).fill(50);
  for (const [left, top] of places) {
    for (let y = top; y < top + 10; y += 1) picture.fill(200, y * SIZE.width + left, y * SIZE.width + left + 20);
  }
  return picture;
}

describe('algo/motion', () => {
  it('a still picture has no motion, nor has the first frame', async () => {
    const found = await runsOf([blocks([30, 30]), blocks([30, 30]), blocks([30, 30])]);
    assert.deepEqual(found, [[], [], []]);
  });

  it('a block that comes is one region, in pixels of the source', async () => {
    const [, found] = await runsOf([blocks(), blocks([30, 40])]);
    // The clean-up takes the four corners of the block away: 196 of 200 pixels.
    assert.deepEqual(found, [{ label: 'motion', score: 0.98, box: { xmin: 300, ymin: 400, xmax: 500, ymax: 500 }, classId: 0 }]);
  });

  it('two blocks far apart are two regions', async () => {
    const [, found] = await runsOf([blocks(), blocks([10, 10], [100, 60])]);
    assert.deepEqual(found?.map(({ box }) => [box.xmin, box.ymin]), [[100, 100], [1000, 600]]);
  });

  it('the biggest comes first', async () => {
    const [, found] = await runsOf([blocks(), blocks([10, 10], [100, 60], [115, 60])]);
    assert.deepEqual(found?.map(({ box }) => box.xmin), [1000, 100]);
  });

  it('single pixels are noise', async () => {
    const noisy = blocks();
    for (let i = 0; i < noisy.length; i += 37) noisy[i] = 255;
    assert.deepEqual((await runsOf([blocks(), noisy], { minArea: 0 }))[1], []);
  });

  it('less than the threshold is none, more is', async () => {
    const brighter = blocks().map((value) => value + 20);
    assert.equal((await runsOf([blocks(), brighter], { threshold: 20 }))[1]?.length, 0);
    assert.equal((await runsOf([blocks(), brighter], { threshold: 19 }))[1]?.length, 1);
  });

  it('regions under the smallest area are left out', async () => {
    const area = 196 / (160 * 90);
    assert.equal((await runsOf([blocks(), blocks([30, 40])], { minArea: area * 1.01 }))[1]?.length, 0);
    assert.equal((await runsOf([blocks(), blocks([30, 40])], { minArea: area * 0.99 }))[1]?.length, 1);
  });

  it('what stays becomes background, the faster the higher the rate', async () => {
    const pictures = [blocks(), ...Array.from({ length: 30 }, () => blocks([30, 40]))];
    const slow = (await runsOf(pictures, { learningRate: 0.05 })).findLastIndex((found) => found.length > 0);
    const fast = (await runsOf(pictures, { learningRate: 0.5 })).findLastIndex((found) => found.length > 0);
    const never = (await runsOf(pictures, { learningRate: 0 })).findLastIndex((found) => found.length > 0);
    // 150 × (1 − rate)^n falls to 25 at n = 34.9 and 2.6.
    assert.deepEqual([slow, fast, never], [30, 3, 30]);
  });

  it('looks only inside of its regions', async () => {
    const left: [number, number][] = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]];
    const pictures = [blocks(), blocks([10, 10], [100, 60])];
    const [, inside] = await runsOf(pictures, {}, { regions: [left] });
    assert.deepEqual(inside?.map(({ box }) => [box.xmin, box.ymin]), [[100, 100]]);
    const [, outside] = await runsOf(pictures, {}, { regions: [left], regionMode: 'exclude' });
    assert.deepEqual(outside?.map(({ box }) => [box.xmin, box.ymin]), [[1000, 600]]);
  });

  it('another size starts over', async () => {
    const algo = await openMotionAlgo({ options: motionOptionsSchema.parse({}), regions: [], regionMode: 'include' });
    await algo.run([frameOf(blocks(), 0)], signal);
    const tall = { ...SIZE, height: 120 };
    const other = new Uint8Array(160 * 120).fill(255);
    assert.deepEqual(await algo.run([frameOf(other, 1, tall)], signal), []);
    assert.deepEqual(await algo.run([frameOf(other, 2, tall)], signal), []);
  });

  it('the newest frame of a window is looked at', async () => {
    const algo = await openMotionAlgo({ options: motionOptionsSchema.parse({}), regions: [], regionMode: 'include' });
    await algo.run([frameOf(blocks(), 0)], signal);
    const found = await algo.run([frameOf(blocks([10, 10]), 1), frameOf(blocks(), 2)], signal);
    assert.deepEqual(found, []);
  });

  it('a frame of the wrong kind is an error, not a crash', async () => {
    const algo = await openMotionAlgo({ options: motionOptionsSchema.parse({}), regions: [], regionMode: 'include' });
    await assert.rejects(algo.run([], signal), { code: 'INTERNAL' });
  });

  it('people who walk are found where they are', async function () {
    if (!hasData) this.skip();
    const size = { width: 160, height: 120, source: { width: 768, height: 576 } };
    const pictures = grayFrames('videos/vtest_pets09_s2l1_h264.mp4', 100);
    const found = await runsOf(pictures, {}, { size });
    const seen = found.slice(1).filter((regions) => regions.length > 0).length;
    assert.ok(seen >= 95, `motion in ${seen} of 99 frames`);
    // The three people of the fourth picture, read off it by eye.
    const people = [[280, 264], [655, 283], [513, 197]] as const;
    for (const [x, y] of people) {
      assert.ok(found[3]?.some(({ box }) => box.xmin < x && x < box.xmax && box.ymin < y && y < box.ymax), `nobody at ${x}, ${y}`);
    }
    assert.equal(found[3]?.length, people.length);
    for (const { box, score } of found.flat()) {
      assert.ok(box.xmin >= 0 && box.ymin >= 0 && box.xmax <= 768 && box.ymax <= 576);
      assert.ok(score > 0 && score <= 1);
    }
  });
});

function grayFrames(video: string, count: number): Uint8Array[] {
  const run = spawnSync('ffmpeg', ['-v', 'error', '-i', dataPath(video), '-frames:v', String(count), '-vf', 'scale=160:120', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr.toString());
  const bytes = 160 * 120;
  return Array.from({ length: count }, (_, i) => run.stdout.subarray(i * bytes, (i + 1) * bytes));
}
