import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';

import { check, StreamInferError } from '../../base/index.js';

const MAX_JSON_BYTES = 128 * 2 ** 20;

const dimSchema = z.array(z.object({ size: z.union([z.string(), z.number()]).optional() }));
const tensorShapeSchema = z.object({ dim: dimSchema.default([]), unknownRank: z.boolean().optional() });

/** Text in base64; older converters wrote its bytes as numbers. */
const textSchema = z.union([z.string(), z.array(z.int().min(0).max(255)).transform((bytes) => Buffer.from(bytes).toString('base64'))]);

/** An attribute of a node: one of these fields is there. Numbers come as text too. */
const attributeSchema = z.object({
  i: z.union([z.string(), z.number()]).optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  s: textSchema.optional(),
  type: z.union([z.string(), z.number()]).optional(),
  shape: tensorShapeSchema.optional(),
  list: z
    .object({ i: z.array(z.union([z.string(), z.number()])).optional(), s: z.array(textSchema).optional() })
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

const layersModelSchema = z.object({ modelTopology: z.unknown(), weightsManifest: manifestSchema });

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

/** Checks that `json` is a TensorFlow.js graph model. Throws `MODEL_LOAD_FAILED` naming the field. */
export function parseGraphModel(json: unknown): GraphModel {
  if (!isTfjsModel(json)) throw notTfjs();
  const model = check(graphModelSchema, json, 'MODEL_LOAD_FAILED');
  const signature = model.signature ?? model.userDefinedMetadata?.signature ?? {};
  return { nodes: model.modelTopology.node, weightsManifest: model.weightsManifest, signature };
}

/** Checks the part of a layers model that it has in common with a graph model. Throws `MODEL_LOAD_FAILED`. */
export function parseLayersManifest(json: unknown): { readonly modelTopology: unknown; readonly weightsManifest: WeightsManifest } {
  if (!isTfjsModel(json)) throw notTfjs();
  return check(layersModelSchema, json, 'MODEL_LOAD_FAILED');
}

function notTfjs(): StreamInferError {
  return new StreamInferError('MODEL_LOAD_FAILED', 'not a TensorFlow.js model: modelTopology and weightsManifest are missing');
}
