import { createHash } from 'node:crypto';

import { asStreamInferError, StreamInferError } from '../../base/index.js';
import { convertGraph } from './convert.js';
import { convertLayers } from './layers/convert-layers.js';
import { readPictureMetadata } from './layers/picture-metadata.js';
import { isLayersModel, parseTopology } from './layers/topology.js';
import { parseGraphModel, parseLayersManifest, readModelJson, type WeightsManifest } from './model-json.js';
import type { Constant, OnnxGraph } from './onnx-graph.js';
import { writeOnnx } from './onnx-writer.js';
import { optimise } from './optimise.js';
import { readShards, unpackWeights } from './weights.js';

/** Raised when the same model would give another ONNX file, so that files imported before are not used again. */
const IMPORT_VERSION = 3;

/** A TensorFlow.js model read from its files, not yet unpacked. */
export type TfjsModel = {
  readonly path: string;
  readonly weightsManifest: WeightsManifest;
  /** Bytes of the weight files, a buffer for each group. */
  readonly shards: readonly Buffer[];
  /** Goes into the ONNX file's own. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly convert: (weights: ReadonlyMap<string, Constant>) => OnnxGraph;
  /** Hex digits; the same for the same content imported by the same rules. */
  readonly contentHash: string;
};

type Parsed = Pick<TfjsModel, 'weightsManifest' | 'metadata' | 'convert'>;

/** Reads `model.json` and its weight files. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`. */
export async function readTfjsModel(modelJsonPath: string): Promise<TfjsModel> {
  const json = await readModelJson(modelJsonPath);
  try {
    const parsed = isLayersModel(json) ? await parseLayers(json, modelJsonPath) : parseGraph(json);
    const shards = await readShards(modelJsonPath, parsed.weightsManifest);
    const hash = createHash('sha256').update(`${IMPORT_VERSION}\n${JSON.stringify([json, parsed.metadata])}\n`);
    for (const shard of shards) hash.update(shard);
    return { ...parsed, path: modelJsonPath, shards, contentHash: hash.digest('hex') };
  } catch (cause) {
    throw importError(modelJsonPath, cause);
  }
}

function parseGraph(json: unknown): Parsed {
  const model = parseGraphModel(json);
  return { weightsManifest: model.weightsManifest, metadata: { source_format: 'tfjs-graph-model' }, convert: (weights) => convertGraph(model, weights) };
}

async function parseLayers(json: unknown, path: string): Promise<Parsed> {
  const { modelTopology, weightsManifest } = parseLayersManifest(json);
  const model = parseTopology(modelTopology);
  const metadata = { source_format: 'tfjs-layers-model', ...(await readPictureMetadata(path)) };
  return { weightsManifest, metadata, convert: (weights) => convertLayers(model, weights) };
}

/** The bytes of an `.onnx` file with the same inputs and outputs. Throws `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`. */
export function convertTfjsModel(source: TfjsModel): Uint8Array {
  try {
    const weights = unpackWeights(source.weightsManifest, source.shards);
    return writeOnnx(optimise(source.convert(weights)), source.metadata);
  } catch (cause) {
    throw importError(source.path, cause);
  }
}

/**
 * A TensorFlow.js graph or layers model (`model.json` with its weight files beside it) as the bytes of an `.onnx` file,
 * channels last as the original has them. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED` for what is broken and
 * `MODEL_UNSUPPORTED` naming the operations or layers that have no translation here.
 */
export async function importTfjsModel(modelJsonPath: string): Promise<Uint8Array> {
  return convertTfjsModel(await readTfjsModel(modelJsonPath));
}

function importError(path: string, cause: unknown): StreamInferError {
  const { code, message } = asStreamInferError(cause, 'MODEL_LOAD_FAILED');
  return new StreamInferError(code, `import ${path}: ${message}`, { cause });
}
