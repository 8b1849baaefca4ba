import assert from 'node:assert/strict';

import { importTfjsModel } from '../../../../dist/runtime/algo/tfjs/import.js';
import { attr, placeholder, runOnnx, type Weight, writeTfjsModel } from '../../../support/tfjs.js';

/** One operation on the input `x`, with what TensorFlow gives for it, worked out by hand. */
type Row = {
  op: string;
  why?: string;
  shape: number[];
  x: number[];
  /** Inputs after `x`, in their order. */
  weights?: Record<string, Weight>;
  attributes?: object;
  /** Data type of the graph's input. */
  dtype?: string;
  expected: { shape: number[]; data: number[] };
};

const ints = (...data: number[]): Weight => ({ shape: [data.length], data, dtype: 'int32' });
const int = (value: number): Weight => ({ shape: [], data: [value], dtype: 'int32' });
const float = (value: number): Weight => ({ shape: [], data: [value] });
const same = attr.text('SAME');
const ones = (...shape: number[]): Weight => ({ shape, data: new Array<number>(shape.reduce((a, b) => a * b)).fill(1) });
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

const CONVOLUTIONS: Row[] = [
  {
    op: 'Conv2D', why: 'SAME with stride 1 pads evenly', shape: [1, 3, 3, 1], x: counted(9), weights: { w: ones(3, 3, 1, 1) },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: same }, expected: { shape: [1, 3, 3, 1], data: [12, 21, 16, 27, 45, 33, 24, 39, 28] },
  },
  {
    op: 'Conv2D', why: 'SAME with stride 2 on an even side pads at the end only', shape: [1, 4, 4, 1], x: counted(16), weights: { w: ones(3, 3, 1, 1) },
    attributes: { strides: attr.ints(1, 2, 2, 1), padding: same }, expected: { shape: [1, 2, 2, 1], data: [54, 45, 72, 54] },
  },
  {
    op: 'Conv2D', why: 'VALID', shape: [1, 3, 3, 1], x: counted(9), weights: { w: ones(3, 3, 1, 1) },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: attr.text('VALID') }, expected: { shape: [1, 1, 1, 1], data: [45] },
  },
  {
    op: 'Conv2D', why: 'explicit padding of top 1, left 1', shape: [1, 2, 2, 1], x: [1, 2, 3, 4], weights: { w: ones(2, 2, 1, 1) },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: attr.text('EXPLICIT'), explicit_paddings: attr.ints(0, 0, 1, 0, 1, 0, 0, 0) },
    expected: { shape: [1, 2, 2, 1], data: [1, 3, 4, 10] },
  },
  {
    op: 'Conv2D', why: 'dilated with SAME', shape: [1, 3, 3, 1], x: counted(9), weights: { w: ones(3, 3, 1, 1) },
    attributes: { strides: attr.ints(1, 1, 1, 1), dilations: attr.ints(1, 2, 2, 1), padding: same },
    expected: { shape: [1, 3, 3, 1], data: [1 + 3 + 7 + 9, 10, 20, 10, 5, 10, 20, 10, 20] },
  },
  {
    op: 'Conv2D', why: 'filters are [height, width, in, out]', shape: [1, 1, 1, 2], x: [1, 10], weights: { w: { shape: [1, 1, 2, 3], data: [1, 2, 3, 4, 5, 6] } },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: same }, expected: { shape: [1, 1, 1, 3], data: [41, 52, 63] },
  },
  {
    op: '_FusedConv2D', why: 'bias and Relu6', shape: [1, 1, 2, 1], x: [1, 4], weights: { w: ones(1, 1, 1, 2), b: { shape: [2], data: [3, -2] } },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: same, fused_ops: attr.texts('BiasAdd', 'Relu6') },
    expected: { shape: [1, 1, 2, 2], data: [4, 0, 6, 2] },
  },
  {
    op: '_FusedConv2D', why: 'bias and a slope for each channel', shape: [1, 1, 1, 1], x: [-2],
    weights: { w: ones(1, 1, 1, 2), b: { shape: [2], data: [0, 0] }, slope: { shape: [1, 1, 2], data: [0.5, 0.25] } },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: same, fused_ops: attr.texts('BiasAdd', 'Prelu') },
    expected: { shape: [1, 1, 1, 2], data: [-1, -0.5] },
  },
  {
    op: 'DepthwiseConv2dNative', why: 'two channels of two filters each', shape: [1, 1, 1, 2], x: [1, 10], weights: { w: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] } },
    attributes: { strides: attr.ints(1, 1, 1, 1), padding: same }, expected: { shape: [1, 1, 1, 4], data: [1, 2, 30, 40] },
  },
  {
    op: 'Conv2DBackpropInput', why: 'doubles the sides', shape: [1, 1, 2, 1], x: [1, 2], weights: { w: ones(2, 2, 1, 1) },
    attributes: { strides: attr.ints(1, 2, 2, 1), padding: same }, expected: { shape: [1, 2, 4, 1], data: [1, 1, 2, 2, 1, 1, 2, 2] },
  },
  {
    op: 'MaxPool', shape: [1, 2, 4, 1], x: counted(8), attributes: { ksize: attr.ints(1, 2, 2, 1), strides: attr.ints(1, 2, 2, 1), padding: same },
    expected: { shape: [1, 1, 2, 1], data: [6, 8] },
  },
  {
    op: 'AvgPool', why: 'padding does not count', shape: [1, 1, 3, 1], x: [2, 4, 6], attributes: { ksize: attr.ints(1, 1, 2, 1), strides: attr.ints(1, 1, 2, 1), padding: same },
    expected: { shape: [1, 1, 2, 1], data: [3, 6] },
  },
  {
    op: 'FusedBatchNormV3', shape: [1, 1, 1, 2], x: [3, 5],
    weights: { s: { shape: [2], data: [2, 1] }, o: { shape: [2], data: [10, 0] }, m: { shape: [2], data: [1, 1] }, v: { shape: [2], data: [4, 16] } },
    attributes: { epsilon: attr.float(0) }, expected: { shape: [1, 1, 1, 2], data: [12, 1] },
  },
];

