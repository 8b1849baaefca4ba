import { debuglog } from 'node:util';
import { z } from 'zod';

import { type AlgoResult, check, type Clock, StreamInferError } from '../base/index.js';
import { type SinkOptions, sinkSchema } from '../base/plan.js';
import { SinkQueue, type SinkState } from '../sinks/index.js';
import { type ResultQuery, ResultStore, type ResultStoreOptions } from './result-store.js';

/** Results that may wait for a slow `collect`. */
const PENDING_LIMIT = 10_000;

const debug = debuglog('stream-infer');

export type DispatcherOptions = ResultStoreOptions & {
  /**
   * Told of everything that goes wrong with `collect`: what it threw, and results left out because 10,000 were waiting
   * for it. Default: a warning of the process.
   */
  readonly onError?: (error: unknown, result: AlgoResult) => void;
  /** Where each result is sent besides, whatever `collect` does; see `SinkOptions`. `close` ends them. Default: nowhere. */
  readonly sinks?: readonly SinkOptions[];
  /** Told whenever one of the sinks fares otherwise; `name` is the sink's. */
  readonly onSink?: (name: string, state: SinkState) => void;
  readonly clock?: Clock;
};

/** Sinks of one dispatcher. */
const MOST_SINKS = 16;
/** Milliseconds that `close` gives the sinks to send what waits. */
const CLOSE_MS = 10_000;

/** A result and when it was, as `getResult` gives it. */
export type TimedResult = { readonly position: number; readonly result: unknown };

type Pending = { readonly result: AlgoResult; readonly done: () => void };

/**
 * Collects the results of streams: keeps the newest, and hands each to `collect`, which a class of your own overrides
 * to send them on.
 */
export class Dispatcher {
  readonly #store: ResultStore;
  readonly #onError: (error: unknown, result: AlgoResult) => void;
  readonly #sinks: readonly SinkQueue[];
  readonly #pending: Pending[] = [];
  #collecting: Promise<void> | undefined;
  #isCollecting = false;

  /** `OPTION_INVALID` for options of another shape. */
  constructor(options: DispatcherOptions = {}) {
    const { sinks = [], onSink, clock, onError = warn } = options;
    this.#store = new ResultStore(options);
    this.#onError = onError;
    const plans = check(z.object({ sinks: z.array(sinkSchema).max(MOST_SINKS) }), { sinks }).sinks;
    this.#sinks = plans.map((plan) => {
      const queue: SinkQueue = new SinkQueue(plan, { ...(onSink && { onState: (state) => { onSink(queue.name, state); } }), ...(clock && { clock }) });
      return queue;
    });
  }

  /**
   * Override this: called with each result, in order, one at a time (the next one waits for the promise). What it
   * throws is reported and stops nothing. Here it only logs, when NODE_DEBUG holds `stream-infer`.
   * @param _position Seconds from the start of the stream.
   * @param _algoName The algo's name.
   * @param _result Plain data; for a detector an array of `Detection`.
   * @param full The whole of it, with stream, frame and times.
   */
  // eslint-disable-next-line @typescript-eslint/max-params -- the hook of stream-infer's dispatchers, and `full` beside
  collect(_position: number, _algoName: string, _result: unknown, full: AlgoResult): void | Promise<void> {
    debug('%s: %s at %d s: %j', full.stream.name, full.algo, full.position, full.result);
  }

  /**
   * Keeps the result and hands it to `collect`, called by whoever owns the engine. Never rejects; resolves when
   * `collect` is done with it: wait for it where results must not pile up, or leave it.
   */
  dispatch(result: AlgoResult): Promise<void> {
    this.#store.add(result);
    for (const sink of this.#sinks) sink.push(result);
    if (this.#pending.length >= PENDING_LIMIT) {
      this.#report(new StreamInferError('STATE_INVALID', `collect is too slow: ${PENDING_LIMIT} results wait, one more is kept but not collected`), result);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#pending.push({ result, done: resolve });
      if (!this.#isCollecting) this.#collecting = this.#collectPending();
    });
  }

  /** Resolves when `collect` is done with all that was dispatched. */
  async drain(): Promise<void> {
    while (this.#isCollecting) await this.#collecting;
  }

  /** How the sinks fare, by name. */
  get sinks(): readonly { readonly name: string; readonly state: SinkState }[] {
    return this.#sinks.map(({ name, state }) => ({ name, state }));
  }

  /**
   * Waits for `collect`, then for the sinks to send what waits, and ends them. What they could not send by then stays in their spools; of those
   * without one it is lost. Resolves with how they fared.
   * @param milliseconds For the sinks. Default 10,000.
   */
  async close(milliseconds = CLOSE_MS): Promise<Dispatcher['sinks']> {
    await this.drain();
    await Promise.all(this.#sinks.map((sink) => sink.drain(milliseconds)));
    const outcome = this.sinks;
    await Promise.all(this.#sinks.map((sink) => sink.close()));
    return outcome;
  }

  /** Results that are kept, in the order they came. Plain data. `OPTION_INVALID` for a question of another shape. */
  query(given: ResultQuery): AlgoResult[] {
    return this.#store.query(given);
  }

  /** All kept results of an algo, oldest first, of all streams; undefined where there are none. `clear` forgets them. */
  getResult(name: string, clear = false): TimedResult[] | undefined {
    const kept = this.query({ query: 'all', algo: name, clear });
    return kept.length > 0 ? kept.map(timed) : undefined;
  }

  /** The newest result of an algo; undefined where there is none. `clear` forgets all results of that algo. */
  getLastResult(name: string, clear = false): TimedResult | undefined {
    return this.getResult(name, clear)?.at(-1);
  }

  /** Forgets all results. */
  clear(): void {
    this.#store.clear();
  }

  /** Runs at once up to the first `collect` that gives a promise. */
  async #collectPending(): Promise<void> {
    this.#isCollecting = true;
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
      const { position, algo, result } = next.result;
      try {
        const outcome = this.collect(position, algo, result, next.result);
        if (outcome) await outcome;
      } catch (error) {
        this.#report(error, next.result);
      }
      next.done();
    }
    this.#isCollecting = false;
  }

  /** An error handler that throws must not end the collecting, nor get lost. */
  #report(error: unknown, result: AlgoResult): void {
    try {
      this.#onError(error, result);
    } catch (second) {
      warn(error, result);
      warn(second, result);
    }
  }
}

function timed({ position, result }: AlgoResult): TimedResult {
  return { position, result };
}

function warn(error: unknown, { algo, position }: AlgoResult): void {
  const why = error instanceof Error ? error.message : String(error);
  process.emitWarning(`collecting the result of ${algo} at ${position} s: ${why}`, 'StreamInferWarning');
}
