import type { AlgoResult } from '../../runtime/index.js';
import { preview } from '../../nodes/shared/preview.js';
import type { ResultRow } from './contract.js';

/** What is kept of one stream, in characters of JSON where it is no number of rows. */
const MOST = { rows: 2000, all: 8_000_000, row: 200_000 } as const;
/** What one answer may have. */
const ANSWER = { rows: 500, all: 2_000_000 } as const;

type Kept = { readonly row: ResultRow; readonly size: number };

/** The newest results of a stream, numbered. */
export class ResultLog {
  #kept: Kept[] = [];
  #size = 0;
  #last = 0;

  /** Forgets all, and counts from 1 again. */
  clear(): void {
    this.#kept = [];
    this.#size = 0;
    this.#last = 0;
  }

  add({ algoId, position, frame, stream, timing, result }: AlgoResult): void {
    const shown = preview(result);
    // undefined for what JSON has no text for
    const size = (JSON.stringify(shown) as string | undefined)?.length ?? 0;
    this.#last += 1;
    const row: ResultRow = {
      number: this.#last, algo: algoId, position, index: frame.index, epoch: stream.epoch,
      inferenceMs: timing.inferenceMs, latencyMs: timing.latencyMs,
      ...(Array.isArray(result) && { count: result.length }),
      ...(size <= MOST.row && { result: shown }),
    };
    this.#kept.push({ row, size: size <= MOST.row ? size : 0 });
    this.#size += this.#kept.at(-1)?.size ?? 0;
    while (this.#kept.length > MOST.rows || this.#size > MOST.all) this.#size -= this.#kept.shift()?.size ?? 0;
  }

  /** Those with a higher number, oldest first, as many as fit in one answer; `lost`: how many of them are not kept any more. */
  after(number: number): { readonly rows: readonly ResultRow[]; readonly lost: number } {
    const first = this.#last - this.#kept.length + 1;
    const newer = this.#kept.slice(Math.max(0, number - first + 1), Math.max(0, number - first + 1) + ANSWER.rows);
    let size = 0;
    const fitting = newer.filter((kept) => (size += kept.size) <= ANSWER.all);
    return { rows: fitting.map(({ row }) => row), lost: Math.max(0, first - 1 - number) };
  }
}