const ARITHMETIC: Row[] = [
  { op: 'FloorDiv', why: 'whole numbers below zero go down', shape: [2], x: [-7, 7], dtype: 'DT_INT32', weights: { y: int(2) }, expected: { shape: [2], data: [-4, 3] } },
  { op: 'FloorDiv', why: 'floats', shape: [2], x: [-7, 7], weights: { y: float(2) }, expected: { shape: [2], data: [-4, 3] } },
  { op: 'FloorMod', why: 'sign of the divisor, whole', shape: [2], x: [-7, 7], dtype: 'DT_INT32', weights: { y: int(3) }, expected: { shape: [2], data: [2, 1] } },
  { op: 'FloorMod', why: 'sign of the divisor, floats', shape: [2], x: [-7, 7], weights: { y: float(3) }, expected: { shape: [2], data: [2, 1] } },
  { op: 'SquaredDifference', shape: [2], x: [1, 5], weights: { y: float(3) }, expected: { shape: [2], data: [4, 4] } },
  { op: 'RealDiv', shape: [2], x: [1, 5], weights: { y: float(2) }, expected: { shape: [2], data: [0.5, 2.5] } },
  { op: 'Maximum', shape: [2], x: [1, 5], weights: { y: float(2) }, expected: { shape: [2], data: [2, 5] } },
  { op: 'Rsqrt', shape: [1], x: [4], expected: { shape: [1], data: [0.5] } },
  { op: 'Square', shape: [1], x: [-4], expected: { shape: [1], data: [16] } },
  { op: 'NotEqual', shape: [2], x: [1, 2], weights: { y: float(2) }, expected: { shape: [2], data: [1, 0] } },
  { op: 'GreaterEqual', shape: [2], x: [1, 2], weights: { y: float(2) }, expected: { shape: [2], data: [0, 1] } },
  { op: 'ClipByValue', shape: [3], x: [-1, 1, 9], weights: { low: float(0), high: float(6) }, expected: { shape: [3], data: [0, 1, 6] } },
  { op: 'Cast', why: 'cuts towards zero', shape: [2], x: [-1.7, 1.7], attributes: { DstT: attr.type('DT_INT32') }, expected: { shape: [2], data: [-1, 1] } },
  { op: 'MatMul', why: 'second factor transposed', shape: [1, 2], x: [1, 2], weights: { y: { shape: [2, 2], data: [1, 2, 3, 4] } }, attributes: { transpose_b: attr.bool(true) }, expected: { shape: [1, 2], data: [5, 11] } },
  {
    op: '_FusedMatMul', shape: [1, 2], x: [1, 2], weights: { y: { shape: [2, 2], data: [1, 2, 3, 4] }, b: { shape: [2], data: [-10, 1] } },
    attributes: { fused_ops: attr.texts('BiasAdd', 'Relu') }, expected: { shape: [1, 2], data: [0, 11] },
  },
  { op: 'LeakyRelu', shape: [2], x: [-10, 10], attributes: { alpha: attr.float(0.5) }, expected: { shape: [2], data: [-5, 10] } },
  { op: 'Softmax', shape: [1, 2], x: [0, Math.log(3)], expected: { shape: [1, 2], data: [0.25, 0.75] } },
  { op: 'Mean', shape: [1, 2, 2, 1], x: [1, 2, 3, 4], weights: { axes: ints(1, 2) }, attributes: { keep_dims: attr.bool(false) }, expected: { shape: [1, 1], data: [2.5] } },
  { op: 'Sum', shape: [2, 2], x: [1, 2, 3, 4], weights: { axes: ints(0) }, attributes: { keep_dims: attr.bool(true) }, expected: { shape: [1, 2], data: [4, 6] } },
  { op: 'ArgMax', shape: [1, 3], x: [1, 9, 3], weights: { axis: int(1) }, expected: { shape: [1], data: [1] } },
  { op: 'TopKV2', shape: [4], x: [1, 9, 3, 5], weights: { k: int(2) }, expected: { shape: [2], data: [9, 5] } },
];

