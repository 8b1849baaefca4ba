import type { FlowRequest } from '../../runtime/index.js';
import type { StreamNode } from './node-api.js';

type Open = { readonly request: FlowRequest; toldTo?: StreamNode };

/**
 * Requests of flow algos that wait for an answer. A deploy may have lost the message of one together with the nodes it was at: the node that
 * comes in place of the one that sent it gets the request again. No more than the algos' limits allow.
 */
export class FlowRequests {
  readonly #open = new Map<string, Open>();

  add(request: FlowRequest): void {
    this.#open.set(request.requestId, { request });
  }

  /** Gives each request that waits, once, to the algo's node that there is now. */
  tell(nodeOf: (id: string) => StreamNode | undefined): void {
    for (const open of [...this.#open.values()]) {
      const node = nodeOf(open.request.algoId);
      if (node === undefined || node === open.toldTo) continue;
      open.toldTo = node;
      node.onFlowRequest(open.request);
    }
  }

  /** The request that is answered now; undefined for one that nobody waits for. */
  take(requestId: string): FlowRequest | undefined {
    const request = this.#open.get(requestId)?.request;
    this.#open.delete(requestId);
    return request;
  }

  /** Nobody waits for answers of those streams: they have ended, or their engine died. */
  drop(streamIds: readonly string[]): void {
    for (const [id, { request }] of this.#open) if (streamIds.includes(request.streamId)) this.#open.delete(id);
  }
}
