import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';

import type { LaneAlgo } from '../algo/index.js';
import { StreamInferError, systemClock, toWire, type WireError } from '../base/index.js';
import { LaneAdmission } from './lane-admission.js';
import type { LaneNotice, LaneReply, LaneRequest, LaneRun, LaneTiming } from './messages.js';

export type LaneServerOptions = {
  readonly name: string;
  /** Seconds a run may take. */
  readonly timeout: number;
  /** Runs that may be under way at a time. Default 1. */
  readonly runsAtOnce?: number;
};

type Waiting = { readonly port: MessagePort; readonly request: LaneRun; /** Aborted: nobody waits for its result. */ readonly giveUp: AbortController };

/** How a run is ended early, and what it tells. */
type RunContext = { readonly signal: AbortSignal; readonly onInferred: () => void };

type Outcome =
  | { readonly type: 'done'; readonly result: unknown; readonly timing: LaneTiming }
  | { readonly type: 'failed'; readonly error: WireError; readonly isLast?: boolean };

/**
 * Runs an algo for the streams that attach to it, one run at a time or as many as it may; which one is next, `LaneAdmission` says. Where the algo
 * takes several windows at once, a run takes as many as wait at that moment, and never waits for more.
 */
export class LaneServer {
  readonly #algo: LaneAlgo;
  readonly #options: LaneServerOptions;
  #isDead = false;
  readonly #waiting: LaneAdmission<MessagePort, Waiting>;
  /** Those that wait and those under way. */
  readonly #accepted = new Set<Waiting>();
  /** Each does one run after the other until none waits. */
  readonly #serving = new Set<Promise<void>>();

  constructor(algo: LaneAlgo, options: LaneServerOptions) {
    this.#algo = algo;
    this.#options = options;
    this.#waiting = new LaneAdmission({
      room: (options.runsAtOnce ?? 1) * (algo.batch?.sizes.at(-1) ?? 1),
      clock: systemClock,
      isIdle: () => this.#serving.size === 0,
      onGo: (port) => { port.postMessage({ type: 'go' } satisfies LaneNotice); },
      onAsking: (port, isOn) => { port.postMessage({ type: 'asking', isOn } satisfies LaneNotice); },
    });
    void algo.died?.then(() => { this.#isDead = true; });
  }

  /** A stream of that priority. */
  attach(port: MessagePort, priority: number): void {
    this.#waiting.open(port, priority);
    port.on('message', (request: LaneRequest) => {
      switch (request.type) {
        case 'run': { this.#accept({ port, request, giveUp: new AbortController() }); break; }
        case 'give-up': { this.#giveUp(port, request.runId); break; }
        case 'ask': { this.#waiting.ask(port); break; }
        case 'pass': { this.#waiting.pass(port); break; }
      }
    });
    port.on('close', () => {
      this.#waiting.close(port);
      for (const waiting of this.#accepted) if (waiting.port === port) this.#accepted.delete(waiting);
    });
  }

  /** Finishes the runs that wait, then closes the algo; rejects with what its `close` threw. */
  async close(): Promise<void> {
    await Promise.all(this.#serving);
    for (const port of this.#waiting.ports) port.close();
    await this.#algo.close();
  }

  #accept(waiting: Waiting): void {
    this.#accepted.add(waiting);
    this.#waiting.push(waiting.port, waiting);
    if (this.#serving.size >= (this.#options.runsAtOnce ?? 1)) return;
    const serving = this.#serveAll().finally(() => {
      this.#serving.delete(serving);
      this.#waiting.letGo();
    });
    this.#serving.add(serving);
  }

  #giveUp(port: MessagePort, runId: number): void {
    const reason = new StreamInferError('ALGO_RUN_FAILED', `${this.#options.name}: given up for a newer turn`);
    for (const { port: from, request, giveUp } of this.#accepted) if (from === port && request.runId === runId) giveUp.abort(reason);
  }

  async #serveAll(): Promise<void> {
    for (;;) {
      // native runs hold the event loop: what has come meanwhile is heard now, and takes part in the choice
      await nextTurn();
      const batch = this.#next();
      if (batch.length === 0) return;
      const outcomes = await this.#run(batch);
      batch.forEach((waiting, i) => { this.#reply(waiting, outcomes[i] as Outcome); });
    }
  }

  /** What is run next: one request, or several of those that wait. */
  #next(): Waiting[] {
    const first = this.#waiting.take();
    if (first === undefined) return [];
    const batch = [first];
    if (first.request.alone || first.giveUp.signal.aborted) return batch;
    const joins = ({ request, giveUp }: Waiting): boolean => !request.alone && !giveUp.signal.aborted;
    const count = 1 + this.#waiting.count(joins);
    const size = this.#algo.batch?.sizes.findLast((candidate) => candidate <= count) ?? 1;
    while (batch.length < size) batch.push(this.#waiting.take(joins) as Waiting);
    return batch;
  }

  #reply(waiting: Waiting, outcome: Outcome): void {
    const { port, request: { runId, frames } } = waiting;
    this.#accepted.delete(waiting);
    // a run that failed may go on reading its frames
    const mayReuse = outcome.type === 'done' && this.#algo.keepsFrames !== true;
    const buffers = mayReuse ? frames.map((frame) => frame.data) : [];
    try {
      port.postMessage({ ...outcome, runId, buffers } satisfies LaneReply, buffers);
    } catch (error) {
      const wire = { code: 'ALGO_RUN_FAILED', message: `${this.#options.name}: the result is no plain data: ${toWire(error).message}` } as const;
      port.postMessage({ type: 'failed', error: wire, runId, buffers: [] } satisfies LaneReply);
    }
  }

  /** Of each request; where the run fails it has failed for all. */
  async #run(batch: readonly Waiting[]): Promise<Outcome[]> {
    const requests = batch.map(({ request }) => request);
    const abort = abortedWithAll(batch.map(({ giveUp }) => giveUp.signal));
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
      abort.signal.throwIfAborted();
      const results = await Promise.race([this.#results(requests.map(({ frames }) => frames), { signal: abort.signal, onInferred }), timedOut]);
      const endedAtMs = systemClock.now();
      const postprocess = inferredAtMs === undefined ? {} : { postprocessMs: endedAtMs - inferredAtMs };
      const windows = requests.length > 1 ? { windows: requests.length } : {};
      return requests.map(({ sentAtMs }, i) => ({ type: 'done', result: results[i], timing: { waitMs: beganAtMs - sentAtMs, inferenceMs: endedAtMs - beganAtMs, ...postprocess, ...windows } }));
    } catch (thrown) {
      const error = toWire(thrown, 'ALGO_RUN_FAILED');
      return requests.map(() => ({ type: 'failed', error, isLast: this.#isDead }));
    } finally {
      clearTimeout(timer);
    }
  }

  async #results(windows: readonly LaneRun['frames'][], { signal, onInferred }: RunContext): Promise<readonly unknown[]> {
    const [only, ...others] = windows;
    const { batch } = this.#algo;
    if (batch !== undefined && others.length > 0) return await batch.run(windows, signal, onInferred);
    return [await this.#algo.run(only ?? [], signal, onInferred)];
  }
}

/** Aborted when all of those are: what one stream gives up others may wait for. */
function abortedWithAll(signals: readonly AbortSignal[]): AbortController {
  const all = new AbortController();
  const look = (): void => { if (signals.every(({ aborted }) => aborted)) all.abort(signals[0]?.reason); };
  for (const signal of signals) signal.addEventListener('abort', look);
  look();
  return all;
}
