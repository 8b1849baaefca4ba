import type { MessagePort } from 'node:worker_threads';

import type { LaneAlgo } from '../algo/index.js';
import { StreamInferError, systemClock, toWire, type WireError } from '../base/index.js';
import type { LaneReply, LaneRequest, LaneTiming } from './messages.js';

type RunOutcome = { readonly type: 'done'; readonly result: unknown; readonly timing: LaneTiming } | { readonly type: 'failed'; readonly error: WireError };

export type LaneServerOptions = {
  readonly name: string;
  /** Seconds a run may take. */
  readonly timeout: number;
  /** Whether the frames' memory is used again after a run. Not for users' algos: what they are given is theirs. */
  readonly reuseFrames: boolean;
};

/** Runs an algo for the streams that attach to it: one run at a time, in the order they come. */
export class LaneServer {
  readonly #algo: LaneAlgo;
  readonly #options: LaneServerOptions;
  readonly #ports = new Set<MessagePort>();
  #tail: Promise<void> = Promise.resolve();

  constructor(algo: LaneAlgo, options: LaneServerOptions) {
    this.#algo = algo;
    this.#options = options;
  }

  attach(port: MessagePort): void {
    this.#ports.add(port);
    port.on('message', (request: LaneRequest) => {
      this.#tail = this.#tail.then(() => this.#serve(port, request));
    });
    port.on('close', () => { this.#ports.delete(port); });
  }

  /** Finishes the run under way, then closes the algo; rejects with what its `close` threw. */
  async close(): Promise<void> {
    await this.#tail;
    for (const port of this.#ports) port.close();
    await this.#algo.close();
  }

  async #serve(port: MessagePort, request: LaneRequest): Promise<void> {
    if (!this.#ports.has(port)) return;
    const { runId, frames } = request;
    const buffers = this.#options.reuseFrames ? frames.map((frame) => frame.data) : [];
    const reply = await this.#run(request);
    try {
      port.postMessage({ ...reply, runId, buffers } satisfies LaneReply, buffers);
    } catch (error) {
      const wire = { code: 'ALGO_RUN_FAILED', message: `${this.#options.name}: the result is no plain data: ${toWire(error).message}` } as const;
      port.postMessage({ type: 'failed', error: wire, runId, buffers: [] } satisfies LaneReply);
    }
  }

  async #run(request: LaneRequest): Promise<RunOutcome> {
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
      const result = await Promise.race([this.#algo.run(request.frames, abort.signal, onInferred), timedOut]);
      const endedAtMs = systemClock.now();
      const postprocess = inferredAtMs === undefined ? {} : { postprocessMs: endedAtMs - inferredAtMs };
      return { type: 'done', result, timing: { waitMs: beganAtMs - request.sentAtMs, inferenceMs: endedAtMs - beganAtMs, ...postprocess } };
    } catch (error) {
      return { type: 'failed', error: toWire(error, 'ALGO_RUN_FAILED') };
    } finally {
      clearTimeout(timer);
    }
  }
}
