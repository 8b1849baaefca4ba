import type { Red } from './red.js';
import type { Graph, GraphNode } from './topology.js';

/** The flow that is running, disabled nodes included. */
export function flowGraph(red: Red, streamNodeIds: readonly string[]): Graph {
  const disabled = disabledNodes(red);
  return { node: (id) => red.nodes.getNode(id) ?? disabled.get(id), streamNodeIds };
}

/** They exist in the saved flows only; those inside a subflow are not told apart by instance, so they stay unknown. */
function disabledNodes(red: Red): Map<string, GraphNode> {
  const disabled = new Map<string, GraphNode>();
  const tabs = new Set<string>();
  red.nodes.eachNode((config) => {
    if (config.type === 'tab' && config.disabled === true) tabs.add(config.id);
  });
  red.nodes.eachNode(({ id, type, name, z, d, wires }) => {
    if (wires === undefined || (d !== true && !tabs.has(z ?? ''))) return;
    disabled.set(id, { id, type, ...(name ? { name } : {}), wires, disabled: true });
  });
  return disabled;
}
