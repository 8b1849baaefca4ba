import { StreamInferError } from '../../base/index.js';
import type { GraphModel, TfNode } from './model-json.js';
import { dataInputs, parseReference } from './node-context.js';

/**
 * References of the outputs that the imported model has: those that the signature names, else every node that no
 * other uses. An output that only picks the best of others (CenterNet's list of detections beside its heat maps) is
 * left out: what is kept of them is for the program to say, with thresholds and an NMS of its own; of TensorFlow's SSD
 * detectors only boxes and scores before their NMS are taken.
 */
export function rawOutputs(model: GraphModel, nodes: ReadonlyMap<string, TfNode>): readonly string[] {
  const detector = detectorOutputs(nodes);
  if (detector) return detector;
  const outputs = namedOutputs(model);
  const names = new Set(outputs.map((reference) => parseReference(reference).node));
  return outputs.filter((reference) => !isPickOfOthers(parseReference(reference).node, names, nodes));
}

/** All boxes, and their scores without that of the background, as TensorFlow's object detection API calls them (ssd_meta_arch.py, postprocess). */
const SSD_OUTPUTS: readonly string[] = ['Postprocessor/ExpandDims_1', 'Postprocessor/Slice'];

function detectorOutputs(nodes: ReadonlyMap<string, TfNode>): readonly string[] | undefined {
  const found = SSD_OUTPUTS.map((wanted) => [...nodes.keys()].find((name) => name === wanted || name.endsWith(`/${wanted}`)));
  return found.every((name) => name !== undefined) ? found : undefined;
}

function namedOutputs(model: GraphModel): readonly string[] {
  const named = Object.values(model.signature.outputs ?? {}).map((port) => port.name);
  if (named.length > 0) return named;
  const used = new Set(model.nodes.flatMap((node) => node.input.map((reference) => parseReference(reference.replace(/^\^/, '')).node)));
  const last = model.nodes.filter((node) => !used.has(node.name) && !['Const', 'Placeholder', 'NoOp'].includes(node.op));
  if (last.length === 0) throw new StreamInferError('MODEL_LOAD_FAILED', 'the graph has no outputs');
  return last.map((node) => node.name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Whether `name` reaches the model's inputs only through other outputs, and sorts on its way. */
function isPickOfOthers(name: string, outputs: ReadonlySet<string>, nodes: ReadonlyMap<string, TfNode>): boolean {
  const seen = new Set<string>();
  const open = [name];
  let sorts = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next) || (next !== name && outputs.has(next))) continue;
    seen.add(next);
    const node = nodes.get(next);
    if (node === undefined || node.op === 'Placeholder') return false;
    if (node.op === 'TopKV2') sorts = true;
    open.push(...dataInputs(node).map((reference) => parseReference(reference).node));
  }
  return sorts;
}
