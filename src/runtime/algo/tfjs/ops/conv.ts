import { toNchw, toNhwc } from '../layout.js';
import type { NodeContext, OpTable } from '../node-context.js';
import type { Attribute, Constant, Value } from '../onnx-graph.js';
import { permuted, reshaped } from '../permute.js';
import { convWeights, depthwiseWeights, normalise, samePadding, type Window } from '../windows.js';
import { activate } from './activation.js';

/**
 * Convolutions, pooling and what comes fused with them. TensorFlow keeps channels last (NHWC), ONNX computes with
 * channels first: each is wrapped in two transposes, and `optimise` removes those that meet.
 */
export const convOps: OpTable = {
  Conv2D: (at) => convolution(at, convWeights(floats(at, 1)), 1),
  _FusedConv2D: (at) => convolution(at, convWeights(floats(at, 1)), 1),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposedConvolution,
  MaxPool: (at) => pool(at, 'MaxPool'),
  AvgPool: (at) => pool(at, 'AveragePool'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  BiasAdd: (at) => at.emit('Add', at.inputs(), { like: at.input(0) }),
};

function depthwise(at: NodeContext): Value {
  const filter = floats(at, 1);
  return convolution(at, depthwiseWeights(filter), filter.shape[2] ?? 0);
}

function convolution(at: NodeContext, weights: Constant, group: number): Value {
  requireNhwc(at);
  const kernel = weights.shape.slice(2);
  const strides = spatial(at, 'strides');
  const dilations = at.ints('dilations', [1, 1, 1, 1]).slice(1, 3);
  const fused = [...at.texts('fused_ops')];
  const inputs = [toNchw(at, at.input(0)).name, at.graph.constant(weights)];
  let extra = 2;
  if (fused[0] === 'BiasAdd') {
    const bias = floats(at, extra);
    inputs.push(at.graph.constant(reshaped(bias, [bias.data.length])));
    fused.shift();
    extra += 1;
  }
  const attributes = { kernel_shape: kernel, strides, dilations, group, ...padding(at, { kernel, strides, dilations }) };
  let value = at.emit('Conv', inputs, { like: 'float', attributes });
  for (const name of fused) value = name === 'Prelu' ? prelu(at, value, extra) : activate(at, value, { name, slope: at.float('leakyrelu_alpha', 0.2) });
  return toNhwc(at, value);
}

/** A slope a channel, [1, 1, C] or [C], for a value with channels first. */
function prelu(at: NodeContext, value: Value, slopeInput: number): Value {
  const slope = floats(at, slopeInput);
  return at.emit('PRelu', [value, at.graph.constant(reshaped(slope, [slope.data.length, 1, 1]))], { like: value });
}

function padding(at: NodeContext, window: Window): Record<string, Attribute> {
  const kind = at.text('padding');
  if (kind === 'VALID') return {};
  if (kind === 'EXPLICIT') return { pads: explicitPads(at) };
  if (kind !== 'SAME') throw at.unsupported(`padding ${kind}`);
  return samePadding(window);
}

/** TensorFlow lists begin and end for each of N, H, W, C; ONNX the begins of H, W, then the ends. */
function explicitPads(at: NodeContext): readonly number[] {
  const [, , top = 0, bottom = 0, left = 0, right = 0] = at.ints('explicit_paddings');
  return [top, left, bottom, right];
}

function pool(at: NodeContext, op: 'MaxPool' | 'AveragePool'): Value {
  requireNhwc(at);
  const kernel = spatial(at, 'ksize');
  const strides = spatial(at, 'strides');
  const attributes = { kernel_shape: kernel, strides, ...padding(at, { kernel, strides, dilations: [1, 1] }) };
  return toNhwc(at, at.emit(op, [toNchw(at, at.input(0))], { like: 'float', attributes }));
}

/** Inputs: output shape, filter [height, width, out, in], value. The output is `stride` times the input where its shape is computed. */
function transposedConvolution(at: NodeContext): Value {
  requireNhwc(at);
  const weights = permuted(floats(at, 1), [3, 2, 0, 1]);
  const kernel = weights.shape.slice(2);
  const strides = spatial(at, 'strides');
  const attributes: Record<string, Attribute> = { kernel_shape: kernel, strides };
  if (at.hasConstant(0)) {
    Object.assign(attributes, { output_shape: at.constantInts(0).slice(1, 3), auto_pad: at.text('padding') === 'SAME' ? 'SAME_UPPER' : 'VALID' });
  } else if (at.text('padding') === 'SAME') {
    const rest = kernel.map((side, i) => side - (strides[i] ?? 1));
    attributes['pads'] = [...rest.map((side) => Math.floor(Math.max(0, side) / 2)), ...rest.map((side) => Math.ceil(Math.max(0, side) / 2))];
    attributes['output_padding'] = rest.map((side) => Math.max(0, -side));
  }
  const value = at.emit('ConvTranspose', [toNchw(at, at.input(2)), at.graph.constant(weights)], { like: 'float', attributes });
  return toNhwc(at, value);
}

function batchNorm(at: NodeContext): Value {
  requireNhwc(at);
  if (at.node.attr['is_training']?.b === true) throw at.unsupported('batch statistics of its own');
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => floats(at, index).data);
  return normalise(at, at.input(0), { scale, offset, mean, variance, epsilon: at.float('epsilon', 1e-4) });
}

/** Height and width of a list for N, H, W, C. */
function spatial(at: NodeContext, name: string): readonly number[] {
  return at.ints(name).slice(1, 3);
}

function floats(at: NodeContext, index: number): Constant & { readonly kind: 'float' } {
  const constant = at.constant(index);
  if (constant.kind !== 'float') throw at.failed(`its input ${index} is not made of floats`);
  return constant;
}

function requireNhwc(at: NodeContext): void {
  const format = at.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw at.unsupported(`data format ${format}`);
}