const masks = (values: Record<string, number>): object => Object.fromEntries(Object.entries(values).map(([key, value]) => [`${key}_mask`, attr.int(value)]));

const SHAPES: Row[] = [
  { op: 'Reshape', shape: [2, 3], x: counted(6), weights: { to: ints(3, -1) }, expected: { shape: [3, 2], data: counted(6) } },
  { op: 'Transpose', shape: [2, 3], x: counted(6), weights: { to: ints(1, 0) }, expected: { shape: [3, 2], data: [1, 4, 2, 5, 3, 6] } },
  { op: 'ExpandDims', shape: [2], x: [1, 2], weights: { axis: int(-1) }, expected: { shape: [2, 1], data: [1, 2] } },
  { op: 'Squeeze', shape: [1, 2, 1], x: [1, 2], attributes: { squeeze_dims: attr.ints(0) }, expected: { shape: [2, 1], data: [1, 2] } },
  { op: 'Squeeze', why: 'all of them', shape: [1, 2, 1], x: [1, 2], expected: { shape: [2], data: [1, 2] } },
  { op: 'ConcatV2', shape: [1, 2], x: [1, 2], weights: { y: { shape: [1, 1], data: [3] }, axis: int(1) }, expected: { shape: [1, 3], data: [1, 2, 3] } },
  { op: 'Pack', shape: [2], x: [1, 2], weights: { y: { shape: [2], data: [3, 4] } }, attributes: { axis: attr.int(1) }, expected: { shape: [2, 2], data: [1, 3, 2, 4] } },
  { op: 'Unpack', shape: [2, 2], x: [1, 2, 3, 4], attributes: { axis: attr.int(1), num: attr.int(2) }, expected: { shape: [2], data: [1, 3] } },
  { op: 'SplitV', shape: [3], x: [1, 2, 3], weights: { sizes: ints(2, 1), axis: int(0) }, expected: { shape: [2], data: [1, 2] } },
  { op: 'Slice', why: '−1 takes the rest', shape: [2, 3], x: counted(6), weights: { begin: ints(0, 1), size: ints(1, -1) }, expected: { shape: [1, 2], data: [2, 3] } },
  { op: 'Pad', shape: [1, 2], x: [1, 2], weights: { pads: { shape: [2, 2], data: [0, 1, 1, 0], dtype: 'int32' } }, expected: { shape: [2, 3], data: [0, 1, 2, 0, 0, 0] } },
  { op: 'PadV2', shape: [1], x: [1], weights: { pads: { shape: [1, 2], data: [1, 1], dtype: 'int32' }, value: float(9) }, expected: { shape: [3], data: [9, 1, 9] } },
  { op: 'MirrorPad', shape: [3], x: [1, 2, 3], weights: { pads: { shape: [1, 2], data: [2, 0], dtype: 'int32' } }, attributes: { mode: attr.text('REFLECT') }, expected: { shape: [5], data: [3, 2, 1, 2, 3] } },
  { op: 'Tile', shape: [2], x: [1, 2], weights: { times: ints(2) }, expected: { shape: [4], data: [1, 2, 1, 2] } },
  { op: 'GatherV2', shape: [3], x: [1, 2, 3], weights: { at: ints(2, 0), axis: int(0) }, expected: { shape: [2], data: [3, 1] } },
  { op: 'GatherNd', shape: [2, 2], x: counted(4), weights: { at: { shape: [1, 2], data: [1, 0], dtype: 'int32' } }, expected: { shape: [1], data: [3] } },
  { op: 'Shape', shape: [2, 3], x: counted(6), expected: { shape: [2], data: [2, 3] } },
  { op: 'StridedSlice', why: 'x[0, 1:]', shape: [2, 3], x: counted(6), weights: { b: ints(0, 1), e: ints(1, 0), s: ints(1, 1) }, attributes: masks({ shrink_axis: 1, end: 2 }), expected: { shape: [2], data: [2, 3] } },
  { op: 'StridedSlice', why: 'x[-1]', shape: [2, 3], x: counted(6), weights: { b: ints(-1), e: ints(0), s: ints(1) }, attributes: masks({ shrink_axis: 1 }), expected: { shape: [3], data: [4, 5, 6] } },
  { op: 'StridedSlice', why: 'x[..., 0]', shape: [2, 3], x: counted(6), weights: { b: ints(0, 0), e: ints(0, 1), s: ints(1, 1) }, attributes: masks({ ellipsis: 1, shrink_axis: 2 }), expected: { shape: [2], data: [1, 4] } },
  { op: 'StridedSlice', why: 'x[:, ::-1]', shape: [2, 3], x: counted(6), weights: { b: ints(0, 0), e: ints(0, 0), s: ints(1, -1) }, attributes: masks({ begin: 3, end: 3 }), expected: { shape: [2, 3], data: [3, 2, 1, 6, 5, 4] } },
  { op: 'StridedSlice', why: 'x[:, newaxis]', shape: [2, 1], x: [1, 2], weights: { b: ints(0, 0), e: ints(0, 0), s: ints(1, 1) }, attributes: masks({ begin: 1, end: 1, new_axis: 2 }), expected: { shape: [2, 1, 1], data: [1, 2] } },
  { op: 'StridedSlice', why: 'x[..., newaxis]', shape: [1, 2], x: [1, 2], weights: { b: ints(0, 0), e: ints(0, 0), s: ints(1, 1) }, attributes: masks({ ellipsis: 1, new_axis: 2 }), expected: { shape: [1, 2, 1], data: [1, 2] } },
  {
    op: 'ResizeNearestNeighbor', why: 'old rule: rounds down', shape: [1, 1, 2, 1], x: [1, 2], weights: { to: ints(1, 4) }, expected: { shape: [1, 1, 4, 1], data: [1, 1, 2, 2] },
  },
  {
    op: 'ResizeBilinear', why: 'old rule', shape: [1, 1, 2, 1], x: [0, 4], weights: { to: ints(1, 4) }, expected: { shape: [1, 1, 4, 1], data: [0, 2, 4, 4] },
  },
  {
    op: 'ResizeBilinear', why: 'half pixel centres', shape: [1, 1, 2, 1], x: [0, 4], weights: { to: ints(1, 4) }, attributes: { half_pixel_centers: attr.bool(true) },
    expected: { shape: [1, 1, 4, 1], data: [0, 1, 3, 4] },
  },
  {
    op: 'ResizeBilinear', why: 'corners on corners', shape: [1, 1, 2, 1], x: [0, 3], weights: { to: ints(1, 4) }, attributes: { align_corners: attr.bool(true) },
    expected: { shape: [1, 1, 4, 1], data: [0, 1, 2, 3] },
  },
  { op: 'SpaceToDepth', shape: [1, 2, 2, 1], x: [1, 2, 3, 4], attributes: { block_size: attr.int(2) }, expected: { shape: [1, 1, 1, 4], data: [1, 2, 3, 4] } },
  { op: 'DepthToSpace', shape: [1, 1, 1, 4], x: [1, 2, 3, 4], attributes: { block_size: attr.int(2) }, expected: { shape: [1, 2, 2, 1], data: [1, 2, 3, 4] } },
];

