/** Kinds of numbers that an imported graph works with. TensorFlow's int32 is `int` here and 64 bits wide in ONNX, as its indices must be. */
export type DataKind = 'float' | 'int' | 'bool' | 'uint8';

/** Numbers known when the graph is built: weights, axes, shapes. Row by row, last dimension fastest. */
export type Constant = { readonly shape: readonly number[] } & (
  | { readonly kind: 'float'; readonly data: Float32Array }
  | { readonly kind: 'int'; readonly data: Int32Array }
  | { readonly kind: 'bool' | 'uint8'; readonly data: Uint8Array }
);

/** A tensor of the graph: what it is called and what it holds. */
export type Value = { readonly name: string; readonly kind: DataKind };

export type Attribute = number | string | readonly number[] | { readonly float: number };

export type OnnxNode = {
  readonly op: string;
  /** Empty name: that optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers are integers; `{ float }` is a float. */
  readonly attributes: Readonly<Record<string, Attribute>>;
};

/** An input or output; text as a dimension is one that may vary, absent `shape`: unknown. */
export type GraphPort = Value & { readonly shape?: readonly (number | string)[] };

export type OnnxGraph = {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
};

/** Collects the nodes of an ONNX graph in the order they are computed. Operators are those of opset 13. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];
  #count = 0;

  /** Adds a node of one output and gives the output's name. */
  add(op: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const name = this.#newName();
    this.#nodes.push({ op, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds a node of `attributes.count` outputs (no attribute of the node itself) and gives their names. */
  addSplit(op: string, inputs: readonly string[], options: { count: number; attributes?: OnnxNode['attributes'] }): readonly string[] {
    const outputs = Array.from({ length: options.count }, () => this.#newName());
    this.#nodes.push({ op, inputs, outputs, attributes: options.attributes ?? {} });
    return outputs;
  }

  constant(constant: Constant): string {
    const name = this.#newName();
    this.#constants.set(name, constant);
    return name;
  }

  /** A list of whole numbers, or one number without a dimension. */
  ints(values: number | readonly number[]): string {
    const shape = typeof values === 'number' ? [] : [values.length];
    return this.constant({ kind: 'int', shape, data: Int32Array.from(typeof values === 'number' ? [values] : values) });
  }

  float(value: number): string {
    return this.constant({ kind: 'float', shape: [], data: Float32Array.of(value) });
  }

  input(port: GraphPort): void {
    this.#inputs.push(port);
  }

  /** Makes `from` an output of the graph under the port's name. */
  output(port: GraphPort, from: string): void {
    this.#nodes.push({ op: 'Identity', inputs: [from], outputs: [port.name], attributes: {} });
    this.#outputs.push(port);
  }

  build(): OnnxGraph {
    return { nodes: this.#nodes, constants: this.#constants, inputs: this.#inputs, outputs: this.#outputs };
  }

  /** TensorFlow's names cannot hold a `#`: ours never meet them. */
  #newName(): string {
    this.#count += 1;
    return `#${this.#count}`;
  }
}
