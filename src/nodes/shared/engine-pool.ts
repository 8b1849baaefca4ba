import type { AlgoResult, Engine, EngineHandlers, EngineUsage, FlowRequest, StreamEvent } from '../../runtime/index.js';
import type { EngineSettings } from './parts.js';

/** What a process is started with; all other settings are part of the plans. */
export type ProcessSettings = Pick<EngineSettings, 'memoryLimitMb' | 'threads'>;

/** How an engine process is started. */
export type EngineFactory = (
  options: ProcessSettings,
  handlers: EngineHandlers,
) => Promise<Engine>;

/** What an engine says of itself. */
export type EngineEvent = Parameters<NonNullable<EngineHandlers['onEngine']>>[0];

export type PoolHandlers = {
  readonly onResult: (result: AlgoResult) => void;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onFlowRequest: (request: FlowRequest) => void;
  readonly onFlowOver: (requestId: string) => void;
  /** `streamIds`: the streams that the engine was asked for. */
  readonly onEngine: (event: EngineEvent, streamIds: readonly string[]) => void;
};

type Entry = { readonly engine: Promise<Engine>; readonly streamIds: Set<string> };

/** An engine that runs. */
export type RunningEngine = {
  /** See `engineKey`. */
  readonly key: string;
  readonly streamIds: readonly string[];
  /** Rejects where its process is not there. */
  readonly usage: () => Promise<EngineUsage>;
};

/** The engines that streams asked for: opened for the first of them, closed when none is left. */
export class EnginePool {
  readonly #open: EngineFactory;
  readonly #handlers: PoolHandlers;
  readonly #entries = new Map<string, Entry>();

  constructor(open: EngineFactory, handlers: PoolHandlers) {
    this.#open = open;
    this.#handlers = handlers;
  }

  /** The engine under `key` for one more stream. Rejects when it cannot be opened; the next call tries again. */
  async acquire(key: string, { settings, streamId }: { settings: EngineSettings; streamId: string }): Promise<Engine> {
    const entry = this.#entries.get(key) ?? this.#add(key, settings);
    entry.streamIds.add(streamId);
    try {
      return await entry.engine;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** The stream needs the engine under `key` no more; resolves when an engine that none needs is closed. */
  async release(key: string, streamId: string): Promise<void> {
    const entry = this.#entries.get(key);
    entry?.streamIds.delete(streamId);
    if (entry === undefined || entry.streamIds.size > 0) return;
    this.#entries.delete(key);
    await entry.engine.then((engine) => engine.close());
  }

  /** Those that were asked for and not released. */
  get running(): RunningEngine[] {
    return [...this.#entries].map(([key, { engine, streamIds }]) => ({ key, streamIds: [...streamIds], usage: async () => await (await engine).usage() }));
  }

  /** Closes all engines. */
  async close(): Promise<void> {
    const entries = this.#takeAll();
    await Promise.allSettled(entries.map((entry) => entry.engine.then((engine) => engine.close())));
  }

  #takeAll(): Entry[] {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    return entries;
  }

  #add(key: string, { memoryLimitMb, threads }: EngineSettings): Entry {
    const streamIds = new Set<string>();
    const { onEngine, ...handlers } = this.#handlers;
    const engine = this.#open(
      { memoryLimitMb, threads },
      { ...handlers, onEngine: (event) => { onEngine(event, [...streamIds]); } },
    );
    const entry = { engine, streamIds };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** The stream-engine that a key is of; `''`: the default one. */
export function engineIdOf(key: string): string {
  return (JSON.parse(key) as [string])[0];
}

/** Equal for two configs that the same process can serve. */
export function engineKey(engineId: string, { memoryLimitMb, threads }: EngineSettings): string {
  return JSON.stringify([engineId, memoryLimitMb, threads]);
}
