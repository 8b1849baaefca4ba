import { type AlgoResult, type SinkPlan, SinkQueue, type SinkState, toWire, type WireError } from '../../runtime/index.js';
import type { Red, RedNode } from './red.js';

/** Milliseconds that a deploy waits for what can be sent. */
const DRAIN_MS = 3000;

/** The sink of a stream-sink, which several dispatchers may use. */
export class SharedSink {
  readonly name: string;
  readonly #queue: SinkQueue | undefined;
  readonly #fault: WireError | undefined;
  readonly #listeners = new Set<(state: SinkState) => void>();

  /** `plan` may throw: it is then a sink that takes nothing, and says why. */
  constructor(name: string, plan: () => SinkPlan) {
    try {
      this.#queue = new SinkQueue(plan(), { onState: (state) => { for (const listener of this.#listeners) listener(state); } });
    } catch (error) {
      this.#fault = toWire(error);
    }
    this.name = name === '' ? this.#queue?.name ?? 'sink' : name;
  }

  get state(): SinkState {
    return this.#queue?.state ?? { state: 'failing', waiting: 0, sent: 0, refused: 0, lost: 0, ...(this.#fault && { error: this.#fault }) };
  }

  push(result: AlgoResult): void {
    this.#queue?.push(result);
  }

  /** Tells each change, until what comes back is called. */
  listen(listener: (state: SinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  }

  /** Sends what it can soon; the rest waits in the spool for the next one. */
  async close(): Promise<void> {
    if (this.#queue?.state.state !== 'failing') await this.#queue?.drain(DRAIN_MS);
    await this.#queue?.close();
    this.#listeners.clear();
  }
}

const sinks = new Map<RedNode, SharedSink>();

/** Makes the node known as one that has that sink, until it is closed. */
export function addSink(node: RedNode, sink: SharedSink): void {
  sinks.set(node, sink);
  node.on('close', (_removed, done) => {
    sinks.delete(node);
    sink.close().then(done, done);
  });
}

/** Of all stream-sinks that are deployed. */
export function allSinks(): readonly SharedSink[] {
  return [...sinks.values()];
}

/** The sink of the stream-sink of that id; undefined where there is none. */
export function sinkOf(red: Red, id: string): SharedSink | undefined {
  const node = red.nodes.getNode(id);
  return node == null ? undefined : sinks.get(node);
}
