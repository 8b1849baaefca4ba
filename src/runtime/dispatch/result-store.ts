import { z } from 'zod';

import { type AlgoResult, check } from '../base/index.js';

const querySchema = z.strictObject({
  /** `last`: the newest result of each algo of each stream; `all`: all that are kept. */
  query: z.enum(['last', 'all']),
  /** Only of the algo of this name or id. */
  algo: z.string().optional(),
  /** Only of the stream of this name or id. */
  stream: z.string().optional(),
  /** True: what is asked for is forgotten, with `last` the older results of the same algos too. Default false. */
  clear: z.boolean().default(false),
});
/** A question for results that are kept. */
export type ResultQuery = z.input<typeof querySchema>;

const storeSchema = z.object({
  /** Results per stream and algo. Default 100. */
  keep: z.int().min(0).max(1_000_000).default(100),
  /** Results in all. Default 10,000. */
  keepTotal: z.int().min(0).max(1_000_000).default(10_000),
});
/** How much is kept. */
export type ResultStoreOptions = z.input<typeof storeSchema>;

type Kept = { readonly serial: number; readonly result: AlgoResult };

/** The newest results of each algo of each stream. */
export class ResultStore {
  readonly #lists = new Map<string, Kept[]>();
  readonly #options: z.output<typeof storeSchema>;
  #serial = 0;
  #total = 0;

  /** `OPTION_INVALID` for numbers that are none, or below 0. */
  constructor(options: ResultStoreOptions = {}) {
    this.#options = check(storeSchema, options);
  }

  /** Results that are kept. */
  get size(): number {
    return this.#total;
  }

  /** Keeps one more; the oldest of the same algo, or of all, makes room for it. */
  add(result: AlgoResult): void {
    const key = JSON.stringify([result.streamId, result.algoId]);
    const list = this.#lists.get(key) ?? [];
    this.#lists.set(key, list);
    list.push({ serial: this.#serial++, result });
    this.#total += 1;
    if (list.length > this.#options.keep) this.#dropOldest(key, list);
    if (this.#total > this.#options.keepTotal) this.#dropOldestOfAll();
  }

  /** What is asked for, in the order it came. `OPTION_INVALID` for a question of another shape. */
  query(given: ResultQuery): AlgoResult[] {
    const { query, algo, stream, clear } = check(querySchema, given);
    const found = [...this.#lists].filter(([, [first]]) => first !== undefined && isOf(first.result, algo, stream));
    const kept = found.flatMap(([, list]) => (query === 'last' ? list.slice(-1) : list));
    if (clear) for (const [key, list] of found) this.#forget(key, list);
    return kept.sort((a, b) => a.serial - b.serial).map(({ result }) => result);
  }

  clear(): void {
    this.#lists.clear();
    this.#total = 0;
  }

  #forget(key: string, list: readonly Kept[]): void {
    this.#lists.delete(key);
    this.#total -= list.length;
  }

  #dropOldest(key: string, list: Kept[]): void {
    list.shift();
    this.#total -= 1;
    if (list.length === 0) this.#lists.delete(key);
  }

  #dropOldestOfAll(): void {
    const lists = [...this.#lists];
    const [key, list] = lists.reduce((oldest, next) => ((next[1][0]?.serial ?? 0) < (oldest[1][0]?.serial ?? 0) ? next : oldest));
    this.#dropOldest(key, list);
  }
}

function isOf(result: AlgoResult, algo: string | undefined, stream: string | undefined): boolean {
  const isAlgo = algo === undefined || algo === result.algo || algo === result.algoId;
  return isAlgo && (stream === undefined || stream === result.stream.name || stream === result.streamId);
}
