import type { Emitter } from './emitter.js';
import type { Attribute, Constant, Value } from './onnx-graph.js';
import { type Floats, permuted, reshaped } from './permute.js';

/** What slides over a picture: height and width of each. */
export type Window = { readonly kernel: readonly number[]; readonly strides: readonly number[]; readonly dilations: readonly number[] };

/**
 * Attributes for TensorFlow's padding SAME. With a stride of 1 it is a padding that does not depend on the size; only
 * then ONNX Runtime takes dilations.
 */
export function samePadding(window: Window): Record<string, Attribute> {
  if (window.strides.some((stride) => stride !== 1)) return { auto_pad: 'SAME_UPPER' };
  const total = window.kernel.map((side, i) => (side - 1) * (window.dilations[i] ?? 1));
  return { pads: [...total.map((pad) => Math.floor(pad / 2)), ...total.map((pad) => Math.ceil(pad / 2))] };
}

/** TensorFlow's filter [height, width, in, out] is ONNX's [out, in, height, width]. */
export function convWeights(filter: Floats): Constant {
  return permuted(filter, [3, 2, 0, 1]);
}

/** TensorFlow's depthwise filter [height, width, channels, multiplier] is ONNX's [channels × multiplier, 1, height, width]. */
export function depthwiseWeights(filter: Floats): Constant {
  const [height = 0, width = 0, channels = 0, multiplier = 0] = filter.shape;
  return reshaped(permuted(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

/** Numbers of a batch normalisation, one a channel; without `scale` 1, without `offset` 0. */
export type Normalisation = {
  readonly scale: Float32Array | undefined;
  readonly offset: Float32Array | undefined;
  readonly mean: Float32Array | undefined;
  readonly variance: Float32Array | undefined;
  readonly epsilon: number;
};

/** (x − mean) / √(variance + ε) × scale + offset of the last dimension, as one product and one sum worked out here. */
export function normalise(at: Emitter, value: Value, numbers: Normalisation): Value {
  const { scale, offset, mean, variance, epsilon } = numbers;
  const factor = Float32Array.from(variance ?? [], (spread, i) => (scale?.[i] ?? 1) / Math.sqrt(spread + epsilon));
  const shift = factor.map((by, i) => (offset?.[i] ?? 0) - (mean?.[i] ?? 0) * by);
  const shape = [factor.length];
  const product = at.emit('Mul', [value, at.graph.constant({ kind: 'float', shape, data: factor })], { like: 'float' });
  return at.emit('Add', [product, at.graph.constant({ kind: 'float', shape, data: shift })], { like: 'float' });
}
