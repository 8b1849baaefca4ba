import type { AlgoPlan, StreamPlan } from '../base/index.js';
import { type Lane, type LaneEvents, type LaneOwner, openLane } from './lane.js';
import { withThreads } from './thread-budget.js';

/** A lane in use by one stream. */
export type LaneUse = { readonly lane: Lane; release(): Promise<void> };

/** The stream that wants a lane. */
export type LaneClient = LaneOwner & Pick<StreamPlan, 'mode'> & {
  /** Threads of an inference, where the lane is opened for it and its algo leaves the choice. */
  readonly inferenceThreads: number;
};

type Shared = { readonly lane: Lane; readonly users: Set<LaneEvents> };

/**
 * Lanes of an engine. An ONNX algo of the same id and settings is one lane, whatever the number of its streams: its
 * model is loaded once, for offline streams once more, whose runs take other threads. A model on a server is shared in the
 * same way. A user's code keeps state, so each stream has its own, as of all other kinds.
 */
export class LanePool {
  readonly #shared = new Map<string, Shared>();

  /** Models that are loaded. */
  get size(): number {
    return this.#shared.size;
  }

  /** A lane for that algo, new or shared; it ends when its last user releases it. */
  acquire(plan: AlgoPlan, client: LaneClient, events: LaneEvents): LaneUse {
    const key = sharedKey(plan, client.mode);
    if (key === undefined) {
      const lane = openLane(plan, client, events);
      return { lane, release: () => lane.close() };
    }
    const shared = this.#shared.get(key) ?? this.#open(key, plan, client);
    shared.users.add(events);
    return { lane: shared.lane, release: () => this.#release(key, shared, events) };
  }

  #open(key: string, plan: AlgoPlan, client: LaneClient): Shared {
    const users = new Set<LaneEvents>();
    const { name, media } = client;
    const lane = openLane(withThreads(plan, client.inferenceThreads), { name, media }, {
      onWarning: (message) => { for (const user of users) user.onWarning(message); },
      onDownload: (percent) => { for (const user of users) user.onDownload(percent); },
      onState: (state) => { for (const user of users) user.onState(state); },
      onDeath: (error, isTold) => {
        this.#forget(key, lane);
        for (const user of [...users]) user.onDeath(error, isTold);
      },
    });
    lane.ready.catch(() => { this.#forget(key, lane); });
    const shared = { lane, users };
    this.#shared.set(key, shared);
    return shared;
  }

  async #release(key: string, shared: Shared, events: LaneEvents): Promise<void> {
    if (!shared.users.delete(events) || shared.users.size > 0) return;
    this.#forget(key, shared.lane);
    await shared.lane.close();
  }

  #forget(key: string, lane: Lane): void {
    if (this.#shared.get(key)?.lane === lane) this.#shared.delete(key);
  }
}

/** What streams must agree in to share a lane; undefined: the algo keeps state, or tells whose frames it has. */
function sharedKey(plan: AlgoPlan, mode: LaneClient['mode']): string | undefined {
  if (plan.kind === 'onnx') return JSON.stringify([plan.id, plan.model, plan.timeout, plan.options, mode]);
  return plan.kind === 'remote' && plan.protocol !== 'json' ? JSON.stringify([plan, mode]) : undefined;
}
