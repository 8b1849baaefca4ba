import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Weights of a model made by hand: floats, or whole numbers with `dtype`. */
export type Weight = { shape: number[]; data: number[]; dtype?: 'float32' | 'int32' | 'bool'; quantization?: { dtype: string; scale?: number; min?: number } };

export type HandMade = {
  nodes: object[];
  weights?: Record<string, Weight>;
  /** Laid over the finished JSON. */
  json?: object;
};

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own under the system's temporary one, gone when the tests end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stream-infer-test-'));
  folders.push(folder);
  return folder;
}

/** Writes `model.json` and `weights.bin` and gives the path of the first. */
export async function writeTfjsModel(model: HandMade): Promise<string> {
  const folder = await temporaryFolder();
  const weights = Object.entries(model.weights ?? {});
  const entries = weights.map(([name, { shape, dtype = 'float32', quantization }]) => ({ name, shape, dtype, ...(quantization && { quantization }) }));
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(weights.map(([, weight]) => weightBytes(weight))));
  const json = {
    format: 'graph-model',
    modelTopology: { node: [...weights.map(([name]) => ({ name, op: 'Const' })), ...model.nodes] },
    weightsManifest: [{ paths: ['weights.bin'], weights: entries }],
    ...model.json,
  };
  const path = join(folder, 'model.json');
  await writeFile(path, JSON.stringify(json));
  return path;
}

function weightBytes({ data, dtype = 'float32', quantization }: Weight): Buffer {
  const stored = quantization?.dtype ?? dtype;
  const make = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array, float16: Uint16Array }[stored];
  if (make === undefined) return Buffer.alloc(data.length);
  return Buffer.from(make.from(data).buffer);
}

/** A float input of that shape. */
export function placeholder(name: string, shape: number[], dtype = 'DT_FLOAT'): object {
  return { name, op: 'Placeholder', attr: { dtype: { type: dtype }, shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } } };
}

/** Attributes as TensorFlow.js writes them. */
export const attr = {
  ints: (...values: number[]): object => ({ list: { i: values.map(String) } }),
  int: (value: number): object => ({ i: String(value) }),
  text: (value: string): object => ({ s: Buffer.from(value).toString('base64') }),
  texts: (...values: string[]): object => ({ list: { s: values.map((value) => Buffer.from(value).toString('base64')) } }),
  bool: (value: boolean): object => ({ b: value }),
  float: (value: number): object => ({ f: value }),
  type: (value: string): object => ({ type: value }),
};

/** Runs an ONNX model on floats, or on bytes; outputs as plain numbers. */
export async function runOnnx(bytes: Uint8Array, feeds: Record<string, { shape: number[]; data: Float32Array | Uint8Array }>): Promise<Record<string, { shape: readonly number[]; data: number[] }>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 2, logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [name, data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape)] as const);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, { shape: tensor.dims, data: Array.from(tensor.data as Float32Array, Number) }]));
}

/** Numbers that look random and are the same every time, whole ones from 0 to `limit`. */
export function pseudoRandom(count: number, limit: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * (limit + 1));
  });
}

/** A layers model of Keras made by hand: `topology` is its outermost layer. */
export type HandMadeLayers = {
  topology: object;
  weights?: Record<string, Weight>;
  /** What lies beside it as `metadata.json`; a text as it is. */
  metadata?: unknown;
};

/** Writes `model.json`, `weights.bin` and `metadata.json` as TensorFlow.js and Teachable Machine do, and gives the path of the first. */
export async function writeLayersModel({ topology, weights = {}, metadata }: HandMadeLayers): Promise<string> {
  const path = await writeTfjsModel({ nodes: [], weights, json: { format: undefined, modelTopology: topology } });
  if (metadata !== undefined) await writeFile(join(path, '..', 'metadata.json'), typeof metadata === 'string' ? metadata : JSON.stringify(metadata));
  return path;
}

/** One layer as Keras writes it. */
export function layer(className: string, name: string, config: object = {}): object {
  return { class_name: className, config: { name, ...config } };
}

/** A layer of a functional model, applied to the first outputs of these. */
export function applied(to: string[], ...[className, name, config]: Parameters<typeof layer>): object {
  return { ...layer(className, name, config), name, inbound_nodes: [to.map((input) => [input, 0, 0, {}])] };
}

export function inputLayer(name: string, shape: (number | null)[]): object {
  return { ...layer('InputLayer', name, { batch_input_shape: shape }), name, inbound_nodes: [] };
}

export function sequential(name: string, ...layers: object[]): object {
  return layer('Sequential', name, { layers });
}

/** A functional model from its first layer to its last. */
export function functional(name: string, ...layers: object[]): object {
  const named = layers as { name: string }[];
  return layer('Model', name, { layers, input_layers: [[named[0]?.name, 0, 0]], output_layers: [[named.at(-1)?.name, 0, 0]] });
}
