import type { Emitter } from '../../emitter.js';
import type { Value } from '../../onnx-graph.js';
import { activate as activateTf } from '../../ops/activation.js';
import type { LayerContext, LayerTable } from '../layer-context.js';

type Activation = (at: Emitter, value: Value) => Value;

const tf = (name: string): Activation => (at, value) => activateTf(at, value, { name });
const unary = (op: string, attributes = {}): Activation => (at, value) => at.emit(op, [value], { like: value, attributes });
const timesSigmoid: Activation = (at, value) => at.emit('Mul', [value, at.emit('Sigmoid', [value], { like: value })], { like: value });

/** Keras' activations, without case and underscores: TensorFlow.js writes `hardSigmoid` for `hard_sigmoid`. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, value) => value,
  relu: tf('Relu'),
  relu6: tf('Relu6'),
  elu: tf('Elu'),
  selu: tf('Selu'),
  sigmoid: tf('Sigmoid'),
  tanh: tf('Tanh'),
  softplus: tf('Softplus'),
  softsign: tf('Softsign'),
  softmax: unary('Softmax', { axis: -1 }),
  logsoftmax: unary('LogSoftmax', { axis: -1 }),
  hardsigmoid: unary('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  swish: timesSigmoid,
  silu: timesSigmoid,
};

/** Layers that only are an activation. */
export const activationLayers: LayerTable = {
  Activation: (at) => activate(at, at.input),
  ReLU: relu,
  LeakyReLU: (at) => activateTf(at, at.input, { name: 'LeakyRelu', slope: at.number('alpha', 0.3) }),
  PReLU: (at) => at.emit('PRelu', [at.input, at.graph.constant(at.weight('alpha'))], { like: 'float' }),
  ELU: (at) => at.emit('Elu', [at.input], { like: 'float', attributes: { alpha: { float: at.number('alpha', 1) } } }),
  Softmax: (at) => at.emit('Softmax', [at.input], { like: 'float', attributes: { axis: at.number('axis', -1) } }),
};

/** `value` through the activation that the layer names; none: as it is. */
export function activate(at: LayerContext, value: Value): Value {
  const name = at.text('activation', 'linear');
  const key = name.toLowerCase().replaceAll('_', '');
  const activation = Object.hasOwn(ACTIVATIONS, key) ? ACTIVATIONS[key] : undefined;
  if (!activation) throw at.unsupported(`activation ${name}`);
  return activation(at, value);
}

/** `x` above the threshold, below it `slope × (x − threshold)`; nothing above `max_value`. */
function relu(at: LayerContext): Value {
  const slope = at.number('negative_slope', 0);
  const threshold = at.number('threshold', 0);
  const max = at.setting('max_value') === undefined ? undefined : at.number('max_value');
  if (threshold === 0 && slope === 0) return max === undefined ? tf('Relu')(at, at.input) : at.emit('Clip', [at.input, at.graph.float(0), at.graph.float(max)], { like: 'float' });
  const above = at.emit('GreaterOrEqual', [at.input, at.graph.float(threshold)], { like: 'bool' });
  const below = at.emit('Mul', [at.emit('Sub', [at.input, at.graph.float(threshold)], { like: 'float' }), at.graph.float(slope)], { like: 'float' });
  const value = at.emit('Where', [above, at.input, below], { like: 'float' });
  return max === undefined ? value : at.emit('Min', [value, at.graph.float(max)], { like: 'float' });
}
