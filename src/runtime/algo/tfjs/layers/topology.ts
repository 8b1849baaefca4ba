import { z } from 'zod';

import { check, StreamInferError } from '../../../base/index.js';

/** More models within models than anybody nests. */
const MAX_DEPTH = 16;

const configSchema = z.record(z.string(), z.unknown());

/** One call of a layer: what it is applied to, each `[layer, call, output, arguments]`. */
const inboundSchema = z.array(z.tuple([z.string(), z.int().min(0), z.int().min(0)]).rest(z.unknown()));

const layerSchema = z.object({
  class_name: z.string().min(1),
  /** Older Sequentials: the list of their layers. */
  config: z.union([configSchema, z.array(z.unknown())]),
  name: z.string().optional(),
  inbound_nodes: z.array(inboundSchema).default([]),
});

const portsSchema = z.array(z.tuple([z.string(), z.int().min(0), z.int().min(0)]));

/** A layer of Keras, with what it was made with. */
export type Layer = {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** For a layer of a functional model: what each of its calls is applied to. */
  readonly calls: readonly (readonly TensorKey[])[];
  /** For a model used as a layer. */
  readonly model?: LayersModel;
};

/** Output `output` of call `call` of a layer, both from 0. */
export type TensorKey = { readonly layer: string; readonly call: number; readonly output: number };

/** Layers in a row, or layers wired by name. */
export type LayersModel =
  | { readonly kind: 'sequential'; readonly layers: readonly Layer[] }
  | { readonly kind: 'functional'; readonly layers: readonly Layer[]; readonly inputs: readonly TensorKey[]; readonly outputs: readonly TensorKey[] };

/** Whether parsed JSON is Keras' topology, not a graph of TensorFlow's operations. */
export function isLayersModel(json: unknown): boolean {
  const model = json as { format?: unknown; modelTopology?: { model_config?: unknown; class_name?: unknown; node?: unknown } } | null;
  if (model?.format === 'layers-model') return true;
  return model?.modelTopology?.node === undefined && (model?.modelTopology?.model_config ?? model?.modelTopology?.class_name) !== undefined;
}

/** The model that `modelTopology` describes. Throws `MODEL_LOAD_FAILED` naming the field, `MODEL_UNSUPPORTED` for other classes of models. */
export function parseTopology(topology: unknown): LayersModel {
  const { model_config: inner } = (topology ?? {}) as { model_config?: unknown };
  const layer = parseLayer(inner ?? topology, 0);
  if (layer.model) return layer.model;
  throw new StreamInferError('MODEL_UNSUPPORTED', `a model of class ${layer.className}; Sequential and Functional are known`);
}

function parseLayer(json: unknown, depth: number): Layer {
  const given = check(layerSchema, json, 'MODEL_LOAD_FAILED');
  const config = Array.isArray(given.config) ? { layers: given.config } : given.config;
  const name = given.name ?? (typeof config['name'] === 'string' ? config['name'] : given.class_name);
  const calls = given.inbound_nodes.map((call) => call.map(toKey));
  const model = parseModel(given.class_name, config, depth);
  return { className: given.class_name, name, config, calls, ...(model && { model }) };
}

function parseModel(className: string, config: Readonly<Record<string, unknown>>, depth: number): LayersModel | undefined {
  if (!['Sequential', 'Model', 'Functional'].includes(className)) return undefined;
  if (depth >= MAX_DEPTH) throw new StreamInferError('MODEL_LOAD_FAILED', `models within models, more than ${MAX_DEPTH} deep`);
  const layers = check(z.array(z.unknown()).min(1), config['layers'], 'MODEL_LOAD_FAILED').map((layer) => parseLayer(layer, depth + 1));
  if (className === 'Sequential') return { kind: 'sequential', layers };
  const ports = (field: string): readonly TensorKey[] => check(portsSchema.min(1), config[field], 'MODEL_LOAD_FAILED').map(toKey);
  return { kind: 'functional', layers, inputs: ports('input_layers'), outputs: ports('output_layers') };
}

function toKey([layer, call, output]: readonly [string, number, number, ...unknown[]]): TensorKey {
  return { layer, call, output };
}
