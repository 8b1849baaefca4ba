import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';

import type { LaneAlgo } from '../algo/index.js';
import { StreamInferError, systemClock, toWire, type WireError } from '../base/index.js';
import { LaneQueue } from './lane-queue.js';
import type { LaneReply, LaneRequest, LaneTiming } from './messages.js';

export type LaneServerOptions = {
  readonly name: string;
  /** Seconds a run may take. */
  readonly timeout: number;
  /** Whether the frames' memory is used again after a run. Not for users' algos: what they are given is theirs. */
  readonly reuseFrames: boolean;
};

type Waiting = { readonly port: MessagePort; readonly request: LaneRequest };

/** How a run is ended early, and what it tells. */
type RunContext = { readonly signal: AbortSignal; readonly onInferred: () => void };

type Outcome =
  | { readonly type: 'done'; readonly result: unknown; readonly timing: LaneTiming }
  | { readonly type: 'failed'; readonly error: WireError };

/**
 * Runs an algo for the streams that attach to it, one run at a time; which one is next, `LaneQueue` says. Where the algo
 * takes several windows at once, a run takes as many as wait at that moment, and never waits for more.
 */
export class LaneServer {
  readonly #algo: LaneAlgo;
  readonly #options: LaneServerOptions;
  readonly #waiting = new LaneQueue<MessagePort, Waiting>();
  #serving: Promise<void> | undefined;

  constructor(algo: LaneAlgo, options: LaneServerOptions) {
    this.#algo = algo;
    this.#options = options;
  }

  /** A stream of that priority. */
  attach(port: MessagePort, priority: number): void {
    this.#waiting.open(port, priority);
    port.on('message', (request: LaneRequest) => {
      this.#waiting.push(port, { port, request });
      this.#serving ??= this.#serveAll().finally(() => { this.#serving = undefined; });
    });
    port.on('close', () => { this.#waiting.close(port); });
  }

  /** Finishes the runs that wait, then closes the algo; rejects with what its `close` threw. */
  async close(): Promise<void> {
    await this.#serving;
    for (const port of this.#waiting.keys) port.close();
    await this.#algo.close();
  }

  async #serveAll(): Promise<void> {
    for (;;) {
      // native runs hold the event loop: what has come meanwhile is heard now, and takes part in the choice
      await nextTurn();
      const batch = this.#next();
      if (batch.length === 0) return;
      const outcomes = await this.#run(batch.map(({ request }) => request));
      batch.forEach((waiting, i) => { this.#reply(waiting, outcomes[i] as Outcome); });
    }
  }

  /** What is run next: one request, or several of those that wait. */
  #next(): Waiting[] {
    const first = this.#waiting.take();
    if (first === undefined) return [];
    const batch = [first];
    if (first.request.alone) return batch;
    const joins = ({ request }: Waiting): boolean => !request.alone;
    const count = 1 + this.#waiting.count(joins);
    const size = this.#algo.batch?.sizes.findLast((candidate) => candidate <= count) ?? 1;
    while (batch.length < size) batch.push(this.#waiting.take(joins) as Waiting);
    return batch;
  }

  #reply({ port, request: { runId, frames } }: Waiting, outcome: Outcome): void {
    const buffers = this.#options.reuseFrames ? frames.map((frame) => frame.data) : [];
    try {
      port.postMessage({ ...outcome, runId, buffers } satisfies LaneReply, buffers);
    } catch (error) {
      const wire = { code: 'ALGO_RUN_FAILED', message: `${this.#options.name}: the result is no plain data: ${toWire(error).message}` } as const;
      port.postMessage({ type: 'failed', error: wire, runId, buffers: [] } satisfies LaneReply);
    }
  }

  /** Of each request; where the run fails it has failed for all. */
  async #run(requests: readonly LaneRequest[]): Promise<Outcome[]> {
    const abort = new AbortController();
    const { name, timeout } = this.#options;
    const late = new StreamInferError('ALGO_TIMEOUT', `${name}: no result within ${String(timeout)} s`);
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => { abort.abort(late); reject(late); }, timeout * 1000);
    });
    const beganAtMs = systemClock.now();
    let inferredAtMs: number | undefined;
    const onInferred = (): void => { inferredAtMs = systemClock.now(); };
    try {
      const results = await Promise.race([this.#results(requests.map(({ frames }) => frames), { signal: abort.signal, onInferred }), timedOut]);
      const endedAtMs = systemClock.now();
      const postprocess = inferredAtMs === undefined ? {} : { postprocessMs: endedAtMs - inferredAtMs };
      return requests.map(({ sentAtMs }, i) => ({ type: 'done', result: results[i], timing: { waitMs: beganAtMs - sentAtMs, inferenceMs: endedAtMs - beganAtMs, ...postprocess } }));
    } catch (thrown) {
      const error = toWire(thrown, 'ALGO_RUN_FAILED');
      return requests.map(() => ({ type: 'failed', error }));
    } finally {
      clearTimeout(timer);
    }
  }

  async #results(windows: readonly LaneRequest['frames'][], { signal, onInferred }: RunContext): Promise<readonly unknown[]> {
    const [only, ...others] = windows;
    const { batch } = this.#algo;
    if (batch !== undefined && others.length > 0) return await batch.run(windows, signal, onInferred);
    return [await this.#algo.run(only ?? [], signal, onInferred)];
  }
}
