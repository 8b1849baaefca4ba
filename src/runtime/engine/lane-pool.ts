import type { AlgoPlan } from '../base/index.js';
import { type Lane, type LaneEvents, openLane } from './lane.js';

/** A lane in use by one stream. */
export type LaneUse = { readonly lane: Lane; release(): Promise<void> };

type Shared = { readonly lane: Lane; readonly users: Set<LaneEvents> };

/**
 * Lanes of an engine. An ONNX algo of the same id and settings is one lane, whatever the number of its streams: its
 * model is loaded once. A module keeps state, so each stream has its own.
 */
export class LanePool {
  readonly #shared = new Map<string, Shared>();

  /** A lane for that algo, new or shared; it ends when its last user releases it. */
  acquire(plan: AlgoPlan, streamName: string, events: LaneEvents): LaneUse {
    if (plan.kind !== 'onnx') {
      const lane = openLane(plan, streamName, events);
      return { lane, release: () => lane.close() };
    }
    const key = JSON.stringify([plan.id, plan.model, plan.timeout, plan.options]);
    const shared = this.#shared.get(key) ?? this.#open(key, plan, streamName);
    shared.users.add(events);
    return { lane: shared.lane, release: () => this.#release(key, shared, events) };
  }

  #open(key: string, plan: AlgoPlan, streamName: string): Shared {
    const users = new Set<LaneEvents>();
    const lane = openLane(plan, streamName, {
      onWarning: (message) => { for (const user of users) user.onWarning(message); },
      onDownload: (percent) => { for (const user of users) user.onDownload(percent); },
      onDeath: (error) => {
        this.#forget(key, lane);
        for (const user of [...users]) user.onDeath(error);
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
