import { StreamInferError } from '../../../base/index.js';
import { computeOrder, reachableNodes } from '../graph-order.js';
import type { TfNode } from '../model-json.js';
import { type Constant, type GraphPort, GraphBuilder, type OnnxGraph, type Value } from '../onnx-graph.js';
import { LayerContext, type LayerScope } from './layer-context.js';
import { LAYERS } from './ops/index.js';
import type { Layer, LayersModel, TensorKey } from './topology.js';

type Functional = LayersModel & { readonly kind: 'functional' };

/**
 * The ONNX graph of a layers model. Pictures keep their channels last, a batch that may vary becomes 1.
 * Throws `MODEL_UNSUPPORTED` naming the layers that it does not know.
 */
export function convertLayers(model: LayersModel, weights: ReadonlyMap<string, Constant>): OnnxGraph {
  requireKnownLayers(model);
  const graph = new GraphBuilder();
  const ports = inputPorts(model);
  for (const port of ports) graph.input(port);
  const outputs = applyModel(model, ports, { graph, weights });
  outputs.forEach((value, i) => {
    const name = outputs.length === 1 ? 'output' : `output_${i}`;
    graph.output({ name: ports.some((port) => port.name === name) ? `${name}_of_model` : name, kind: value.kind }, value.name);
  });
  return graph.build();
}

function requireKnownLayers(model: LayersModel): void {
  const unknown = new Set<string>();
  const look = ({ layers }: LayersModel): void => {
    for (const layer of layers) {
      if (layer.model) look(layer.model);
      else if (layer.className !== 'InputLayer' && !LAYERS.has(layer.className)) unknown.add(layer.className);
    }
  };
  look(model);
  if (unknown.size === 0) return;
  throw new StreamInferError(
    'MODEL_UNSUPPORTED',
    `the TensorFlow.js model uses layers that the import cannot turn into ONNX: ${[...unknown].sort().join(', ')}; convert it with another tool`,
  );
}

function inputPorts(model: LayersModel): readonly GraphPort[] {
  if (model.kind === 'sequential') return [{ name: 'input', kind: 'float', shape: inputShape(model.layers[0]) }];
  return model.inputs.map(({ layer }) => ({ name: layer, kind: 'float', shape: inputShape(model.layers.find(({ name }) => name === layer)) }));
}

/** The shape that the first layer tells, in whatever models it lies. */
function inputShape(layer: Layer | undefined): readonly (number | string)[] {
  if (layer?.model?.kind === 'sequential') return inputShape(layer.model.layers[0]);
  if (layer?.model) return inputPorts(layer.model)[0]?.shape ?? [];
  return shapeOfLayer(layer);
}

function shapeOfLayer(layer: Layer | undefined): readonly (number | string)[] {
  const { batch_input_shape: given, batch_shape: shape = given } = layer?.config ?? {};
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new StreamInferError('MODEL_LOAD_FAILED', `layer ${layer?.name ?? '(none)'} does not tell the shape of the input (batch_input_shape)`);
  }
  return shape.map((side: unknown, axis) => (typeof side === 'number' && side > 0 ? side : axis === 0 ? 1 : `side${axis}`));
}

function applyModel(model: LayersModel, inputs: readonly Value[], scope: LayerScope): readonly Value[] {
  if (model.kind === 'functional') return applyFunctional(model, inputs, scope);
  return model.layers.reduce((values, layer) => applyLayer(layer, values, scope), inputs);
}

function applyLayer(layer: Layer, inputs: readonly Value[], scope: LayerScope): readonly Value[] {
  if (layer.model) return applyModel(layer.model, inputs, scope);
  const convert = LAYERS.get(layer.className);
  return convert ? [convert(new LayerContext(layer, inputs, scope))] : inputs;
}

/** Each call of each layer after those that it is applied to. */
function applyFunctional(model: Functional, inputs: readonly Value[], scope: LayerScope): readonly Value[] {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const values = new Map(model.inputs.map((key, i) => [callName(key), inputs.slice(i, i + 1)]));
  const valueOf = (key: TensorKey): Value => {
    const value = values.get(callName(key))?.[key.output];
    if (value === undefined) throw new StreamInferError('MODEL_LOAD_FAILED', `layer ${key.layer} has no output ${key.output} of call ${key.call}`);
    return value;
  };
  for (const { name, op } of callOrder(model)) {
    const layer = layers.get(op);
    const call = layer?.calls[callNumber(name)];
    if (layer && call && !values.has(name)) values.set(name, [...applyLayer(layer, call.map(valueOf), scope)]);
  }
  return model.outputs.map(valueOf);
}

/** The calls as nodes of a graph, so that they are put in order as those of a graph model are. */
function callOrder(model: Functional): readonly TfNode[] {
  const nodes = model.layers.flatMap((layer) => {
    const calls = layer.calls.length > 0 ? layer.calls : [[]];
    return calls.map((call, i): TfNode => ({ name: callName({ layer: layer.name, call: i }), op: layer.name, input: call.map(callName), attr: {} }));
  });
  return computeOrder(reachableNodes(new Map(nodes.map((node) => [node.name, node])), model.outputs.map(callName)));
}

/** The number is last and there is no colon before it, so that it is no reference of a graph to another output. */
function callName({ layer, call }: Pick<TensorKey, 'layer' | 'call'>): string {
  return `${layer}#${call}`;
}

function callNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf('#') + 1));
}
