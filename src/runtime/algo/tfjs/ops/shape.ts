import type { NodeContext, OpTable } from '../node-context.js';
import type { Value } from '../onnx-graph.js';
import { stridedSlice } from './strided-slice.js';

/** Operations that move numbers or change shapes and compute nothing. */
export const shapeOps: OpTable = {
  Identity: (at) => at.input(0),
  StopGradient: (at) => at.input(0),
  Snapshot: (at) => at.input(0),
  PlaceholderWithDefault: (at) => at.input(0),
  Shape: (at) => at.emit('Shape', [at.input(0)], { like: 'int' }),
  Reshape: (at) => at.emit('Reshape', at.inputs(), { like: at.input(0) }),
  Transpose: (at) => at.emit('Transpose', [at.input(0)], { like: at.input(0), attributes: { perm: at.constantInts(1) } }),
  ExpandDims: (at) => at.emit('Unsqueeze', [at.input(0), at.graph.ints([at.constantInt(1)])], { like: at.input(0) }),
  Squeeze: squeeze,
  ConcatV2: concat,
  Pack: pack,
  Unpack: unpack,
  Split: (at) => split(at, { axis: at.constantInt(0), value: 1, count: at.int('num_split') }),
  SplitV: splitSizes,
  Slice: slice,
  StridedSlice: stridedSlice,
  Pad: (at) => pad(at, 'constant'),
  PadV2: (at) => pad(at, 'constant'),
  MirrorPad: mirrorPad,
  Tile: (at) => at.emit('Tile', at.inputs(), { like: at.input(0) }),
  Fill: (at) => at.emit('Expand', [at.input(1), at.input(0)], { like: at.input(1) }),
  BroadcastTo: (at) => at.emit('Expand', at.inputs(), { like: at.input(0) }),
  GatherV2: gather,
  Range: (at) => at.emit('Range', at.inputs(), { like: at.input(0) }),
  GatherNd: (at) => at.emit('GatherND', at.inputs(), { like: at.input(0) }),
};

function squeeze(at: NodeContext): Value {
  const axes = at.ints('squeeze_dims', at.ints('axis', []));
  return at.emit('Squeeze', axes.length > 0 ? [at.input(0), at.graph.ints(axes)] : [at.input(0)], { like: at.input(0) });
}

/** The last input is the axis. */
function concat(at: NodeContext): Value {
  const values = at.inputs().slice(0, -1);
  return at.emit('Concat', values, { like: at.input(0), attributes: { axis: at.constantInt(at.inputCount - 1) } });
}

function pack(at: NodeContext): Value {
  const axis = at.int('axis', 0);
  const parts = at.inputs().map((value) => at.emit('Unsqueeze', [value, at.graph.ints([axis])], { like: value }));
  return at.emit('Concat', parts, { like: at.input(0), attributes: { axis } });
}

function unpack(at: NodeContext): readonly Value[] {
  const axis = at.int('axis', 0);
  const parts = split(at, { axis, value: 0, count: at.int('num') });
  return parts.map((part) => at.emit('Squeeze', [part, at.graph.ints([axis])], { like: part }));
}

/** Equal parts of the input that `value` tells. */
function split(at: NodeContext, into: { readonly axis: number; readonly value: number; readonly count: number }): readonly Value[] {
  const value = at.input(into.value);
  if (into.count === 1) return [value];
  if (into.count < 1 || into.count > 10_000) throw at.failed(`it splits into ${into.count} parts`);
  const names = at.graph.addSplit('Split', [value.name], { count: into.count, attributes: { axis: into.axis } });
  return names.map((name) => ({ name, kind: value.kind }));
}

function splitSizes(at: NodeContext): readonly Value[] {
  const value = at.input(0);
  const sizes = at.constantInts(1);
  if (sizes.includes(-1)) throw at.unsupported('a part that takes the rest');
  const names = at.graph.addSplit('Split', [value.name, at.graph.ints(sizes)], { count: sizes.length, attributes: { axis: at.constantInt(2) } });
  return names.map((name) => ({ name, kind: value.kind }));
}

/** A size of −1 takes the rest. */
function slice(at: NodeContext): Value {
  const begins = at.constantInts(1);
  const ends = at.constantInts(2).map((size, i) => (size < 0 ? 2 ** 31 - 1 : (begins[i] ?? 0) + size));
  return at.emit('Slice', [at.input(0), at.graph.ints(begins), at.graph.ints(ends)], { like: at.input(0) });
}

function mirrorPad(at: NodeContext): Value {
  const mode = at.text('mode');
  if (mode !== 'REFLECT') throw at.unsupported(`mode ${mode}`);
  return pad(at, 'reflect');
}

/** TensorFlow gives begin and end of each dimension, ONNX all begins, then all ends. */
function pad(at: NodeContext, mode: string): Value {
  const pairs = at.constantInts(1);
  const pads = [...pairs.filter((_, i) => i % 2 === 0), ...pairs.filter((_, i) => i % 2 === 1)];
  const value = at.input(0);
  const filling = at.node.op === 'PadV2' ? [at.input(2)] : [];
  return at.emit('Pad', [value, at.graph.ints(pads), ...filling], { like: value, attributes: { mode } });
}

function gather(at: NodeContext): Value {
  if (at.int('batch_dims', 0) !== 0) throw at.unsupported('batch dimensions');
  return at.emit('Gather', [at.input(0), at.input(1)], { like: at.input(0), attributes: { axis: at.constantInt(2) } });
}
