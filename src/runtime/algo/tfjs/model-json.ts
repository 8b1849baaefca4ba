import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';

import { check, StreamInferError } from '../../base/index.js';

const MAX_JSON_BYTES = 128 * 2 ** 20;

const dimSchema = z.array(z.object({ size: z.union([z.string(), z.number()]).optional() }));
const tensorShapeSchema = z.object({ dim: dimSchema.default([]), unknownRank: z.boolean().optional() });

/** An attribute of a node: one of these fields is there. Numbers come as text too, text in base64. */
const attributeSchema = z.object({
  i: z.union([z.string(), z.number()]).optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  s: z.string().optional(),
  type: z.union([z.string(), z.number()]).optional(),
  shape: tensorShapeSchema.optional(),
  list: z
    .object({ i: z.array(z.union([z.string(), z.number()])).optional(), s: z.array(z.string()).optional() })
    .optional(),
});
export type TfAttribute = z.output<typeof attributeSchema>;

const nodeSchema = z.object({
  name: z.string().min(1),
  op: z.string().min(1),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attributeSchema).default({}),
});
/** One operation of the graph. An input is `name`, `name:OUTPUT` or `^name` (order only). */
export type TfNode = z.output<typeof nodeSchema>;

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)).max(16),
  dtype: z.string(),
  quantization: z.object({ dtype: z.string(), scale: z.number().optional(), min: z.number().optional() }).optional(),
});
export type WeightEntry = z.output<typeof weightSchema>;

const manifestSchema = z.array(z.object({ paths: z.array(z.string().min(1)), weights: z.array(weightSchema) }));
/** Groups of weights; a group's files are read one after another as one. */
export type WeightsManifest = z.output<typeof manifestSchema>;

const portSchema = z.object({ name: z.string(), dtype: z.string().optional(), tensorShape: tensorShapeSchema.optional() });
const signatureSchema = z.object({
  inputs: z.record(z.string(), portSchema).optional(),
  outputs: z.record(z.string(), portSchema).optional(),
});
export type Signature = z.output<typeof signatureSchema>;

const graphModelSchema = z.object({
  modelTopology: z.object({ node: z.array(nodeSchema).min(1) }),
  weightsManifest: manifestSchema,
  signature: signatureSchema.optional(),
  userDefinedMetadata: z.object({ signature: signatureSchema.optional() }).optional(),
});

export type GraphModel = {
  readonly nodes: readonly TfNode[];
  readonly weightsManifest: WeightsManifest;
  readonly signature: Signature;
};

/** Whether parsed JSON looks like TensorFlow.js': a topology and a list of weights. */
export function isTfjsModel(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'modelTopology' in json && 'weightsManifest' in json;
}

/** The JSON of `path`, parsed. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`. */
export async function readModelJson(path: string): Promise<unknown> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new StreamInferError('MODEL_NOT_FOUND', `no model at ${path}`, { cause });
  });
  if (!found.isFile()) throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is not a file`);
  if (found.size > MAX_JSON_BYTES) {
    throw new StreamInferError('MODEL_LOAD_FAILED', `${path} has ${found.size} bytes, more than a model.json may have`);
  }
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Checks that `json` is a TensorFlow.js graph model. Throws `MODEL_LOAD_FAILED` naming the field, `MODEL_UNSUPPORTED` for a layers model. */
export function parseGraphModel(json: unknown): GraphModel {
  if (isLayersModel(json)) {
    throw new StreamInferError(
      'MODEL_UNSUPPORTED',
      'a TensorFlow.js layers model (Keras, Teachable Machine): convert it to a graph model with tensorflowjs_converter --output_format=tfjs_graph_model, or to ONNX',
    );
  }
  if (!isTfjsModel(json)) {
    throw new StreamInferError('MODEL_LOAD_FAILED', 'not a TensorFlow.js model: modelTopology and weightsManifest are missing');
  }
  const model = check(graphModelSchema, json, 'MODEL_LOAD_FAILED');
  const signature = model.signature ?? model.userDefinedMetadata?.signature ?? {};
  return { nodes: model.modelTopology.node, weightsManifest: model.weightsManifest, signature };
}

function isLayersModel(json: unknown): boolean {
  const model = json as { format?: unknown; modelTopology?: { model_config?: unknown; class_name?: unknown; node?: unknown } } | null;
  if (model?.format === 'layers-model') return true;
  return model?.modelTopology?.node === undefined && (model?.modelTopology?.model_config ?? model?.modelTopology?.class_name) !== undefined;
}
