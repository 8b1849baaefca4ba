import { randomFillSync } from 'node:crypto';

import { type TensorSpec, tensorBytes } from '../../vision/index.js';
import { type BatchSizes, cutOutputs, hasFreeBatch, joinBytes, MOST_ITEMS, settleBatch, widen } from './batch.js';
import { checkOutputs } from './model-limits.js';
import type { OpenModel } from './open-model.js';
import type { FeedTensor, OutputTensor } from './session.js';

/** Pictures of more bytes together are not tried as a batch. */
const MAX_BATCH_BYTES = 256 << 20;

/** Execution providers that compute with the session's threads. */
const ON_CPU: ReadonlySet<string> = new Set(['cpu', 'wasm']);

/** An open model from tensors of pictures to outputs, one picture at a time or several. */
export class ModelRunner {
  readonly #model: OpenModel;
  readonly #pictureName: string;
  readonly #extraInputs: readonly FeedTensor[];

  constructor(model: OpenModel) {
    this.#model = model;
    this.#extraInputs = model.family.extraInputs?.(model.facts) ?? [];
    const picture = model.session.inputs.find(({ name }) => !this.#extraInputs.some((extra) => extra.name === name));
    this.#pictureName = picture?.name ?? '';
  }

  /** Outputs for one picture. */
  async run(picture: ArrayBuffer, signal?: AbortSignal): Promise<OutputTensor[]> {
    return await this.#infer(picture, 1, signal);
  }

  /** Outputs for each of several pictures. */
  async runBatch(pictures: readonly ArrayBuffer[]): Promise<OutputTensor[][]> {
    return cutOutputs(await this.#infer(joinBytes(pictures), pictures.length), pictures.length);
  }

  /**
   * Tries how many pictures the model takes at once; `wanted` as in the options, 0: what pays. Absent: one at a time.
   */
  async settleBatch(wanted: number): Promise<BatchSizes | undefined> {
    const { spec, facts, session } = this.#model;
    const mostBytes = tensorBytes(spec) * (wanted || MOST_ITEMS);
    if (wanted === 1 || !hasFreeBatch(facts) || mostBytes > MAX_BATCH_BYTES) return undefined;
    // one thread computes pictures one after the other in any case: none of eight models gained, and the opening would take longer
    if (wanted === 0 && session.threads === 1 && ON_CPU.has(session.executionProvider)) return undefined;
    const pictures: ArrayBuffer[] = [];
    const first = (items: number): ArrayBuffer[] => {
      while (pictures.length < items) pictures.push(noise(spec));
      return pictures.slice(0, items);
    };
    const settled = await settleBatch({
      wanted,
      run: (items) => this.runBatch(first(items)),
      runAlone: (place) => this.run(first(place + 1)[place] as ArrayBuffer),
      now: () => performance.now(),
    });
    return settled.sizes.length > 0 ? settled : undefined;
  }

  async #infer(data: ArrayBuffer, items: number, signal?: AbortSignal): Promise<OutputTensor[]> {
    const { spec, session } = this.#model;
    const channels = spec.channels === 'gray' ? 1 : 3;
    const sides = spec.layout === 'NCHW' ? [channels, spec.height, spec.width] : [spec.height, spec.width, channels];
    const extra = items === 1 ? this.#extraInputs : this.#extraInputs.map((feed) => widen(feed, items));
    const outputs = await session.run([{ name: this.#pictureName, dtype: spec.dtype, shape: [items, ...sides], data }, ...extra], signal);
    checkOutputs(outputs);
    return outputs;
  }
}

/** A picture of noise as the model wants it. Half precision, which JavaScript cannot write on every Node, gets numbers from ½ to 1. */
function noise(spec: TensorSpec): ArrayBuffer {
  const data = new ArrayBuffer(tensorBytes(spec));
  const bytes = randomFillSync(new Uint8Array(data));
  if (spec.dtype === 'float16') {
    const bits = new Uint16Array(data);
    bits.forEach((value, i) => { bits[i] = (value & 0x3ff) | 0x3800; });
  } else if (spec.dtype === 'float32') {
    const [mean = 0] = spec.mean;
    const [std = 1] = spec.std;
    const numbers = new Float32Array(data);
    // each number is written over the four bytes of which the first was the pixel
    numbers.forEach((_, i) => { numbers[i] = ((bytes[i * 4] ?? 0) * spec.scale - mean) / std; });
  }
  return data;
}
