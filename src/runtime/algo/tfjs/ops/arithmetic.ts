import { elementType } from '../onnx-writer.js';
import type { NodeContext, OpConverter, OpTable } from '../node-context.js';
import type { DataKind, Value } from '../onnx-graph.js';
import { activate } from './activation.js';

/** Operations of any number of inputs whose ONNX operator means the same, and gives the kind of its first input. */
const ELEMENTWISE: Readonly<Record<string, string>> = {
  Add: 'Add', AddV2: 'Add', AddN: 'Sum', Sub: 'Sub', Mul: 'Mul', Maximum: 'Max', Minimum: 'Min', Pow: 'Pow',
  Abs: 'Abs', Neg: 'Neg', Sign: 'Sign', Exp: 'Exp', Log: 'Log', Sqrt: 'Sqrt', Reciprocal: 'Reciprocal', Erf: 'Erf',
  Floor: 'Floor', Ceil: 'Ceil', Round: 'Round', Sin: 'Sin', Cos: 'Cos',
};

const COMPARISONS: Readonly<Record<string, string>> = {
  Equal: 'Equal', Less: 'Less', LessEqual: 'LessOrEqual', Greater: 'Greater', GreaterEqual: 'GreaterOrEqual',
  LogicalAnd: 'And', LogicalOr: 'Or', LogicalNot: 'Not',
};

/** Arithmetic number by number, comparisons, choices, casts and matrix products. */
export const arithmeticOps: OpTable = {
  ...sameMeaning(ELEMENTWISE),
  ...sameMeaning(COMPARISONS, 'bool'),
  RealDiv: (at) => at.emit('Div', at.inputs(), { like: at.input(0) }),
  Div: (at) => at.emit('Div', at.inputs(), { like: at.input(0) }),
  FloorDiv: floorDivision,
  FloorMod: floorModulo,
  Square: (at) => square(at, at.input(0)),
  SquaredDifference: (at) => square(at, at.emit('Sub', at.inputs(), { like: at.input(0) })),
  Rsqrt: (at) => at.emit('Reciprocal', [at.emit('Sqrt', [at.input(0)], { like: 'float' })], { like: 'float' }),
  Log1p: (at) => at.emit('Log', [at.emit('Add', [at.input(0), at.graph.float(1)], { like: 'float' })], { like: 'float' }),
  NotEqual: (at) => at.emit('Not', [at.emit('Equal', at.inputs(), { like: 'bool' })], { like: 'bool' }),
  ClipByValue: (at) => at.emit('Clip', at.inputs(), { like: at.input(0) }),
  Select: choice,
  SelectV2: choice,
  Cast: (at) => cast(at, at.input(0), at.kind('DstT')),
  MatMul: matrixProduct,
  _FusedMatMul: matrixProduct,
  BatchMatMul: batchProduct,
  BatchMatMulV2: batchProduct,
};

function sameMeaning(table: Readonly<Record<string, string>>, kind?: DataKind): OpTable {
  const converter = (op: string): OpConverter => (at) => at.emit(op, at.inputs(), { like: kind ?? at.input(0) });
  return Object.fromEntries(Object.entries(table).map(([name, op]) => [name, converter(op)]));
}

/** `value` as numbers of another kind. */
export function cast(at: NodeContext, value: Value, kind: DataKind): Value {
  return kind === value.kind ? value : at.emit('Cast', [value], { like: kind, attributes: { to: elementType(kind) } });
}

/** Rounded down, also where ONNX's whole-number division rounds towards zero: (a − a mod b) / b leaves no rest. */
function floorDivision(at: NodeContext): Value {
  const [a, b] = [at.input(0), at.input(1)];
  if (a.kind === 'float') return at.emit('Floor', [at.emit('Div', [a, b], { like: a })], { like: a });
  const rest = at.emit('Mod', [a, b], { like: a });
  return at.emit('Div', [at.emit('Sub', [a, rest], { like: a }), b], { like: a });
}

/** With the sign of the divisor: what ONNX's Mod does for whole numbers, and does not for floats. */
function floorModulo(at: NodeContext): Value {
  const [a, b] = [at.input(0), at.input(1)];
  if (a.kind !== 'float') return at.emit('Mod', [a, b], { like: a });
  const whole = at.emit('Floor', [at.emit('Div', [a, b], { like: a })], { like: a });
  return at.emit('Sub', [a, at.emit('Mul', [whole, b], { like: a })], { like: a });
}

function square(at: NodeContext, value: Value): Value {
  return at.emit('Mul', [value, value], { like: value });
}

function choice(at: NodeContext): Value {
  return at.emit('Where', at.inputs(), { like: at.input(1) });
}

function matrixProduct(at: NodeContext): Value {
  const side = (index: number, flag: string): Value => {
    const value = at.input(index);
    return at.bool(flag) ? at.emit('Transpose', [value], { like: value, attributes: { perm: [1, 0] } }) : value;
  };
  let value = at.emit('MatMul', [side(0, 'transpose_a'), side(1, 'transpose_b')], { like: 'float' });
  for (const name of at.texts('fused_ops')) {
    if (name === 'BiasAdd') value = at.emit('Add', [value, at.input(2)], { like: value });
    else if (name === 'Prelu') value = at.emit('PRelu', [value, at.input(3)], { like: value });
    else value = activate(at, value, { name, slope: at.float('leakyrelu_alpha', 0.2) });
  }
  return value;
}

function batchProduct(at: NodeContext): Value {
  if (at.bool('adj_x') || at.bool('adj_y')) throw at.unsupported('a transposed factor');
  return at.emit('MatMul', at.inputs(), { like: at.input(0) });
}
