import { StreamInferError } from '../../base/index.js';
import type { ModelFacts } from './model-facts.js';
import type { FeedTensor, OutputTensor } from './session.js';

/** Numbers of items that are tried where the user leaves the choice. */
const SIZES = [2, 4, 8] as const;
/** The largest of them. */
export const MOST_ITEMS = 8;
/** Part of an item's time that a size must save over the best smaller one: less is lost again in waiting and memory. */
const GAIN = 0.1;
/** Runs whose median counts. */
const RUNS = 3;
/** Milliseconds of one item above which nothing is tried: the opening would take too long. */
const TOO_SLOW_MS = 250;

/** How many items a model takes at once, 1 aside. */
export type BatchSizes = { readonly sizes: readonly number[]; /** Whether all give the same bits as one at a time. */ readonly exact: boolean };

/** Whether a model's inputs and outputs leave the number of items open. */
export function hasFreeBatch({ inputs, outputs }: Pick<ModelFacts, 'inputs' | 'outputs'>): boolean {
  return [...inputs, ...outputs].every(({ shape: [first] }) => typeof first === 'string');
}

/** A tensor that is the same for each item, once for each of them. */
export function widen(feed: FeedTensor, items: number): FeedTensor {
  const [first = 1, ...sides] = feed.shape;
  return { ...feed, shape: [first * items, ...sides], data: joinBytes(Array.from({ length: items }, () => feed.data)) };
}

/** One buffer of all. */
export function joinBytes(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const joined = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return joined.buffer;
}

/** The outputs of each item as a model of one item would give them: parts of the same memory. Throws `MODEL_RUN_FAILED`. */
export function cutOutputs(outputs: readonly OutputTensor[], items: number): OutputTensor[][] {
  for (const { name, shape } of outputs) {
    if (shape[0] === items) continue;
    throw new StreamInferError('MODEL_RUN_FAILED', `output "${name}" [${shape.join(',')}] cannot be shared out between ${items} pictures`);
  }
  return Array.from({ length: items }, (_, item) => outputs.map(({ name, shape, data }) => {
    const length = data.length / items;
    return { name, shape: [1, ...shape.slice(1)], data: data.subarray(item * length, (item + 1) * length) };
  }));
}

/** What a choice of sizes is made from. */
export type BatchTrial = {
  /** Most items at once as the user wants it; 0: what pays. */
  readonly wanted: number;
  /** Outputs of each of the first so many of a row of different pictures, run at once. */
  readonly run: (items: number) => Promise<OutputTensor[][]>;
  /** Outputs of the picture of that place in the row, run by itself. */
  readonly runAlone: (place: number) => Promise<OutputTensor[]>;
  readonly now: () => number;
};

/**
 * The sizes in which a model is run, each of them run here already. Where the user says a number: that, and the powers of two below.
 * Where not: one after the other as long as each saves a tenth of an item's time; the first that does not, or that fails, ends it.
 *
 * For each size it is looked whether the outputs are those of the pictures by themselves, to the last bit. With one thread they were
 * for every model that was tried; with more, cuts between threads fall elsewhere in a batch, and digits change. How the work is cut
 * depends on shapes, not on the picture, so that what holds for pictures of noise holds for all.
 */
export async function settleBatch(trial: BatchTrial): Promise<BatchSizes> {
  const alone: OutputTensor[][] = [];
  const isExact = async (outputs: readonly OutputTensor[][]): Promise<boolean> => {
    while (alone.length < outputs.length) alone.push(await trial.runAlone(alone.length));
    return outputs.every((each, place) => haveSameBits(each, alone[place] ?? []));
  };
  const perItemMs = async (size: number): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const startedAt = trial.now();
      await (size === 1 ? trial.runAlone(0) : trial.run(size));
      times.push((trial.now() - startedAt) / size);
    }
    return times.sort((a, b) => a - b)[RUNS >> 1] ?? 0;
  };
  const sizes: number[] = [];
  let exact = true;
  let bestMs = trial.wanted === 0 ? await perItemMs(1) : 0;
  if (bestMs > TOO_SLOW_MS) return { sizes, exact };
  for (const size of trial.wanted === 0 ? SIZES : sizesUpTo(trial.wanted)) {
    // many a model says that its batch is free and then has a shape of one picture inside, or not the memory
    const outputs = await trial.run(size).catch(() => undefined);
    if (outputs === undefined) break;
    if (trial.wanted === 0) {
      const ms = await perItemMs(size);
      if (ms > bestMs * (1 - GAIN)) break;
      bestMs = ms;
    }
    sizes.push(size);
    exact &&= await isExact(outputs);
  }
  return { sizes, exact };
}

/** 2, 4, 8 … below `most`, and `most` itself. */
function sizesUpTo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = 2; size < most; size *= 2) sizes.push(size);
  return [...sizes, most];
}

function haveSameBits(outputs: readonly OutputTensor[], others: readonly OutputTensor[]): boolean {
  return outputs.every(({ shape, data }, i) => {
    const other = others[i];
    return other?.shape.join() === shape.join() && Buffer.compare(bytesOf(data), bytesOf(other.data)) === 0;
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
