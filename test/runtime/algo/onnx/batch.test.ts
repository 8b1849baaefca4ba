import assert from 'node:assert/strict';

import type { LaneFrame } from '../../../../dist/runtime/algo/index.js';
import type { Detection } from '../../../../dist/runtime/base/index.js';
import { type BatchTrial, cutOutputs, hasFreeBatch, settleBatch, widen } from '../../../../dist/runtime/algo/onnx/batch.js';
import type { OnnxAlgo, OutputTensor } from '../../../../dist/runtime/algo/onnx/index.js';
import { placeLetterbox } from '../../../../dist/runtime/vision/index.js';
import { openModel, picture, specOf } from '../../../support/onnx.js';
import { tensorData } from '../../../support/pixels.js';

type Trial = {
  readonly wanted: number;
  /** Milliseconds of an item, by the number of items that are run at once. */
  readonly ms: Readonly<Record<number, number>>;
  /** Sizes that give other digits. */
  readonly off?: readonly number[];
  /** The size from which on runs fail. */
  readonly fails?: number;
};

/** A model that behaves like that, on a clock of its own. */
function trialOf({ wanted, ms, off = [], fails = Infinity }: Trial): BatchTrial & { readonly tried: Set<number> } {
  const tried = new Set<number>();
  let now = 0;
  const output = (place: number, size: number): OutputTensor[] => [{ name: 'o', shape: [1, 1], data: Float32Array.of(place + (off.includes(size) ? 1e-7 : 0)) }];
  const spend = (size: number): void => {
    tried.add(size);
    now += size * (ms[size] ?? 0);
  };
  return {
    wanted, tried,
    now: () => now,
    run: (items) => {
      spend(items);
      if (items >= fails) return Promise.reject(new Error('Reshape: 1 is not 2'));
      return Promise.resolve(Array.from({ length: items }, (_, place) => output(place + 1, items)));
    },
    runAlone: (place) => {
      spend(1);
      return Promise.resolve(output(place + 1, 1));
    },
  };
}

const CHOICES: readonly (Trial & { why: string; sizes: readonly number[]; exact?: false; tried: readonly number[] })[] = [
  { why: 'two at once cost as much as one by one', wanted: 0, ms: { 1: 10, 2: 10, 4: 1, 8: 1 }, sizes: [], tried: [1, 2] },
  { why: 'a gain of less than a tenth', wanted: 0, ms: { 1: 10, 2: 9.1, 4: 1 }, sizes: [], tried: [1, 2] },
  { why: 'a gain of a tenth', wanted: 0, ms: { 1: 10, 2: 9, 4: 8.5 }, sizes: [2], tried: [1, 2, 4] },
  { why: 'each size gains', wanted: 0, ms: { 1: 10, 2: 8, 4: 6, 8: 5 }, sizes: [2, 4, 8], tried: [1, 2, 4, 8] },
  { why: 'a model too slow to be tried', wanted: 0, ms: { 1: 251, 2: 1 }, sizes: [], tried: [1] },
  { why: 'other digits in one of the sizes', wanted: 0, ms: { 1: 10, 2: 8, 4: 6, 8: 6 }, off: [4], sizes: [2, 4], exact: false, tried: [1, 2, 4, 8] },
  { why: 'other digits in a size that is not taken', wanted: 0, ms: { 1: 10, 2: 8, 4: 8 }, off: [4], sizes: [2], tried: [1, 2, 4] },
  { why: 'what the user wants, gain or none', wanted: 6, ms: { 1: 10, 2: 20, 4: 20, 6: 20 }, sizes: [2, 4, 6], tried: [1, 2, 4, 6] },
  { why: 'a model whose batch is not free after all', wanted: 0, ms: { 1: 10, 2: 1 }, fails: 2, sizes: [], tried: [1, 2] },
  { why: 'no memory for as many as the user wants', wanted: 8, ms: {}, fails: 8, sizes: [2, 4], tried: [1, 2, 4, 8] },
  { why: 'two, as the user wants', wanted: 2, ms: { 1: 10, 2: 10 }, off: [2], sizes: [2], exact: false, tried: [1, 2] },
];

/** Models of the test data that leave the number of pictures open, of families that are known. */
const FREE = ['variants/yolox_nano_raw_dynamic.onnx', 'variants/yolox_nano_raw_int8_qdq.onnx', 'variants/yolox_nano_yolov8fmt.onnx', 'variants/yolox_nano_yolov8fmt_fp16.onnx'];
const PICTURES = ['images/bus.jpg', 'images/zidane.jpg', 'images/dog.jpg'];

function windowsOf(algo: OnnxAlgo): LaneFrame[][] {
  const spec = specOf(algo);
  return PICTURES.map((file) => {
    const image = picture(file);
    const letterbox = placeLetterbox(spec, image);
    const info = { index: 1, sourceIndex: 0, ptsUs: 0, width: image.width, height: image.height };
    return [{ kind: 'tensor', info, letterbox, data: tensorData(image, spec, letterbox) }];
  });
}