for (const [group, rows] of Object.entries({ convolutions: CONVOLUTIONS, arithmetic: ARITHMETIC, shapes: SHAPES })) {
  describe(`algo/tfjs/ops: ${group}`, () => {
    for (const row of rows) {
      it(`${row.op}${row.why ? `: ${row.why}` : ''}`, async () => {
        assert.deepEqual(await run(row), row.expected);
      });
    }
  });
}

async function run(row: Row): Promise<unknown> {
  /** TensorFlow's transposed convolution takes its output's shape first and its input last. */
  const isBackprop = row.op === 'Conv2DBackpropInput';
  const weights: Record<string, Weight> = { ...(isBackprop && { size: ints(...row.expected.shape) }), ...row.weights };
  const names = Object.keys(weights);
  const input = isBackprop ? [...names, 'x'] : ['x', ...names];
  const path = await writeTfjsModel({
    weights,
    nodes: [placeholder('x', row.shape, row.dtype), { name: 'result', op: row.op, input, attr: row.attributes ?? {} }],
    json: { signature: { outputs: { result: { name: 'result:0' } } } },
  });
  const outputs = await runOnnx(await importTfjsModel(path), { x: { shape: row.shape, data: Float32Array.from(row.x) } });
  const found = outputs['result'];
  return { shape: found?.shape, data: found?.data.map((value) => Math.round(value * 1e5) / 1e5) };
}
