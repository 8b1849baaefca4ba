import { type FileHandle, open } from 'node:fs/promises';

import { type AlgoPlan, type AlgoResult, cropsOf, fileLines, keepsNothing, StreamInferError, toWire } from '../../base/index.js';
import type { KnownPlan, StreamPlan } from '../../base/plan.js';
import type { LaneOutcome } from './lane-handle.js';

/** What a frame gave in the run before. */
export type KnownFrame = AlgoResult['frame'] & {
  /** By algo name. */
  readonly results: ReadonlyMap<string, unknown>;
};

/** What became of a turn in the run before. */
export type KnownTurn = { readonly result: unknown } | 'gave-nothing';

/** The results of a run before, read from their file in step with the frames. */
export class KnownResults {
  /** Number of the last frame that has some. */
  readonly until: number;
  readonly #plan: KnownPlan;
  #file: FileHandle | undefined;
  #lines: AsyncGenerator<Buffer> | undefined;
  /** The line that was read last and not yet given. */
  #ahead: Line | undefined;

  constructor(plan: KnownPlan) {
    this.#plan = plan;
    this.until = plan.until;
  }

  /** The next frame that has results, up to number `index`; undefined: none. Throws `OPTION_INVALID` where the file is none of results. */
  async next(index: number): Promise<KnownFrame | undefined> {
    if (index > this.until) return undefined;
    this.#ahead ??= await this.#read();
    const frame = this.#ahead?.frame;
    if (frame === undefined || frame.index > index) return undefined;
    const results = new Map<string, unknown>();
    for (; this.#ahead?.frame.index === frame.index; this.#ahead = await this.#read()) results.set(this.#ahead.algo, this.#ahead.result);
    return { ...frame, results };
  }

  /** What became of the algo's turn at the frame of that number; undefined: it is to be run. */
  turnOf(algo: AlgoPlan, index: number, known: KnownFrame | undefined): KnownTurn | undefined {
    if (!keepsNothing(algo)) return undefined;
    if (known?.results.has(algo.name) === true) return { result: known.results.get(algo.name) };
    return index < this.until ? 'gave-nothing' : undefined;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #read(): Promise<Line | undefined> {
    const { path, bytes } = this.#plan;
    try {
      this.#file ??= await open(path);
      this.#lines ??= fileLines(this.#file, bytes);
      const { value } = (await this.#lines.next()) as IteratorResult<Buffer, undefined>;
      return value && lineOf(value);
    } catch (cause) {
      throw new StreamInferError('OPTION_INVALID', `known: read the results in ${path}: ${toWire(cause).message}`, { cause });
    }
  }
}

/** What such a turn gives; nothing is run for it. Rejects where it gave nothing. */
export function outcomeOf(known: KnownTurn, algo: AlgoPlan): Promise<LaneOutcome> {
  return known === 'gave-nothing' ? Promise.reject(gaveNothing(algo)) : Promise.resolve({ result: known.result, inferenceMs: 0 });
}

/** Whether what is known of that algo's runs, and of those on its crops, can be told without the frames: nobody else looks at them. */
export function needsNoFrames(algo: AlgoPlan, { algos, recorders, process, source, known }: StreamPlan): boolean {
  if (known === undefined || source.loop || process || recorders.length > 0) return false;
  const canBeTold = (one: AlgoPlan): boolean => keepsNothing(one) && one.motionGate === undefined && algos.every((other) => cropsOf(other)?.of !== one.id || canBeTold(other));
  return canBeTold(algo);
}

/** It failed in the run before, too; or, of a frame that is left out now, that could not be decoded. */
export function gaveNothing({ name }: AlgoPlan): StreamInferError {
  return new StreamInferError('ALGO_RUN_FAILED', `${name}: a run gave nothing before the stream broke off; begin anew to have it run again`);
}

type Line = Pick<AlgoResult, 'algo' | 'frame' | 'result'>;

function lineOf(text: Buffer): Line {
  const { algo, frame, result } = JSON.parse(text.toString('utf8')) as Partial<Line>;
  const numbers = frame && [frame.index, frame.sourceIndex, frame.pts, frame.width, frame.height];
  if (typeof algo !== 'string' || numbers?.every(Number.isFinite) !== true) throw new Error('expected results, got another line');
  return { algo, frame: frame as Line['frame'], result };
}
