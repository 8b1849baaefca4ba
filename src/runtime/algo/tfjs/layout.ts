import type { Emitter } from './emitter.js';
import type { Value } from './onnx-graph.js';

/** `value` with its channels moved from last to first, as ONNX's picture operators want them. */
export function toNchw(at: Emitter, value: Value): Value {
  return at.emit('Transpose', [value], { like: value, attributes: { perm: [0, 3, 1, 2] } });
}

/** `value` with its channels moved back to the end. */
export function toNhwc(at: Emitter, value: Value): Value {
  return at.emit('Transpose', [value], { like: value, attributes: { perm: [0, 2, 3, 1] } });
}
