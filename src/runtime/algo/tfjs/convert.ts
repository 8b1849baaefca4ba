import { StreamInferError } from '../../base/index.js';
import { computeOrder, reachableNodes } from './graph-order.js';
import type { GraphModel, Signature, TfNode } from './model-json.js';
import { dataInputs, NodeContext, parseReference, type Scope } from './node-context.js';
import { type Constant, type GraphPort, GraphBuilder, type OnnxGraph, type Value } from './onnx-graph.js';
import { cast } from './ops/arithmetic.js';
import { OPS } from './ops/index.js';
import { rawOutputs } from './outputs.js';
import { withoutPictureLoops } from './picture-loop.js';
import { scaledSizes } from './picture-size.js';

const IDENTITIES: readonly string[] = ['Identity', 'StopGradient', 'Snapshot'];

/**
 * The ONNX graph of a TensorFlow.js graph model. Pictures keep their channels last; a batch that may vary becomes 1;
 * whole-number pictures come in as floats. Throws `MODEL_UNSUPPORTED` naming the operations that it does not know.
 */
export function convertGraph(model: GraphModel, weights: ReadonlyMap<string, Constant>): OnnxGraph {
  const all = withoutPictureLoops(new Map(model.nodes.map((node) => [node.name, node])));
  const outputs = rawOutputs(model, all);
  const nodes = reachableNodes(all, outputs.map((reference) => parseReference(reference).node));
  requireKnownOps(nodes.values());
  const graph = new GraphBuilder();
  const values = new Map<string, readonly Value[]>();
  const scope: Scope = { graph, values, constantOf: (name) => constantBehind(name, nodes, weights) };
  const ports: Ports = { signature: model.signature, scaled: scaledSizes(nodes, scope.constantOf) };
  for (const node of computeOrder(nodes)) {
    values.set(node.name, convertNode(node, scope, ports));
  }
  addOutputs(outputs, scope);
  return graph.build();
}

/** What is known of the graph's inputs beside their own nodes. */
type Ports = { readonly signature: Signature; readonly scaled: ReturnType<typeof scaledSizes> };

function convertNode(node: TfNode, scope: Scope, ports: Ports): readonly Value[] {
  const at = new NodeContext(node, scope);
  if (node.op === 'Const') return [constantValue(at, scope)];
  if (node.op === 'Placeholder') return [addInput(at, ports)];
  const outputs = OPS.get(node.op)?.(at) ?? [];
  return 'name' in outputs ? [outputs] : outputs;
}

function requireKnownOps(nodes: Iterable<TfNode>): void {
  const unknown = new Set<string>();
  for (const { op } of nodes) if (op !== 'Const' && op !== 'Placeholder' && !OPS.has(op)) unknown.add(op);
  if (unknown.size === 0) return;
  throw new StreamInferError(
    'MODEL_UNSUPPORTED',
    `the TensorFlow.js model uses operations that the import cannot turn into ONNX: ${[...unknown].sort().join(', ')}; convert it with another tool`,
  );
}

/** The numbers of a Const node, also through nodes that hand them on as they are. */
function constantBehind(name: string, nodes: ReadonlyMap<string, TfNode>, weights: ReadonlyMap<string, Constant>): Constant | undefined {
  let node = nodes.get(name);
  while (node !== undefined && IDENTITIES.includes(node.op)) node = nodes.get(parseReference(dataInputs(node)[0] ?? '').node);
  return node?.op === 'Const' ? weights.get(node.name) : undefined;
}

function constantValue(at: NodeContext, scope: Scope): Value {
  const constant = scope.constantOf(at.node.name);
  if (constant === undefined) throw at.failed('its numbers are not among the weights');
  return { name: at.graph.constant(constant), kind: constant.kind };
}

/** ONNX Runtime is fed with floats or bytes: whole numbers are taken as floats and made whole inside. */
function addInput(at: NodeContext, ports: Ports): Value {
  const kind = at.kind('dtype');
  const port: GraphPort = { name: at.node.name, kind: kind === 'int' ? 'float' : kind, ...inputShape(at, ports) };
  at.graph.input(port);
  return cast(at, port, kind);
}

function inputShape(at: NodeContext, { signature, scaled }: Ports): { shape?: readonly (number | string)[] } {
  const own = at.node.attr['shape']?.shape;
  const told = Object.values(signature.inputs ?? {}).find((port) => parseReference(port.name).node === at.node.name)?.tensorShape;
  const shape = own && own.dim.length > 0 ? own : told;
  if (shape === undefined || shape.unknownRank === true) return {};
  const size = shape.dim.length === 4 ? scaled.get(at.node.name) : undefined;
  const fallbacks = [1, size?.height, size?.width];
  return {
    shape: shape.dim.map((dim, axis) => {
      const sides = [dim.size, told?.dim[axis]?.size].map((side) => Number(side ?? -1));
      return sides.find((side) => side >= 0) ?? fallbacks[axis] ?? `side${axis}`;
    }),
  };
}

function addOutputs(references: readonly string[], scope: Scope): void {
  const short = references.map(shortName);
  references.forEach((reference, i) => {
    const { node, output } = parseReference(reference);
    const value = scope.values.get(node)?.[output];
    if (value === undefined) throw new StreamInferError('MODEL_LOAD_FAILED', `the graph has no output ${reference}`);
    const name = short[i] ?? reference;
    const isTaken = short.indexOf(name) !== i || scope.values.get(name)?.[0]?.name === name;
    scope.graph.output({ name: isTaken ? reference : name, kind: value.kind }, value.name);
  });
}

/** `tower/wh:0` is called `wh`, `tower/top:1` `top_1`. */
function shortName(reference: string): string {
  const { node, output } = parseReference(reference);
  const last = node.split('/').at(-1) ?? node;
  return output === 0 ? last : `${last}_${output}`;
}
