import type { Emitter } from '../emitter.js';
import type { NodeContext, OpTable } from '../node-context.js';
import type { Value } from '../onnx-graph.js';

/** TensorFlow's operations of one input whose ONNX operator has the same meaning. */
const SAME_MEANING: Readonly<Record<string, string>> = {
  Relu: 'Relu', Elu: 'Elu', Selu: 'Selu', Sigmoid: 'Sigmoid', Tanh: 'Tanh', Softplus: 'Softplus', Softsign: 'Softsign',
};

/** Activations that stand alone and that convolutions and matrix products carry fused. */
export const activationOps: OpTable = {
  ...Object.fromEntries(Object.keys(SAME_MEANING).map((name) => [name, (at: NodeContext) => activate(at, at.input(0), { name })])),
  Relu6: (at) => activate(at, at.input(0), { name: 'Relu6' }),
  LeakyRelu: (at) => activate(at, at.input(0), { name: 'LeakyRelu', slope: at.float('alpha', 0.2) }),
  Prelu: (at) => at.emit('PRelu', at.inputs(), { like: 'float' }),
  Softmax: (at) => at.emit('Softmax', [at.input(0)], { like: 'float', attributes: { axis: -1 } }),
  LogSoftmax: (at) => at.emit('LogSoftmax', [at.input(0)], { like: 'float', attributes: { axis: -1 } }),
};

/** `value` through the activation of that name; `slope` is LeakyRelu's, 0.2 where absent. */
export function activate(at: Emitter, value: Value, activation: { readonly name: string; readonly slope?: number }): Value {
  const { name, slope = 0.2 } = activation;
  if (name === 'Relu6') return at.emit('Clip', [value, at.graph.float(0), at.graph.float(6)], { like: value });
  if (name === 'LeakyRelu') return at.emit('LeakyRelu', [value], { like: value, attributes: { alpha: { float: slope } } });
  const op = SAME_MEANING[name];
  if (op === undefined) throw at.unsupported(`activation ${name}`);
  return at.emit(op, [value], { like: value });
}
