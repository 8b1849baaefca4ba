import { MAX_MODEL_NODES, MAX_MODEL_PORTS, StreamInferError } from '../../base/index.js';

/**
 * Parts of ONNX's `GraphProto` that are counted, by the numbers of their fields (onnx.proto). Old models name each weight as an input, too:
 * those are counted when the runtime has told them apart.
 */
const PARTS: ReadonlyMap<number, { readonly what: string; readonly most: number }> = new Map([
  [1, { what: 'nodes', most: MAX_MODEL_NODES }],
  [5, { what: 'weights', most: MAX_MODEL_NODES }],
  [11, { what: 'inputs', most: MAX_MODEL_NODES }],
  [12, { what: 'outputs', most: MAX_MODEL_PORTS }],
  [13, { what: 'described values', most: MAX_MODEL_NODES }],
  [15, { what: 'sparse weights', most: MAX_MODEL_NODES }],
]);

/** Counts the parts of a graph as they come by. */
export class GraphCount {
  readonly #path: string;
  readonly #counts = new Map<number, number>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws `MODEL_LOAD_FAILED` for one too many. */
  add(field: number): void {
    const part = PARTS.get(field);
    if (!part) return;
    const count = (this.#counts.get(field) ?? 0) + 1;
    this.#counts.set(field, count);
    if (count > part.most) throw new StreamInferError('MODEL_LOAD_FAILED', `${this.#path} has more than ${part.most} ${part.what}, which no model is known to have; export it anew`);
  }
}
