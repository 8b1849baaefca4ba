import type { OnnxGraph, OnnxNode } from './onnx-graph.js';

/**
 * The same graph with less to compute: a transpose that undoes the one before it is skipped (convolutions come wrapped
 * in a pair of them), and what no output needs is left out.
 */
export function optimise(graph: OnnxGraph): OnnxGraph {
  return withoutDeadCode({ ...graph, nodes: withoutInverseTransposes(graph.nodes) });
}

function withoutInverseTransposes(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const makers = new Map<string, OnnxNode>();
  /** The name that holds the same numbers as `name`, before two transposes that undo each other. */
  const source = (name: string): string => {
    const second = makers.get(name);
    const first = second?.op === 'Transpose' ? makers.get(second.inputs[0] ?? '') : undefined;
    if (second === undefined || first?.op !== 'Transpose') return name;
    return undoes(second, first) ? source(first.inputs[0] ?? '') : name;
  };
  return nodes.map((node) => {
    const lighter = { ...node, inputs: node.inputs.map(source) };
    for (const output of node.outputs) makers.set(output, lighter);
    return lighter;
  });
}

function undoes(second: OnnxNode, first: OnnxNode): boolean {
  const inner = first.attributes['perm'] as readonly number[];
  const outer = second.attributes['perm'] as readonly number[];
  return outer.length === inner.length && outer.every((axis, i) => inner[axis] === i);
}

function withoutDeadCode(graph: OnnxGraph): OnnxGraph {
  const alive = new Set(graph.outputs.map((port) => port.name));
  const kept: OnnxNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => alive.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) alive.add(input);
  }
  const constants = new Map([...graph.constants].filter(([name]) => alive.has(name)));
  return { ...graph, nodes: kept.reverse(), constants };
}
