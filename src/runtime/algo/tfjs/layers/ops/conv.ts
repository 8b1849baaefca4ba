import { toNchw, toNhwc } from '../../layout.js';
import type { Attribute, Constant, Value } from '../../onnx-graph.js';
import type { Floats } from '../../permute.js';
import { convWeights, depthwiseWeights, normalise, samePadding } from '../../windows.js';
import type { LayerContext, LayerTable } from '../layer-context.js';
import { activate } from './activation.js';

/** Convolutions, pooling, matrix products and normalisation: the layers that have weights or windows. */
export const convLayers: LayerTable = {
  Conv2D: (at) => finish(at, convolve(at, { value: at.input, weights: convWeights(filter(at, 'kernel')), group: 1 })),
  DepthwiseConv2D: (at) => finish(at, depthwise(at)),
  SeparableConv2D: (at) => finish(at, pointwise(at, depthwise(at))),
  Dense: (at) => finish(at, at.emit('MatMul', [at.input, at.graph.constant(at.weight('kernel'))], { like: 'float' })),
  BatchNormalization: batchNorm,
  MaxPooling2D: (at) => pool(at, 'MaxPool'),
  AveragePooling2D: (at) => pool(at, 'AveragePool'),
  GlobalAveragePooling2D: (at) => globalPool(at, 'ReduceMean'),
  GlobalMaxPooling2D: (at) => globalPool(at, 'ReduceMax'),
};

/** Bias and activation, as far as the layer has them. */
function finish(at: LayerContext, value: Value): Value {
  return activate(at, at.isOn('use_bias') ? at.emit('Add', [value, at.graph.constant(at.weight('bias'))], { like: 'float' }) : value);
}

type Convolution = { readonly value: Value; readonly weights: Constant; readonly group: number };

function convolve(at: LayerContext, { value, weights, group }: Convolution): Value {
  requireChannelsLast(at);
  const kernel = weights.shape.slice(2);
  const strides = at.pair('strides', 1);
  const dilations = at.pair('dilation_rate', 1);
  const attributes = { kernel_shape: kernel, strides, dilations, group, ...padding(at, { kernel, strides, dilations }) };
  return toNhwc(at, at.emit('Conv', [toNchw(at, value), at.graph.constant(weights)], { like: 'float', attributes }));
}

function depthwise(at: LayerContext): Value {
  const kernel = filter(at, 'depthwise_kernel');
  return convolve(at, { value: at.input, weights: depthwiseWeights(kernel), group: kernel.shape[2] ?? 1 });
}

/** Weights of height, width, channels in and out. */
function filter(at: LayerContext, name: string): Floats {
  const weights = at.weight(name);
  if (weights.shape.length !== 4) throw at.failed(`its weights ${name} do not have four sides`);
  return weights;
}

/** The second half of a separable convolution: a product of the channels at each place. */
function pointwise(at: LayerContext, value: Value): Value {
  const weights = at.graph.constant(convWeights(filter(at, 'pointwise_kernel')));
  return toNhwc(at, at.emit('Conv', [toNchw(at, value), weights], { like: 'float', attributes: { kernel_shape: [1, 1] } }));
}

function padding(at: LayerContext, window: Parameters<typeof samePadding>[0]): Record<string, Attribute> {
  const kind = at.text('padding', 'valid');
  if (kind === 'valid') return {};
  if (kind === 'same') return samePadding(window);
  throw at.unsupported(`padding ${kind}`);
}

function pool(at: LayerContext, op: 'MaxPool' | 'AveragePool'): Value {
  requireChannelsLast(at);
  const kernel = at.pair('pool_size', 2);
  const strides = at.pair('strides', kernel);
  const attributes = { kernel_shape: kernel, strides, ...padding(at, { kernel, strides, dilations: [1, 1] }) };
  return toNhwc(at, at.emit(op, [toNchw(at, at.input)], { like: 'float', attributes }));
}

function globalPool(at: LayerContext, op: 'ReduceMean' | 'ReduceMax'): Value {
  requireChannelsLast(at);
  return at.emit(op, [at.input], { like: 'float', attributes: { axes: [1, 2], keepdims: at.setting('keepdims') === true ? 1 : 0 } });
}

/** Over the channels, which are last: axis −1, or 3 of four. */
function batchNorm(at: LayerContext): Value {
  const [axis] = [at.setting('axis') ?? -1].flat();
  if (axis !== -1 && axis !== 3) throw at.unsupported(`axis ${JSON.stringify(axis)}`);
  return normalise(at, at.input, {
    scale: at.isOn('scale') ? at.weight('gamma').data : undefined,
    offset: at.isOn('center') ? at.weight('beta').data : undefined,
    mean: at.weight('moving_mean').data,
    variance: at.weight('moving_variance').data,
    epsilon: at.number('epsilon', 1e-3),
  });
}

export function requireChannelsLast(at: LayerContext): void {
  const format = at.text('data_format', 'channels_last');
  if (format !== 'channels_last' && format !== 'channelsLast') throw at.unsupported(`data format ${format}`);
}
