import assert from 'node:assert/strict';

import { type ModelInputOptions, modelInputSchema, onnxOptionsSchema } from '../../../../dist/runtime/base/plan.js';
import { overruleSpec, settleInput } from '../../../../dist/runtime/algo/onnx/input-options.js';
import { inspectModel, type ModelFacts } from '../../../../dist/runtime/algo/onnx/index.js';
import type { TensorSpec } from '../../../../dist/runtime/vision/index.js';
import { dataPath } from '../../../support/data.js';
import { detectIn, openModel, picture } from '../../../support/onnx.js';

type Shape = readonly (number | string)[];

function settled(shape: Shape, options: Partial<ModelInputOptions>): Shape | undefined {
  const facts: ModelFacts = { inputs: [{ name: 'sizes', dtype: 'int64', shape: [1, 2] }, { name: 'x', dtype: 'float32', shape }], outputs: [], metadata: {} };
  return settleInput(facts, options).inputs[1]?.shape;
}

const SPEC: TensorSpec = { width: 64, height: 32, fit: 'stretch', pad: 0, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1 / 255, mean: [0.4, 0.5, 0.6], std: [1, 2, 3] };
const GRAY: TensorSpec = { ...SPEC, channels: 'gray', mean: [0], std: [1] };

function overruled(options: Partial<ModelInputOptions>, spec = SPEC): TensorSpec {
  return overruleSpec(spec, options);
}

describe('algo/onnx/input-options: free sides of the picture', () => {
  const ROWS: readonly { why: string; shape: Shape; options: Partial<ModelInputOptions>; expected: Shape }[] = [
    { why: 'nothing wanted', shape: ['n', 3, 'h', 'w'], options: {}, expected: ['n', 3, 'h', 'w'] },
    { why: 'both sides, channels first', shape: ['n', 3, 'h', 'w'], options: { width: 320, height: 192 }, expected: ['n', 3, 192, 320] },
    { why: 'one side, channels last', shape: ['n', 'h', 'w', 3], options: { height: 192 }, expected: ['n', 192, 'w', 3] },
    { why: 'what the model fixes already', shape: [1, 3, 416, 416], options: { width: 416, height: 416, layout: 'NCHW' }, expected: [1, 3, 416, 416] },
    { why: 'all free, channels first', shape: ['a', 'b', 'c', 'd'], options: { layout: 'NCHW', width: 64 }, expected: ['a', 3, 'c', 64] },
    { why: 'all free, channels last', shape: ['a', 'b', 'c', 'd'], options: { layout: 'NHWC', width: 64 }, expected: ['a', 'b', 64, 3] },
    { why: 'gray', shape: [1, 1, 'h', 'w'], options: { layout: 'NCHW', width: 28, height: 28 }, expected: [1, 1, 28, 28] },
  ];
  for (const { why, shape, options, expected } of ROWS) it(why, () => { assert.deepEqual(settled(shape, options), expected); });

  it('OPTION_INVALID: what the model fixes otherwise, by the name of the field', () => {
    assert.throws(() => settled([1, 3, 416, 416], { width: 640 }), { code: 'OPTION_INVALID', message: 'options.input.width: the model takes 416, not 640: leave it empty' });
    assert.throws(() => settled([1, 3, 416, 416], { height: 640 }), { code: 'OPTION_INVALID', message: /options\.input\.height/ });
    assert.throws(() => settled([1, 3, 416, 416], { layout: 'NHWC' }), { code: 'OPTION_INVALID', message: /options\.input\.layout: the model takes 416, not 3/ });
  });

  it('a model without a picture stays as it is', () => {
    const facts: ModelFacts = { inputs: [{ name: 'x', dtype: 'float32', shape: [1, 8] }], outputs: [], metadata: {} };
    assert.equal(settleInput(facts, { width: 64 }), facts);
  });
});

