import { Emitter } from './emitter.js';
import type { TfAttribute, TfNode } from './model-json.js';
import type { Constant, DataKind, GraphBuilder, Value } from './onnx-graph.js';

/** Turns one TensorFlow operation into ONNX nodes and gives its outputs. */
export type OpConverter = (at: NodeContext) => Value | readonly Value[];

/** Operations by TensorFlow's name. */
export type OpTable = Readonly<Record<string, OpConverter>>;

/** What has been converted so far. */
export type Scope = {
  readonly graph: GraphBuilder;
  /** Outputs by node name. */
  readonly values: ReadonlyMap<string, readonly Value[]>;
  /** Numbers behind a node's name, where they are known before the model runs. */
  readonly constantOf: (nodeName: string) => Constant | undefined;
};

/** An input reference of TensorFlow (`name` or `name:OUTPUT`) taken apart. */
export function parseReference(reference: string): { readonly node: string; readonly output: number } {
  const match = /^(.*):(\d+)$/s.exec(reference);
  return match ? { node: match[1] ?? '', output: Number(match[2]) } : { node: reference, output: 0 };
}

/** A node's inputs without those that only give the order. */
export function dataInputs(node: TfNode): readonly string[] {
  return node.input.filter((reference) => !reference.startsWith('^'));
}

const KINDS: Readonly<Record<string, DataKind>> = {
  DT_FLOAT: 'float', DT_HALF: 'float', DT_DOUBLE: 'float', DT_INT32: 'int', DT_INT64: 'int', DT_BOOL: 'bool', DT_UINT8: 'uint8',
  1: 'float', 3: 'int', 4: 'uint8', 9: 'int', 10: 'bool',
};

/** What a tensor of TensorFlow's data type holds; undefined for types that the import does not know. */
export function kindOf(dataType: string | number | undefined): DataKind | undefined {
  return dataType === undefined ? undefined : KINDS[dataType];
}

/** One operation while it is converted: its inputs, attributes, and the graph to add to. */
export class NodeContext extends Emitter {
  readonly node: TfNode;
  readonly #scope: Scope;
  readonly #references: readonly string[];

  constructor(node: TfNode, scope: Scope) {
    super(scope.graph, `${node.op} ${node.name}`);
    this.node = node;
    this.#scope = scope;
    this.#references = dataInputs(node);
  }

  get inputCount(): number {
    return this.#references.length;
  }

  input(index: number): Value {
    const { node, output } = parseReference(this.#reference(index));
    const value = this.#scope.values.get(node)?.[output];
    if (value === undefined) throw this.failed(`its input ${this.#reference(index)} is missing`);
    return value;
  }

  inputs(): readonly Value[] {
    return this.#references.map((_, index) => this.input(index));
  }

  /** Numbers of an input that must be known now. Throws `MODEL_UNSUPPORTED` where they are computed. */
  constant(index: number): Constant {
    const constant = this.#scope.constantOf(parseReference(this.#reference(index)).node);
    if (constant === undefined) throw this.unsupported(`its input ${index} (${this.#reference(index)}) is computed`);
    return constant;
  }

  hasConstant(index: number): boolean {
    return this.#scope.constantOf(parseReference(this.#reference(index)).node) !== undefined;
  }

  constantInts(index: number): readonly number[] {
    return Array.from(this.constant(index).data);
  }

  constantInt(index: number): number {
    const value = this.constant(index).data[0];
    if (value === undefined) throw this.failed(`its input ${index} is empty`);
    return value;
  }

  int(name: string, fallback?: number): number {
    return Number(this.#attribute(name)?.i ?? this.#fallback(name, fallback));
  }

  float(name: string, fallback: number): number {
    return this.#attribute(name)?.f ?? fallback;
  }

  bool(name: string): boolean {
    return this.#attribute(name)?.b ?? false;
  }

  text(name: string, fallback?: string): string {
    const text = this.#attribute(name)?.s;
    return text === undefined ? this.#fallback(name, fallback) : fromBase64(text);
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return this.#attribute(name)?.list?.i?.map(Number) ?? this.#fallback(name, fallback);
  }

  texts(name: string): readonly string[] {
    return this.#attribute(name)?.list?.s?.map(fromBase64) ?? [];
  }

  /** The kind that attribute `name` names. */
  kind(name: string): DataKind {
    const type = this.#attribute(name)?.type;
    const kind = kindOf(type);
    if (kind === undefined) throw this.unsupported(`data type ${type ?? '(none)'}`);
    return kind;
  }

  #reference(index: number): string {
    const reference = this.#references[index];
    if (reference === undefined) throw this.failed(`it has no input ${index}`);
    return reference;
  }

  #attribute(name: string): TfAttribute | undefined {
    return this.node.attr[name];
  }

  #fallback<T>(name: string, fallback: T | undefined): T {
    if (fallback === undefined) throw this.failed(`attribute ${name} is missing`);
    return fallback;
  }
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
