import type { Constant } from './onnx-graph.js';

/** Weights of floats. */
export type Floats = Constant & { readonly kind: 'float' };

/** `constant` with its dimensions in another order: dimension i of the result is dimension `order[i]` of `constant`. */
export function permuted(constant: Floats, order: readonly number[]): Floats {
  const shape = order.map((axis) => constant.shape[axis] ?? 1);
  const steps = order.map((axis) => constant.shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const data = new Float32Array(constant.data.length);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to += 1) {
    data[to] = constant.data[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = (index[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      if ((index[axis] ?? 0) < (shape[axis] ?? 1)) break;
      from -= (shape[axis] ?? 1) * (steps[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return { kind: 'float', shape, data };
}

/** The same numbers under another shape. */
export function reshaped(constant: Floats, shape: readonly number[]): Floats {
  return { ...constant, shape };
}