describe('algo/onnx/input-options: numbers, colours, fit', () => {
  it('left on auto nothing changes', () => {
    assert.deepEqual(overruled({}), SPEC);
  });

  it('fit and order of colours', () => {
    assert.deepEqual(overruled({ fit: 'letterbox-center', channels: 'bgr' }), { ...SPEC, fit: 'letterbox-center', channels: 'bgr' });
  });

  it('a range takes the place of the recognised mean and spread', () => {
    assert.deepEqual(overruled({ range: '0-255' }), { ...SPEC, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] });
    assert.deepEqual(overruled({ range: '0-1', mean: undefined, std: undefined }), { ...SPEC, scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] });
    assert.deepEqual(overruled({ range: '-1-1' }), { ...SPEC, scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] });
  });

  it('mean and spread count in the range: one number for all, or one a channel', () => {
    assert.deepEqual(overruled({ range: '0-255', mean: [1, 2, 3], std: [58] }), { ...SPEC, scale: 1, mean: [1, 2, 3], std: [58, 58, 58] });
    assert.deepEqual(overruled({ range: '-1-1', mean: [0.5] }), { ...SPEC, scale: 1 / 127.5, mean: [1.5, 1.5, 1.5], std: [1, 1, 1] });
    assert.deepEqual(overruled({ mean: [0.25] }), { ...SPEC, mean: [0.25, 0.25, 0.25] });
    assert.deepEqual(overruled({ std: [0.25] }, GRAY), { ...GRAY, std: [0.25] });
  });

  it('OPTION_INVALID: what the tensor does not have', () => {
    const bytes: TensorSpec = { ...SPEC, dtype: 'uint8' };
    assert.throws(() => overruled({ channels: 'rgb' }, GRAY), { code: 'OPTION_INVALID', message: /input\.channels: the model takes gray/ });
    assert.throws(() => overruled({ mean: [1, 2, 3] }, GRAY), { code: 'OPTION_INVALID', message: /input\.mean: expected one number/ });
    assert.throws(() => overruled({ range: '0-1' }, bytes), { code: 'OPTION_INVALID', message: /input\.range: the model takes pixels as bytes/ });
    assert.throws(() => overruled({ std: [1] }, bytes), { code: 'OPTION_INVALID', message: /input\.mean and std/ });
  });

  const WRONG: readonly { input: unknown; says: RegExp }[] = [
    { input: { width: 0 }, says: /width/ },
    { input: { width: 100_000 }, says: /width/ },
    { input: { mean: [1, 2] }, says: /one number, or three/ },
    { input: { mean: [NaN] }, says: /mean|NaN/ },
    { input: { std: [0] }, says: /above 0/ },
    { input: { range: '0..1' }, says: /range|option/i },
    { input: { colour: 'rgb' }, says: /colour/ },
  ];
  for (const { input, says } of WRONG) {
    it(`the plan refuses ${JSON.stringify(input)}`, () => {
      const { success, error } = onnxOptionsSchema.safeParse({ input });
      assert.equal(success, false);
      assert.match(JSON.stringify(error.issues), says);
    });
  }
});

describe('algo/onnx/input-options: whole models', () => {
  it('a model of free size runs at the size wanted, and inspect tells it', async () => {
    const input = modelInputSchema.parse({ width: 416, height: 320 });
    const { tensor } = await inspectModel(dataPath('models/variants/yolox_nano_raw_dynamic.onnx'), { input });
    assert.deepEqual([tensor?.width, tensor?.height], [416, 320]);
    const algo = await openModel('variants/yolox_nano_raw_dynamic.onnx', { input });
    assert.equal(algo.description['input'], '416x320');
    assert.ok((await detectIn(algo, picture('images/bus.jpg'))).some(({ label, score }) => label === 'bus' && score > 0.6));
    await algo.close();
  });

  it('a wrong guess is put right: the raw YOLOX fed as its variant of 0…1 sees nothing, with 0…255 it sees the bus', async () => {
    const sees = async (range: ModelInputOptions['range']): Promise<boolean> => {
      const algo = await openModel('det/yolox_nano_416.onnx', { input: modelInputSchema.parse({ range }) });
      const found = await detectIn(algo, picture('images/bus.jpg'));
      await algo.close();
      return found.some(({ label }) => label === 'bus');
    };
    assert.deepEqual([await sees('0-1'), await sees('0-255'), await sees('auto')], [false, true, true]);
  });

  it('a size that the model cannot compute is an error of the model’s opening', async () => {
    const input = modelInputSchema.parse({ width: 100, height: 100 });
    await assert.rejects(openModel('variants/yolox_nano_raw_dynamic.onnx', { input }), { code: 'MODEL_RUN_FAILED' });
  });
});
