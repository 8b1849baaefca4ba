import type { NodeContext, OpConverter, OpTable } from '../node-context.js';
import type { Value } from '../onnx-graph.js';

/** Operations that take many numbers together, and those that pick the largest. */
export const reduceOps: OpTable = {
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  Sum: (at) => at.emit('ReduceSum', [at.input(0), at.graph.ints(at.constantInts(1))], { like: at.input(0), attributes: { keepdims: keepDims(at) } }),
  ArgMax: (at) => extreme(at, 'ArgMax'),
  ArgMin: (at) => extreme(at, 'ArgMin'),
  TopKV2: topK,
};

/** In opset 13 the axes of every reduction but ReduceSum are an attribute. */
function reduction(op: string): OpConverter {
  return (at) => at.emit(op, [at.input(0)], { like: at.input(0), attributes: { axes: at.constantInts(1), keepdims: keepDims(at) } });
}

function keepDims(at: NodeContext): number {
  return at.bool('keep_dims') ? 1 : 0;
}

function extreme(at: NodeContext, op: string): Value {
  return at.emit(op, [at.input(0)], { like: 'int', attributes: { axis: at.constantInt(1), keepdims: 0 } });
}

function topK(at: NodeContext): readonly Value[] {
  const count = at.emit('Reshape', [at.input(1), at.graph.ints([1])], { like: 'int' });
  const [values = '', indices = ''] = at.graph.addSplit('TopK', [at.input(0).name, count.name], { count: 2 });
  return [
    { name: values, kind: at.input(0).kind },
    { name: indices, kind: 'int' },
  ];
}
