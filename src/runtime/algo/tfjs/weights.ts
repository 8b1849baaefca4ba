import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';

import { StreamInferError } from '../../base/index.js';
import type { WeightEntry, WeightsManifest } from './model-json.js';
import type { Constant } from './onnx-graph.js';

/** Most bytes of weights, files and unpacked numbers alike: an ONNX file cannot hold more than 2 GiB. */
const MAX_WEIGHT_BYTES = 2 ** 30;

const STORED_BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

/**
 * The bytes of a model's weight files, a buffer for each group of the manifest. Files are looked for in the folder of
 * `modelPath` and nowhere else. Throws `MODEL_LOAD_FAILED` where one is missing or outside.
 */
export async function readShards(modelPath: string, manifest: WeightsManifest): Promise<readonly Buffer[]> {
  const groups = manifest.map((group) => group.paths.map((path) => insideFolder(dirname(modelPath), path)));
  const sizes = await Promise.all(groups.flat().map(fileBytes));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > MAX_WEIGHT_BYTES) throw failed(`its weight files have ${total} bytes, at most ${MAX_WEIGHT_BYTES} are read`);
  return Promise.all(groups.map(async (files) => Buffer.concat(await Promise.all(files.map((file) => readFile(file))))));
}

/** All weights by name, unpacked (float16 and quantised ones too). Throws `MODEL_LOAD_FAILED` where `shards` are too short. */
export function unpackWeights(manifest: WeightsManifest, shards: readonly Buffer[]): ReadonlyMap<string, Constant> {
  const unpackedBytes = manifest.flatMap((group) => group.weights).reduce((sum, entry) => sum + elementCount(entry) * 4, 0);
  if (unpackedBytes > MAX_WEIGHT_BYTES) throw failed(`its weights take ${unpackedBytes} bytes, at most ${MAX_WEIGHT_BYTES} are read`);
  const weights = new Map<string, Constant>();
  manifest.forEach((group, i) => {
    const bytes = shards[i] ?? Buffer.alloc(0);
    let offset = 0;
    for (const entry of group.weights) {
      const end = offset + storedBytes(entry);
      if (end > bytes.length) {
        throw failed(`its weights are cut off: ${entry.name} ends at byte ${end}, ${group.paths.join(', ')} at ${bytes.length}`);
      }
      weights.set(entry.name, unpack(entry, bytes.subarray(offset, end)));
      offset = end;
    }
  });
  return weights;
}

function insideFolder(folder: string, path: string): string {
  const relative = normalize(path);
  if (isAbsolute(relative) || relative === '..' || relative.startsWith(`..${sep}`) || /^[a-z]+:|\\|\0/i.test(path)) {
    throw failed(`weight file ${path} is not inside the model's folder`);
  }
  return join(folder, relative);
}

async function fileBytes(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new StreamInferError('MODEL_LOAD_FAILED', `weight file ${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
  if (!found.isFile()) throw failed(`weight file ${file} is not a file`);
  return found.size;
}

function elementCount(entry: WeightEntry): number {
  const count = entry.shape.reduce((product, side) => product * side, 1);
  if (count * 4 > MAX_WEIGHT_BYTES) throw failed(`weight ${entry.name} of shape [${entry.shape.join(', ')}] is too big`);
  return count;
}

function storedBytes(entry: WeightEntry): number {
  const bytes = STORED_BYTES[entry.quantization?.dtype ?? entry.dtype];
  if (bytes !== undefined) return bytes * elementCount(entry);
  throw new StreamInferError('MODEL_UNSUPPORTED', `weight ${entry.name} is stored as ${entry.quantization?.dtype ?? entry.dtype}`);
}

function unpack(entry: WeightEntry, bytes: Uint8Array): Constant {
  /** A copy of its own: an offset in a shard need not fit the alignment of wider numbers. */
  const { buffer } = Uint8Array.from(bytes);
  const { shape, dtype, quantization } = entry;
  if (quantization) {
    const data = dequantised(quantization, buffer);
    return dtype === 'int32' ? { kind: 'int', shape, data: Int32Array.from(data, Math.round) } : { kind: 'float', shape, data };
  }
  switch (dtype) {
    case 'float32':
      return { kind: 'float', shape, data: new Float32Array(buffer) };
    case 'int32':
      return { kind: 'int', shape, data: new Int32Array(buffer) };
    case 'float16':
      return { kind: 'float', shape, data: Float32Array.from(new Uint16Array(buffer), halfToFloat) };
    case 'bool':
      return { kind: 'bool', shape, data: new Uint8Array(buffer) };
    case 'uint8':
      return { kind: 'uint8', shape, data: new Uint8Array(buffer) };
    default:
      throw new StreamInferError('MODEL_UNSUPPORTED', `weight ${entry.name} is stored as ${dtype}`);
  }
}

function dequantised(quantization: NonNullable<WeightEntry['quantization']>, buffer: ArrayBuffer): Float32Array {
  const { scale = 1, min = 0 } = quantization;
  switch (quantization.dtype) {
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case 'uint8':
      return Float32Array.from(new Uint8Array(buffer), (value) => value * scale + min);
    case 'uint16':
      return Float32Array.from(new Uint16Array(buffer), (value) => value * scale + min);
    default:
      throw new StreamInferError('MODEL_UNSUPPORTED', `weights quantised as ${quantization.dtype}`);
  }
}

/** IEEE 754 binary16 in the low 16 bits of `bits` as a number. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function failed(reason: string): StreamInferError {
  return new StreamInferError('MODEL_LOAD_FAILED', reason);
}
