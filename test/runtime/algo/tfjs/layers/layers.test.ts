import assert from 'node:assert/strict';

import { importTfjsModel } from '../../../../../dist/runtime/algo/tfjs/import.js';
import { layer, runOnnx, sequential, type Weight, writeLayersModel } from '../../../../support/tfjs.js';

/** One layer on the input, with what Keras gives for it, worked out by hand. */
type Row = {
  layer: string;
  why?: string;
  shape: number[];
  x: number[];
  config?: object;
  /** By the names they have in the layer. */
  weights?: Record<string, Weight>;
  expected: { shape: number[]; data: number[] };
};

const ones = (...shape: number[]): Weight => ({ shape, data: new Array<number>(shape.reduce((a, b) => a * b)).fill(1) });
const list = (...data: number[]): Weight => ({ shape: [data.length], data });
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const vector = (x: number[], expected: number[]): Pick<Row, 'shape' | 'x' | 'expected'> => ({ shape: [1, x.length], x, expected: { shape: [1, expected.length], data: expected } });

const WEIGHTED: Row[] = [
  {
    layer: 'Conv2D', why: 'bias and activation', shape: [1, 2, 2, 1], x: [1, 2, 3, 4], config: { kernel_size: [2, 2], strides: [1, 1], padding: 'valid', activation: 'relu' },
    weights: { kernel: { shape: [2, 2, 1, 2], data: [1, -1, 1, -1, 1, -1, 1, -1] }, bias: list(1, 1) }, expected: { shape: [1, 1, 1, 2], data: [11, 0] },
  },
  {
    layer: 'Conv2D', why: 'SAME with stride 2 on an even side pads at the end only', shape: [1, 4, 4, 1], x: counted(16), config: { kernel_size: 3, strides: 2, padding: 'same', use_bias: false },
    weights: { kernel: ones(3, 3, 1, 1) }, expected: { shape: [1, 2, 2, 1], data: [54, 45, 72, 54] },
  },
  {
    layer: 'DepthwiseConv2D', why: 'two channels of two filters each', shape: [1, 1, 1, 2], x: [1, 10], config: { kernel_size: [1, 1], use_bias: false, depth_multiplier: 2 },
    weights: { depthwise_kernel: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] } }, expected: { shape: [1, 1, 1, 4], data: [1, 2, 30, 40] },
  },
  {
    layer: 'SeparableConv2D', shape: [1, 1, 1, 2], x: [1, 10], config: { kernel_size: [1, 1], activation: 'linear' },
    weights: { depthwise_kernel: { shape: [1, 1, 2, 1], data: [2, 3] }, pointwise_kernel: { shape: [1, 1, 2, 2], data: [1, 2, 10, 20] }, bias: list(0.5, 0) },
    expected: { shape: [1, 1, 1, 2], data: [302.5, 604] },
  },
  { layer: 'Dense', why: 'kernel is [in, out]', ...vector([1, 10], [41.5, 52, 63]), weights: { kernel: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, bias: list(0.5, 0, 0) } },
  { layer: 'Dense', why: 'no bias, softmax', ...vector([Math.log(3), 0], [0.75, 0.25]), config: { use_bias: false, activation: 'softmax' }, weights: { kernel: { shape: [2, 2], data: [1, 0, 0, 1] } } },
  {
    layer: 'BatchNormalization', shape: [1, 1, 1, 2], x: [3, 5], config: { axis: [3], epsilon: 1 },
    weights: { gamma: list(2, 1), beta: list(1, 0), moving_mean: list(1, 1), moving_variance: list(3, 15) }, expected: { shape: [1, 1, 1, 2], data: [3, 1] },
  },
  {
    layer: 'BatchNormalization', why: 'without scale and center', ...vector([3, 5], [1, 1]), config: { axis: -1, epsilon: 1, scale: false, center: false },
    weights: { moving_mean: list(1, 1), moving_variance: list(3, 15) },
  },
  { layer: 'PReLU', ...vector([-2, 3], [-1, 3]), weights: { alpha: list(0.5, 0.5) } },
];

