import { StreamInferError } from '../../base/index.js';
import type { TfNode } from './model-json.js';
import { dataInputs, parseReference } from './node-context.js';

/** The nodes that `wanted` needs, by name; inputs are followed without recursion: graphs are thousands of nodes deep. */
export function reachableNodes(nodes: ReadonlyMap<string, TfNode>, wanted: readonly string[]): ReadonlyMap<string, TfNode> {
  const reached = new Map<string, TfNode>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    const node = nodes.get(name);
    if (node === undefined) throw new StreamInferError('MODEL_LOAD_FAILED', `the graph has no node ${name}, which another needs`);
    reached.set(name, node);
    open.push(...inputNames(node));
  }
  return reached;
}

/** The nodes in an order in which each comes after its inputs. Throws `MODEL_LOAD_FAILED` for a circle. */
export function computeOrder(nodes: ReadonlyMap<string, TfNode>): readonly TfNode[] {
  const users = new Map<string, TfNode[]>();
  const waiting = new Map<string, number>();
  for (const node of nodes.values()) {
    const inputs = new Set(inputNames(node));
    waiting.set(node.name, inputs.size);
    for (const input of inputs) users.set(input, [...(users.get(input) ?? []), node]);
  }
  const order = [...nodes.values()].filter((node) => waiting.get(node.name) === 0);
  for (const node of order) {
    for (const user of users.get(node.name) ?? []) {
      const left = (waiting.get(user.name) ?? 0) - 1;
      waiting.set(user.name, left);
      if (left === 0) order.push(user);
    }
  }
  if (order.length === nodes.size) return order;
  throw new StreamInferError('MODEL_LOAD_FAILED', `the graph runs in a circle through ${nodeOfCircle(nodes, waiting)}`);
}

/** From any node that waits, upstream along nodes that wait: after as many steps as there are nodes one is in the circle. */
function nodeOfCircle(nodes: ReadonlyMap<string, TfNode>, waiting: ReadonlyMap<string, number>): string {
  const isStuck = (name: string): boolean => (waiting.get(name) ?? 0) > 0;
  let name = [...nodes.keys()].find(isStuck) ?? '';
  for (let step = 0; step < nodes.size; step += 1) {
    const node = nodes.get(name);
    name = (node && inputNames(node).find(isStuck)) ?? name;
  }
  return name;
}

function inputNames(node: TfNode): readonly string[] {
  return dataInputs(node).map((reference) => parseReference(reference).node);
}