describe('algo/onnx/batch', () => {
  for (const { why, sizes, exact = true, tried, ...given } of CHOICES) {
    it(`${why}: ${sizes.join(', ') || 'one at a time'}`, async () => {
      const trial = trialOf(given);
      assert.deepEqual(await settleBatch(trial), { sizes, exact });
      assert.deepEqual([...trial.tried].sort((a, b) => a - b), tried);
    });
  }

  it('a model whose every first side is free can be given several pictures', () => {
    const fact = (...shape: (number | string)[]) => ({ name: 't', dtype: 'float32', shape });
    assert.equal(hasFreeBatch({ inputs: [fact('batch', 3, 8, 8)], outputs: [fact('batch', 5), fact('', 1)] }), true);
    assert.equal(hasFreeBatch({ inputs: [fact(1, 3, 8, 8)], outputs: [fact('batch', 5)] }), false);
    assert.equal(hasFreeBatch({ inputs: [fact('batch', 3, 8, 8), fact(1, 2)], outputs: [fact('batch', 5)] }), false);
    assert.equal(hasFreeBatch({ inputs: [fact('batch', 3, 8, 8)], outputs: [fact(100, 6)] }), false);
    assert.equal(hasFreeBatch({ inputs: [fact()], outputs: [fact('batch')] }), false);
  });

  it('outputs are shared out in the pictures’ order; what does not divide is an error', () => {
    const outputs = [{ name: 'a', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, { name: 'b', shape: [2], data: Float32Array.of(5, 6) }];
    assert.deepEqual(cutOutputs(outputs, 2), [
      [{ name: 'a', shape: [1, 2], data: Float32Array.of(1, 2) }, { name: 'b', shape: [1], data: Float32Array.of(5) }],
      [{ name: 'a', shape: [1, 2], data: Float32Array.of(3, 4) }, { name: 'b', shape: [1], data: Float32Array.of(6) }],
    ]);
    assert.throws(() => cutOutputs([{ name: 'rows', shape: [7, 6], data: new Float32Array(42) }], 2), { code: 'MODEL_RUN_FAILED', message: /"rows" \[7,6\].*2 pictures/ });
  });

  it('what goes in beside the pictures goes in once for each', () => {
    const feed = widen({ name: 'sizes', dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(3n, 4n).buffer }, 3);
    assert.deepEqual([feed.shape, [...new BigInt64Array(feed.data)]], [[3, 2], [3n, 4n, 3n, 4n, 3n, 4n]]);
  });

  for (const model of FREE) {
    it(`${model}: with one thread a batch gives, digit for digit, what its pictures give one by one`, async () => {
      const algo = await openModel(model, { batch: 3, threads: 1, scoreThreshold: 0.05 });
      assert.deepEqual([algo.batch?.sizes, algo.batch?.exact, algo.description['batch'], algo.description['threads']], [[2, 3], true, 3, 1]);
      const signal = AbortSignal.timeout(60_000);
      const windows = windowsOf(algo);
      const alone = [];
      for (const window of windows) alone.push(await algo.run(window, signal));
      assert.ok(alone.every((found) => (found as Detection[]).length > 3), 'there is something to compare');
      assert.deepEqual(await algo.batch?.run(windows, signal), alone);
      assert.deepEqual(await algo.batch?.run(windows.slice(1), signal), alone.slice(1));
      await algo.close();
    });
  }

  it('a batch is off where it is not wanted, where the model has none, and with one thread of a CPU unless wanted', async () => {
    for (const [model, options] of [['variants/yolox_nano_yolov8fmt.onnx', { batch: 1 }], ['det/yolox_nano_416.onnx', { batch: 4 }], ['variants/yolox_nano_yolov8fmt.onnx', { threads: 1 }]] as const) {
      const algo = await openModel(model, options);
      assert.deepEqual([algo.batch, algo.description['batch']], [undefined, 1]);
      assert.equal(algo.warning, model.startsWith('det/') ? 'options.batch is 4, the model takes one picture at a time' : undefined);
      await algo.close();
    }
  });

  it('an aborted batch and frames that are no tensor are errors', async () => {
    const algo = await openModel('variants/yolox_nano_yolov8fmt.onnx', { batch: 2, threads: 1 });
    const windows = windowsOf(algo).slice(0, 2);
    await assert.rejects(async () => algo.batch?.run(windows, AbortSignal.abort(new Error('too late'))), /too late/);
    await assert.rejects(async () => algo.batch?.run([...windows.slice(1), []], AbortSignal.timeout(60_000)), { code: 'INTERNAL' });
    await algo.close();
  });
});