const SHAPES: Row[] = [
  { layer: 'ZeroPadding2D', why: 'rows and columns', shape: [1, 1, 1, 1], x: [7], config: { padding: [[0, 1], [2, 0]] }, expected: { shape: [1, 2, 3, 1], data: [0, 0, 7, 0, 0, 0] } },
  { layer: 'ZeroPadding2D', why: 'one number', shape: [1, 1, 1, 1], x: [7], config: { padding: 1 }, expected: { shape: [1, 3, 3, 1], data: [0, 0, 0, 0, 7, 0, 0, 0, 0] } },
  { layer: 'MaxPooling2D', why: 'strides are the size where none are given', shape: [1, 2, 4, 1], x: counted(8), config: { pool_size: [2, 2], strides: null }, expected: { shape: [1, 1, 2, 1], data: [6, 8] } },
  { layer: 'AveragePooling2D', why: 'padding does not count', shape: [1, 1, 3, 1], x: [2, 4, 6], config: { pool_size: [1, 2], strides: [1, 2], padding: 'same' }, expected: { shape: [1, 1, 2, 1], data: [3, 6] } },
  { layer: 'GlobalAveragePooling2D', shape: [1, 1, 2, 2], x: [1, 10, 3, 20], expected: { shape: [1, 2], data: [2, 15] } },
  { layer: 'GlobalMaxPooling2D', why: 'sides kept', shape: [1, 1, 2, 2], x: [1, 10, 3, 20], config: { keepdims: true }, expected: { shape: [1, 1, 1, 2], data: [3, 20] } },
  { layer: 'Flatten', why: 'channels stay together', shape: [1, 1, 2, 2], x: [1, 2, 3, 4], expected: { shape: [1, 4], data: [1, 2, 3, 4] } },
  { layer: 'Reshape', ...vector([1, 2, 3, 4], []), config: { target_shape: [2, -1, 1] }, expected: { shape: [1, 2, 2, 1], data: [1, 2, 3, 4] } },
  { layer: 'UpSampling2D', shape: [1, 1, 2, 1], x: [1, 2], config: { size: [1, 2] }, expected: { shape: [1, 1, 4, 1], data: [1, 1, 2, 2] } },
  { layer: 'UpSampling2D', why: 'bilinear', shape: [1, 1, 2, 1], x: [1, 3], config: { size: [1, 2], interpolation: 'bilinear' }, expected: { shape: [1, 1, 4, 1], data: [1, 2, 3, 3] } },
  ...['Dropout', 'SpatialDropout2D', 'GaussianNoise'].map((name): Row => ({ layer: name, why: 'only trains', ...vector([1, 2], [1, 2]), config: { rate: 0.5 } })),
];

const ACTIVATIONS: Row[] = [
  { layer: 'ReLU', ...vector([-1, 2, 9], [0, 2, 9]) },
  { layer: 'ReLU', why: 'of MobileNet', ...vector([-1, 2, 9], [0, 2, 6]), config: { max_value: 6 } },
  { layer: 'ReLU', why: 'slope, threshold and end', ...vector([-1, 1, 3, 9], [-1.5, -0.5, 3, 4]), config: { max_value: 4, negative_slope: 0.5, threshold: 2 } },
  { layer: 'LeakyReLU', ...vector([-1, 2], [-0.25, 2]), config: { alpha: 0.25 } },
  { layer: 'ELU', ...vector([0, 2], [0, 2]), config: { alpha: 1 } },
  { layer: 'Softmax', ...vector([Math.log(3), 0], [0.75, 0.25]) },
  { layer: 'Activation', why: 'relu6', ...vector([-1, 2, 9], [0, 2, 6]), config: { activation: 'relu6' } },
  { layer: 'Activation', why: 'hard_sigmoid', ...vector([-9, 0, 1], [0, 0.5, 0.7]), config: { activation: 'hard_sigmoid' } },
  { layer: 'Activation', why: 'hardSigmoid', ...vector([0], [0.5]), config: { activation: 'hardSigmoid' } },
  { layer: 'Activation', why: 'swish', ...vector([0, 1], [0, 1 / (1 + Math.exp(-1))]), config: { activation: 'swish' } },
  { layer: 'Activation', why: 'linear', ...vector([-3], [-3]), config: { activation: 'linear' } },
];

describe('algo/tfjs/layers: each layer', () => {
  for (const { layer: className, why, shape, x, config, weights = {}, expected } of [...WEIGHTED, ...SHAPES, ...ACTIVATIONS]) {
    it(why === undefined ? className : `${className}: ${why}`, async () => {
      const path = await writeLayersModel({
        topology: sequential('model', layer(className, 'it', { batch_input_shape: [null, ...shape.slice(1)], ...config })),
        weights: Object.fromEntries(Object.entries(weights).map(([name, weight]) => [`it/${name}`, weight])),
      });
      const { output } = await runOnnx(await importTfjsModel(path), { input: { shape, data: Float32Array.from(x) } });
      assert.deepEqual(output?.shape, expected.shape);
      assert.equal(output.data.length, expected.data.length);
      output.data.forEach((value, i) => { assert.ok(Math.abs(value - (expected.data[i] ?? NaN)) < 1e-5, output.data.join(', ')); });
    });
  }
});
