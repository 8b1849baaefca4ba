import { StreamInferError } from '../../base/index.js';
import type { DataKind, GraphBuilder, OnnxNode, Value } from './onnx-graph.js';

/** One operation or layer of the source while it is converted: adds nodes to the graph and tells what it cannot do. */
export class Emitter {
  readonly graph: GraphBuilder;
  /** For people: `Conv2D tower/first`. */
  readonly #what: string;

  constructor(graph: GraphBuilder, what: string) {
    this.graph = graph;
    this.#what = what;
  }

  /** Adds a node and gives its output, holding what `kind` says or what the value `like` holds. */
  emit(op: string, inputs: readonly (Value | string)[], options: { like: Value | DataKind; attributes?: OnnxNode['attributes'] }): Value {
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    const kind = typeof options.like === 'string' ? options.like : options.like.kind;
    return { name: this.graph.add(op, names, options.attributes), kind };
  }

  failed(reason: string): StreamInferError {
    return new StreamInferError('MODEL_LOAD_FAILED', `${this.#what}: ${reason}`);
  }

  unsupported(reason: string): StreamInferError {
    return new StreamInferError('MODEL_UNSUPPORTED', `${this.#what}: ${reason}, which the import cannot turn into ONNX`);
  }
}
