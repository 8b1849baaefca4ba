import { z } from 'zod';

import { check, StreamInferError, toWire } from '../../base/index.js';
import { type FeedTensor, float16ToFloat32, type OutputTensor, type TensorFact } from '../onnx/index.js';

/** A data type of the protocol: ONNX Runtime's name for it, and how its little-endian bytes become float32. */
type Datatype = { readonly dtype: string; readonly itemBytes: number; readonly toFloat32: (bytes: ArrayBuffer) => Float32Array };

const numbers = (Numbers: new (bytes: ArrayBuffer) => ArrayLike<number | bigint>) => (bytes: ArrayBuffer): Float32Array => Float32Array.from(new Numbers(bytes), Number);

const DATATYPES: ReadonlyMap<string, Datatype> = new Map([
  ['BOOL', { dtype: 'bool', itemBytes: 1, toFloat32: numbers(Uint8Array) }],
  ['UINT8', { dtype: 'uint8', itemBytes: 1, toFloat32: numbers(Uint8Array) }],
  ['UINT16', { dtype: 'uint16', itemBytes: 2, toFloat32: numbers(Uint16Array) }],
  ['UINT32', { dtype: 'uint32', itemBytes: 4, toFloat32: numbers(Uint32Array) }],
  ['UINT64', { dtype: 'uint64', itemBytes: 8, toFloat32: numbers(BigUint64Array) }],
  ['INT8', { dtype: 'int8', itemBytes: 1, toFloat32: numbers(Int8Array) }],
  ['INT16', { dtype: 'int16', itemBytes: 2, toFloat32: numbers(Int16Array) }],
  ['INT32', { dtype: 'int32', itemBytes: 4, toFloat32: numbers(Int32Array) }],
  ['INT64', { dtype: 'int64', itemBytes: 8, toFloat32: numbers(BigInt64Array) }],
  ['FP16', { dtype: 'float16', itemBytes: 2, toFloat32: (bytes) => float16ToFloat32(new Uint16Array(bytes)) }],
  ['FP32', { dtype: 'float32', itemBytes: 4, toFloat32: (bytes) => new Float32Array(bytes) }],
  ['FP64', { dtype: 'float64', itemBytes: 8, toFloat32: numbers(Float64Array) }],
]);

const DATATYPE_OF: Readonly<Record<FeedTensor['dtype'], string>> = { float32: 'FP32', float16: 'FP16', uint8: 'UINT8', int64: 'INT64' };

/** Numbers from outside of a shape; −1: chosen by the caller. */
const shapeSchema = z.array(z.coerce.number().int().min(-1).max(2 ** 31)).max(16);

const tensorMetadata = z.object({ name: z.string().max(1024), datatype: z.string().max(64), shape: shapeSchema });

/** What servers say of a model; more than this is left aside. */
export const metadataSchema = z.object({
  versions: z.array(z.string()).optional(),
  platform: z.string().optional(),
  inputs: z.array(tensorMetadata).min(1, 'the server does not say which inputs the model has').max(256),
  outputs: z.array(tensorMetadata).min(1, 'the server does not say which outputs the model has').max(256),
});
export type RemoteMetadata = z.output<typeof metadataSchema>;

/** `value` of a server's answer, checked. Throws `REMOTE_ANSWER_INVALID` with the address and each wrong field. */
export function checkAnswer<S extends z.ZodType>(schema: S, url: string, value: unknown): z.output<S> {
  try {
    return check(schema, value);
  } catch (cause) {
    throw new StreamInferError('REMOTE_ANSWER_INVALID', `the answer of ${url} is not what the protocol says: ${toWire(cause).message}`, { cause });
  }
}

/** An output as a server gives it: bytes, or numbers of JSON. */
export type RemoteOutput = { readonly name: string; readonly datatype: string; readonly shape: readonly number[] } & (
  | { readonly bytes: Uint8Array }
  | { readonly values: readonly unknown[] }
);

export function datatypeOf(feed: FeedTensor): string {
  return DATATYPE_OF[feed.dtype];
}

/** A tensor of the metadata as families know them; text tensors are none. */
export function tensorFact({ name, datatype, shape }: RemoteMetadata['inputs'][number]): TensorFact {
  return { name, dtype: DATATYPES.get(datatype)?.dtype ?? 'none', shape: shape.map((side) => (side < 0 ? '' : side)) };
}

/** The numbers of a feed, for servers that take only JSON. */
export function valuesOf({ dtype, data }: FeedTensor): number[] {
  switch (dtype) {
    case 'float32': return Array.from(new Float32Array(data));
    case 'float16': return Array.from(float16ToFloat32(new Uint16Array(data)));
    case 'uint8': return Array.from(new Uint8Array(data));
    case 'int64': return Array.from(new BigInt64Array(data), Number);
  }
}

/** The model's outputs, in its order, of what the server gave. Throws `REMOTE_ANSWER_INVALID`. */
export function outputsOf(wanted: readonly TensorFact[], given: readonly RemoteOutput[]): OutputTensor[] {
  return wanted.map(({ name }) => {
    const output = given.find((candidate) => candidate.name === name);
    if (output === undefined) throw invalid(`no output "${name}"`);
    return outputTensor(output);
  });
}

function outputTensor(output: RemoteOutput): OutputTensor {
  const { name, datatype, shape } = output;
  const type = DATATYPES.get(datatype);
  if (type === undefined) throw invalid(`output "${name}" holds ${datatype}, not numbers`);
  const items = shape.reduce((product, side) => product * side, 1);
  const data = 'bytes' in output ? ofBytes(output, type) : ofValues(output);
  if (data.length !== items) throw invalid(`output "${name}" of the shape [${shape.join(', ')}] holds ${data.length} numbers`);
  return { name, shape, data };
}

function ofBytes({ name, bytes }: RemoteOutput & { readonly bytes: Uint8Array }, { itemBytes, toFloat32 }: Datatype): Float32Array {
  if (bytes.length % itemBytes !== 0) throw invalid(`output "${name}" has ${bytes.length} bytes, which is no whole number of items`);
  // a copy: numbers of several bytes need memory that begins at a multiple of them
  return toFloat32(new Uint8Array(bytes).buffer);
}

function ofValues({ name, values }: RemoteOutput & { readonly values: readonly unknown[] }): Float32Array {
  const flat = values.flat(Infinity);
  if (!flat.every((value) => typeof value === 'number' || typeof value === 'boolean')) throw invalid(`output "${name}" holds what is no number`);
  return Float32Array.from(flat, Number);
}

function invalid(what: string): StreamInferError {
  return new StreamInferError('REMOTE_ANSWER_INVALID', `the server gave ${what}`);
}
