import type { Constant, OnnxGraph, OnnxNode } from '../../../dist/runtime/algo/tfjs/onnx-graph.js';
import { writeOnnx } from '../../../dist/runtime/algo/tfjs/onnx-writer.js';

/** A model that asks for too much, or for what cannot be. */
export type HostileModel = { readonly name: string; readonly bytes: Uint8Array };

type Shape = readonly (number | string)[];
type Port = OnnxGraph['inputs'][number];

const float = (name: string, shape: Shape): Port => ({ name, kind: 'float', shape });
const constant = (...shape: readonly number[]): Constant => ({ kind: 'float', shape, data: Float32Array.of(0) });
const PICTURE = float('x', [1, 3, 8, 8]);

function node(op: string, inputs: readonly string[], output: string): OnnxNode {
  return { op, inputs, outputs: [output], attributes: {} };
}

function graph(parts: Partial<OnnxGraph>): OnnxGraph {
  return { nodes: [], constants: new Map(), inputs: [PICTURE], outputs: [float('y', [1, 8])], ...parts };
}

function ints(...values: readonly number[]): Constant {
  return { kind: 'int', shape: [values.length], data: Int32Array.from(values) };
}

/** Makes a tensor of that shape out of nothing in each run, a number of the picture in each place. */
function filled(shape: readonly number[], sides: Shape): OnnxGraph {
  return graph({
    constants: new Map([['shape', ints(...shape)]]),
    nodes: [{ ...node('ReduceMax', ['x'], 'most'), attributes: { keepdims: 0 } }, node('Expand', ['most', 'shape'], 'y')],
    outputs: [float('y', sides)],
  });
}

/** A model that holds a tensor of that shape in each run, made of its picture so that nothing of it is done before; its answer is a picture like the one it got. */
export function memoryEater(shape: readonly number[]): Uint8Array {
  return writeOnnx(graph({
    constants: new Map([['shape', ints(...shape)]]),
    nodes: [
      { ...node('ReduceMax', ['x'], 'most'), attributes: { keepdims: 0 } }, node('Expand', ['most', 'shape'], 'large'),
      { ...node('ReduceMean', ['large'], 'mean'), attributes: { keepdims: 0 } }, node('Add', ['x', 'mean'], 'y'),
    ],
    outputs: [PICTURE].map((port) => ({ ...port, name: 'y' })),
  }), {});
}

/** Boxes in the layout of YOLOv8 (`[1, 84, places]`), each of them as sure as the whitest pixel of the picture. */
export function boxes(places: number): Uint8Array {
  return writeOnnx(filled([1, 84, places], [1, 84, 'places']), { task: 'detect' });
}

/** A classifier of so many classes. */
export function classifier(classes: number): Uint8Array {
  return writeOnnx(filled([1, classes], [1, classes]), { task: 'classify' });
}

const big = 2 ** 31 - 1;

/** Each writes one thing that no honest model has. */
const GRAPHS: Readonly<Record<string, () => OnnxGraph>> = {
  'an initializer that says it is huge': () => graph({ constants: new Map([['w', constant(big, big)]]), nodes: [node('MatMul', ['x', 'w'], 'y')] }),
  'an initializer whose size overflows 64 bits': () => graph({ constants: new Map([['w', constant(2 ** 32, 2 ** 32)]]), nodes: [node('Add', ['x', 'w'], 'y')] }),
  'an initializer with negative sides': () => graph({ constants: new Map([['w', constant(-1, -4)]]), nodes: [node('Add', ['x', 'w'], 'y')] }),
  'an initializer with too few bytes': () => graph({ constants: new Map([['w', constant(1, 3, 8, 8)]]), nodes: [node('Add', ['x', 'w'], 'y')] }),
  'a circle': () => graph({ nodes: [node('Add', ['x', 'b'], 'a'), node('Add', ['a', 'a'], 'b'), node('Identity', ['b'], 'y')] }),
  'a node that takes its own output': () => graph({ nodes: [node('Add', ['x', 'y'], 'y')] }),
  'two nodes of one output': () => graph({ nodes: [node('Identity', ['x'], 'y'), node('Identity', ['x'], 'y')] }),
  'an unknown operator': () => graph({ nodes: [node('Explode', ['x'], 'y')] }),
  'an operator of wrong types': () => graph({ constants: new Map([['w', { kind: 'bool', shape: [1], data: Uint8Array.of(1) }]]), nodes: [node('MatMul', ['x', 'w'], 'y')] }),
  'an input of negative sides': () => graph({ inputs: [float('x', [1, 3, -8, -8])], nodes: [node('Identity', ['x'], 'y')] }),
  'an input of giant sides': () => graph({ inputs: [float('x', [1, 3, 2 ** 40, 2 ** 40])], nodes: [node('Identity', ['x'], 'y')] }),
  'an input of no sides': () => graph({ inputs: [float('x', [])], nodes: [node('Identity', ['x'], 'y')] }),
  'an input of 1000 sides': () => graph({ inputs: [float('x', Array.from({ length: 1000 }, () => 1))], nodes: [node('Identity', ['x'], 'y')], outputs: [float('y', Array.from({ length: 1000 }, () => 1))] }),
  'outputs by the ten thousand': () => graph({ nodes: Array.from({ length: 10_000 }, (_, i) => node('Identity', ['x'], `y${String(i)}`)), outputs: Array.from({ length: 10_000 }, (_, i) => float(`y${String(i)}`, [1, 3, 8, 8])) }),
  'a million outputs': () => graph({ outputs: Array.from({ length: 1_000_000 }, (_, i) => float(`y${String(i)}`, [1, 3, 8, 8])) }),
  'inputs by the thousand': () => graph({ inputs: Array.from({ length: 5000 }, (_, i) => float(`x${String(i)}`, [1, 3, 8, 8])), nodes: [node('Identity', ['x0'], 'y')] }),
  'an output of 50 thousand million numbers': () => graph({ constants: new Map([['repeats', ints(1, 1, 2 ** 14, 2 ** 14)]]), nodes: [node('Tile', ['x', 'repeats'], 'y')], outputs: [float('y', ['a', 'b', 'c', 'd'])] }),
  'a chain of a hundred thousand nodes': () => graph({ nodes: Array.from({ length: 100_001 }, (_, i) => node('Identity', [i === 0 ? 'x' : `n${String(i - 1)}`], i === 100_000 ? 'y' : `n${String(i)}`)) }),
};

/** Models that no honest program writes; the runtime, or what stands before it, refuses each. */
export function hostileModels(): HostileModel[] {
  return Object.entries(GRAPHS).map(([name, make]) => ({ name, bytes: writeOnnx(make(), {}) }));
}
