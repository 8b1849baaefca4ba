import type { TfNode } from './model-json.js';
import { dataInputs, parseReference } from './node-context.js';

/*
 * TensorFlow's object detectors prepare the pictures of a batch one after another in a while loop. Our batch has one
 * picture, so such a loop has one turn, and one turn needs no loop:
 *
 *   pictures ─► list ─► Enter ─► Merge ─► Switch ─┬─(0)─► Exit ─► stack of the list
 *                                  ▲              └─(1)─► body: get, resize, set ─► NextIteration ─┐
 *                                  └───────────────────────────────────────────────────────────────┘
 */

type Nodes = ReadonlyMap<string, TfNode>;

/** What makes a list of a tensor's parts, and which input the tensor is. */
const LIST_OF_TENSOR: Readonly<Record<string, number>> = { TensorListFromTensor: 0, TensorArrayScatterV3: 2 };

/** What a node of a loop of one turn amounts to. The list is the tensor itself, a part of it with a first side of 1. */
const ONE_TURN: Readonly<Record<string, (node: TfNode, nodes: Nodes) => TfNode>> = {
  Enter: (node) => handOn(node, 0),
  Merge: (node) => handOn(node, 0),
  NextIteration: (node) => handOn(node, 0),
  Exit: (node, nodes) => ({ ...node, op: 'Identity', input: [afterTurn(node, nodes) ?? ''] }),
  TensorListGetItem: (node) => firstPart(node, 0),
  TensorArrayReadV3: (node) => firstPart(node, 2),
  TensorListSetItem: (node) => listOf(node, 2),
  TensorArrayWriteV3: (node) => listOf(node, 2),
  TensorListStack: (node) => handOn(node, 0),
  TensorArrayGatherV3: (node) => handOn(node, 2),
};

/** The graph with its loops over the pictures taken apart; other loops stay as they are. */
export function withoutPictureLoops(nodes: Nodes): Nodes {
  const frames = pictureFrames(nodes);
  if (frames.size === 0) return nodes;
  const isOfLoop = (node: TfNode): boolean => frames.has(frameOf(node, nodes) ?? '');
  return new Map([...nodes].map(([name, node]) => [name, straight(node, nodes, isOfLoop)]));
}

function straight(node: TfNode, nodes: Nodes, isOfLoop: (node: TfNode) => boolean): TfNode {
  const listInput = LIST_OF_TENSOR[node.op];
  const convert = Object.hasOwn(ONE_TURN, node.op) && isOfLoop(node) ? ONE_TURN[node.op] : undefined;
  const straightened = listInput !== undefined && isPicture(node, nodes) ? handOn(node, listInput) : (convert?.(node, nodes) ?? node);
  return { ...straightened, input: straightened.input.map((reference) => behindSwitch(reference, nodes, isOfLoop)) };
}

/** Names of the loops that go through a list of the model's pictures. */
function pictureFrames(nodes: Nodes): ReadonlySet<string> {
  const frames = new Set<string>();
  for (const node of nodes.values()) {
    const list = node.op === 'Enter' ? inputNode(node, 0, nodes) : undefined;
    const frame = node.attr['frame_name']?.s;
    if (frame !== undefined && list !== undefined && isPicture(list, nodes)) frames.add(frame);
  }
  return frames;
}

/** Whether `list` is made of an input of the model that has one picture, or as many as we choose. */
function isPicture(list: TfNode, nodes: Nodes): boolean {
  const source = LIST_OF_TENSOR[list.op];
  let node = source === undefined ? undefined : inputNode(list, source, nodes);
  while (node?.op === 'Cast' || node?.op === 'Identity') node = inputNode(node, 0, nodes);
  return node?.op === 'Placeholder' && Number(node.attr['shape']?.shape?.dim[0]?.size ?? -1) <= 1;
}

/** The loop that a node belongs to, found along what it carries from turn to turn. */
function frameOf(node: TfNode, nodes: Nodes): string | undefined {
  let at: TfNode | undefined = node;
  for (let step = 0; at !== undefined && step <= nodes.size; step += 1) {
    if (at.op === 'Enter') return at.attr['frame_name']?.s;
    at = inputNode(at, CARRIED[at.op] ?? 0, nodes);
  }
  return undefined;
}

/** The input that holds the list; the others' first input is what they hand on. */
const CARRIED: Readonly<Record<string, number>> = { TensorArrayReadV3: 2, TensorArrayWriteV3: 3, TensorArrayGatherV3: 2 };

function inputNode(node: TfNode, index: number, nodes: Nodes): TfNode | undefined {
  return nodes.get(parseReference(dataInputs(node)[index] ?? '').node);
}

function behindSwitch(reference: string, nodes: Nodes, isOfLoop: (node: TfNode) => boolean): string {
  const node = nodes.get(parseReference(reference).node);
  return node?.op === 'Switch' && isOfLoop(node) ? (dataInputs(node)[0] ?? reference) : reference;
}

/** What the loop carries out of its turn: Exit ← Switch ← Merge ← NextIteration. */
function afterTurn(exit: TfNode, nodes: Nodes): string | undefined {
  const choice = inputNode(exit, 0, nodes);
  const merge = choice && inputNode(choice, 0, nodes);
  return merge && dataInputs(merge)[1];
}

function handOn(node: TfNode, index: number): TfNode {
  return { ...node, op: 'Identity', input: [dataInputs(node)[index] ?? ''] };
}

function firstPart(node: TfNode, index: number): TfNode {
  return { ...handOn(node, index), op: 'Squeeze', attr: { squeeze_dims: { list: { i: [0] } } } };
}

function listOf(node: TfNode, index: number): TfNode {
  return { ...handOn(node, index), op: 'Pack', attr: { axis: { i: 0 } } };
}
