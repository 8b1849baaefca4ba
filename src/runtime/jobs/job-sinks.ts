import { createHash } from 'node:crypto';

import type { AlgoResult } from '../base/index.js';
import { SinkQueue, type SinkState } from '../sinks/index.js';
import type { Job } from './job.js';
import { identityOf } from './run-identity.js';

/** Milliseconds that sinks have at the end of a job to send what waits. */
const DRAIN_MS = 30_000;

/** How a sink fared. */
export type SinkOutcome = { readonly name: string; readonly state: SinkState };

/** Where the results of a job are sent. */
export class JobSinks {
  readonly #queues: readonly SinkQueue[];
  #closed: Promise<readonly SinkOutcome[]> | undefined;

  private constructor(queues: readonly SinkQueue[]) {
    this.#queues = queues;
  }

  /**
   * `onSink` is told whenever one of them fares otherwise. Results of an offline job get the same ids whenever it is run on the same file, so that a
   * run that goes on, or is repeated, gives a receiver nothing twice.
   */
  static async open(job: Job, onSink: (name: string, state: SinkState) => void): Promise<JobSinks> {
    if (job.sinks.length === 0) return new JobSinks([]);
    const idOf = job.plan.mode === 'offline' ? await stableIds(job) : undefined;
    return new JobSinks(job.sinks.map((plan) => {
      const queue: SinkQueue = new SinkQueue(plan, { onState: (state) => { onSink(queue.name, state); }, ...(idOf && { idOf }) });
      return queue;
    }));
  }

  push(result: AlgoResult): void {
    for (const queue of this.#queues) queue.push(result);
  }

  /** Sends what waits, for 30 s at most, and ends them. May be called twice. */
  close(): Promise<readonly SinkOutcome[]> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<readonly SinkOutcome[]> {
    await Promise.all(this.#queues.map((queue) => queue.drain(DRAIN_MS)));
    const outcome = this.#queues.map(({ name, state }) => ({ name, state }));
    await Promise.all(this.#queues.map((queue) => queue.close()));
    return outcome;
  }
}

/** UUIDs (version 8, RFC 9562) of what the job is and which frame it is about. */
async function stableIds(job: Job): Promise<(result: AlgoResult) => string> {
  const identity = JSON.stringify(await identityOf(job));
  return ({ algoId, frame, stream }) => {
    const hex = createHash('sha256').update(JSON.stringify([identity, algoId, stream.epoch, frame.index])).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
  };
}
