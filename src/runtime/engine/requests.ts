import { type Deferred, fromWire, makeDeferred, type StreamInferError, type StreamTotals, type WireError } from '../base/index.js';
import type { EngineUsage, Snapshot } from './api.js';

/** What another thread or process says to the request of that id. */
export type Reply = {
  readonly type: 'reply';
  readonly id: number;
  /** Why it was not done. */
  readonly error?: WireError;
  /** What was asked for. */
  readonly totals?: StreamTotals;
  readonly snapshot?: Snapshot;
  readonly usage?: EngineUsage;
};

/** Requests to another thread or process that wait for their reply. */
export class Requests {
  readonly #waiting = new Map<number, Deferred<Reply>>();
  #nextId = 1;

  /** An id for a request about to be sent; `reply` rejects with why it was not done. */
  open(): { readonly id: number; readonly reply: Promise<Reply> } {
    const id = this.#nextId++;
    const waiting = makeDeferred<Reply>();
    this.#waiting.set(id, waiting);
    return { id, reply: waiting.promise };
  }

  settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply);
    else waiting?.reject(fromWire(reply.error));
  }

  /** No reply will come any more. */
  failAll(error: StreamInferError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
