import type { TfNode } from './model-json.js';
import { dataInputs, parseReference } from './node-context.js';
import type { Constant } from './onnx-graph.js';

const SCALINGS: readonly string[] = ['ResizeBilinear', 'ResizeNearestNeighbor'];
/** Operations that may stand between the input and the first scaling: they change numbers and take the batch apart. */
const BEFORE_SCALING: readonly string[] = ['Identity', 'Cast', 'ExpandDims', 'Squeeze', 'Pack', 'Unpack', 'StridedSlice', 'Add', 'AddV2', 'Sub', 'Mul', 'RealDiv'];

/**
 * The size that a graph scales its pictures to before anything else, by input name. Pictures that come in that size
 * need no scaling, and a size that is fixed is one that need not be guessed.
 */
export function scaledSizes(
  nodes: ReadonlyMap<string, TfNode>,
  constantOf: (name: string) => Constant | undefined,
): ReadonlyMap<string, { readonly height: number; readonly width: number }> {
  const sizes = new Map<string, { readonly height: number; readonly width: number }>();
  for (const node of nodes.values()) {
    if (!SCALINGS.includes(node.op)) continue;
    const [picture, size] = dataInputs(node).map((reference) => parseReference(reference).node);
    const input = inputBehind(picture ?? '', nodes);
    const [height, width] = constantOf(size ?? '')?.data ?? [];
    if (input !== undefined && height !== undefined && width !== undefined) sizes.set(input, { height, width });
  }
  return sizes;
}

function inputBehind(name: string, nodes: ReadonlyMap<string, TfNode>): string | undefined {
  let node = nodes.get(name);
  for (let step = 0; node !== undefined && BEFORE_SCALING.includes(node.op) && step <= nodes.size; step += 1) {
    node = dataInputs(node)
      .map((reference) => nodes.get(parseReference(reference).node))
      .find((source) => source?.op !== 'Const');
  }
  return node?.op === 'Placeholder' ? node.name : undefined;
}
