import { createHash } from 'node:crypto';

import { asStreamInferError, StreamInferError } from '../../base/index.js';
import { convertGraph } from './convert.js';
import { type GraphModel, parseGraphModel, readModelJson } from './model-json.js';
import { writeOnnx } from './onnx-writer.js';
import { optimise } from './optimise.js';
import { readShards, unpackWeights } from './weights.js';

/** Raised when the same model would give another ONNX file, so that files imported before are not used again. */
const IMPORT_VERSION = 2;

/** A TensorFlow.js graph model read from its files, not yet unpacked. */
export type TfjsModel = {
  readonly path: string;
  readonly model: GraphModel;
  /** Bytes of the weight files, a buffer for each group. */
  readonly shards: readonly Buffer[];
  /** Hex digits; the same for the same content imported by the same rules. */
  readonly contentHash: string;
};

/** Reads `model.json` and its weight files. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`. */
export async function readTfjsModel(modelJsonPath: string): Promise<TfjsModel> {
  const json = await readModelJson(modelJsonPath);
  try {
    const model = parseGraphModel(json);
    const shards = await readShards(modelJsonPath, model.weightsManifest);
    const hash = createHash('sha256').update(`${IMPORT_VERSION}\n${JSON.stringify(json)}\n`);
    for (const shard of shards) hash.update(shard);
    return { path: modelJsonPath, model, shards, contentHash: hash.digest('hex') };
  } catch (cause) {
    throw importError(modelJsonPath, cause);
  }
}

/** The bytes of an `.onnx` file with the same inputs and outputs. Throws `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`. */
export function convertTfjsModel(source: TfjsModel): Uint8Array {
  try {
    const weights = unpackWeights(source.model.weightsManifest, source.shards);
    return writeOnnx(optimise(convertGraph(source.model, weights)), { source_format: 'tfjs-graph-model' });
  } catch (cause) {
    throw importError(source.path, cause);
  }
}

/**
 * A TensorFlow.js graph model (`model.json` with its weight files beside it) as the bytes of an `.onnx` file, channels
 * last as the original has them. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED` for what is broken and
 * `MODEL_UNSUPPORTED` naming the operations (control flow, NMS in the graph) that have no translation here.
 */
export async function importTfjsGraphModel(modelJsonPath: string): Promise<Uint8Array> {
  return convertTfjsModel(await readTfjsModel(modelJsonPath));
}

function importError(path: string, cause: unknown): StreamInferError {
  const { code, message } = asStreamInferError(cause, 'MODEL_LOAD_FAILED');
  return new StreamInferError(code, `import ${path}: ${message}`, { cause });
}
