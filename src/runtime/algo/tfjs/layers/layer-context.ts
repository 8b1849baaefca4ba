import { Emitter } from '../emitter.js';
import type { Constant, GraphBuilder, Value } from '../onnx-graph.js';
import type { Floats } from '../permute.js';
import type { Layer } from './topology.js';

/** Turns one layer into ONNX nodes and gives its output. */
export type LayerConverter = (at: LayerContext) => Value;

/** Layers by Keras' class name. */
export type LayerTable = Readonly<Record<string, LayerConverter>>;

/** What all layers of a model share. */
export type LayerScope = { readonly graph: GraphBuilder; readonly weights: ReadonlyMap<string, Constant> };

/** One call of a layer while it is converted: its inputs, settings and weights, and the graph to add to. */
export class LayerContext extends Emitter {
  readonly inputs: readonly Value[];
  readonly #layer: Layer;
  readonly #scope: LayerScope;

  constructor(layer: Layer, inputs: readonly Value[], scope: LayerScope) {
    super(scope.graph, `${layer.className} ${layer.name}`);
    this.inputs = inputs;
    this.#layer = layer;
    this.#scope = scope;
  }

  /** The first input. */
  get input(): Value {
    const [input] = this.inputs;
    if (input === undefined) throw this.failed('it has no input');
    return input;
  }

  /** A setting as it is; null counts as absent. */
  setting(name: string): unknown {
    return this.#layer.config[name] ?? undefined;
  }

  number(name: string, fallback?: number): number {
    const value = this.setting(name) ?? fallback;
    if (typeof value !== 'number') throw this.failed(`${name}: expected a number`);
    return value;
  }

  text(name: string, fallback: string): string {
    const value = this.setting(name) ?? fallback;
    if (typeof value !== 'string') throw this.failed(`${name}: expected a text`);
    return value;
  }

  /** False only where it says so: `use_bias`, `center` and `scale` are on by default. */
  isOn(name: string): boolean {
    return this.setting(name) !== false;
  }

  /** Height and width; one number is both. */
  pair(name: string, fallback: unknown): readonly [number, number] {
    const value = this.setting(name) ?? fallback;
    const [height, width] = (Array.isArray(value) ? value : [value, value]) as readonly unknown[];
    if (!isSide(height) || !isSide(width)) throw this.failed(`${name}: expected two whole numbers above 0`);
    return [height, width];
  }

  /** `LAYER/NAME` of the weights, whatever models it lies in. Throws where it is not there or holds no floats. */
  weight(name: string): Floats {
    const key = `${this.#layer.name}/${name}`;
    const { weights } = this.#scope;
    const found = weights.get(key) ?? [...weights].find(([stored]) => stored.endsWith(`/${key}`))?.[1];
    if (found?.kind !== 'float') throw this.failed(`its weights ${key} are not there`);
    return found;
  }
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
}
