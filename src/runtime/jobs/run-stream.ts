import { type AlgoResult, type EndReason, fromWire, makeDeferred, type StreamEvent, type StreamPlan, type StreamStats, type StreamTotals } from '../base/index.js';
import { type Engine, type EngineHandlers, type EngineOptions, openEngine } from '../engine/index.js';
import { isLoadError } from './load-error.js';
import { Outbox } from './outbox.js';

/** How an engine comes about: `openEngine` unless somebody brings another. */
export type OpenEngine = (options: EngineOptions, handlers: EngineHandlers) => Promise<Engine>;

/** One stream to be played to its end. */
export type StreamRun = {
  readonly plan: StreamPlan;
  readonly engine?: EngineOptions;
  readonly openEngine?: OpenEngine;
  /** Takes each result, in order, one at a time. Offline a slow one makes the stream wait. An error of it ends the run. */
  readonly deliver: (result: AlgoResult) => unknown;
  readonly onEvent?: (event: StreamEvent) => void;
  /** Aborted: what was accepted is finished, recordings are closed, and the run resolves as `stopped`. */
  readonly signal?: AbortSignal;
};

export type StreamOutcome = { readonly reason: EndReason; readonly totals: StreamTotals };

/** `StreamPlayer.play` of a stream that nobody asks for its stats. */
export function runStream(run: StreamRun): Promise<StreamOutcome> {
  return new StreamPlayer(run).play();
}

type Ended = Extract<StreamEvent, { event: 'ended' }>;

/** Plays a stream, once, in an engine of its own. */
export class StreamPlayer {
  readonly #run: StreamRun;
  readonly #outbox: Outbox;
  readonly #begun = makeDeferred<Engine>();
  readonly #ended = makeDeferred<Ended>();
  #finalStats: StreamStats | undefined;
  #engine: Engine | undefined;
  #failure: { readonly error: unknown } | undefined;
  #commands: Promise<unknown> = Promise.resolve();

  constructor(run: StreamRun) {
    this.#run = run;
    this.#outbox = new Outbox({
      mode: run.plan.mode,
      deliver: run.deliver,
      onLevel: (level) => { this.#hold(level === 'full' ? 'pause' : 'resume'); },
      onError: (error) => { this.#fail(error); },
    });
  }

  /**
   * Resolves when the last result was taken and recordings are closed; rejects with what the stream, an algo's opening,
   * `deliver` or `onEvent` failed with.
   */
  async play(): Promise<StreamOutcome> {
    try {
      return await this.#play();
    } catch (error) {
      this.#begun.reject(error);
      throw error;
    }
  }

  /** What it has cost so far or, when it has ended, in all. Rejects with what playing failed with before it began. */
  async stats(): Promise<StreamStats> {
    const engine = await this.#begun.promise;
    return await engine.stats(this.#run.plan.id).catch((error: unknown) => {
      if (this.#finalStats === undefined) throw error;
      return this.#finalStats;
    });
  }

  async #play(): Promise<StreamOutcome> {
    const { plan, signal } = this.#run;
    const engine = await (this.#run.openEngine ?? openEngine)(this.#run.engine ?? {}, this.#handlers());
    this.#engine = engine;
    const stop = (): void => { this.#stop(); };
    signal?.addEventListener('abort', stop);
    try {
      await engine.start(plan);
      this.#begun.resolve(engine);
      if (signal?.aborted || this.#failure) stop();
      return await this.#outcome();
    } finally {
      signal?.removeEventListener('abort', stop);
      await engine.close();
    }
  }

  async #outcome(): Promise<StreamOutcome> {
    const { reason, totals, error } = await this.#ended.promise;
    await this.#outbox.drained();
    if (this.#outbox.dropped > 0) {
      this.#tell({ streamId: this.#run.plan.id, event: 'warning', message: `${this.#outbox.dropped} results were dropped: they came faster than they were taken` });
    }
    if (this.#failure) throw this.#failure.error;
    if (reason === 'failed') throw fromWire(error ?? { code: 'INTERNAL', message: 'the stream failed without saying why' });
    return { reason, totals };
  }

  #handlers(): EngineHandlers {
    return {
      onResult: (result) => { this.#outbox.push(result); },
      onEvent: (event) => { this.#take(event); },
      onEngine: ({ event, message }) => {
        if (event === 'closed') this.#ended.reject(fromWire({ code: 'ENGINE_CLOSED', message: message ?? 'the engine closed before the stream ended' }));
      },
    };
  }

  #take(event: StreamEvent): void {
    this.#tell(event);
    if (event.event === 'error' && isLoadError(event.error.code)) this.#fail(fromWire(event.error));
    if (event.event !== 'ended') return;
    this.#finalStats = event.totals.stats;
    this.#ended.resolve(event);
  }

  #tell(event: StreamEvent): void {
    try {
      this.#run.onEvent?.(event);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop();
  }

  #stop(): void {
    this.#engine?.stop(this.#run.plan.id).catch(this.#ended.reject);
  }

  /** By turns and in order; a stream that has just ended cannot be held, and need not. */
  #hold(action: 'pause' | 'resume'): void {
    this.#commands = this.#commands.then(() => this.#engine?.command(this.#run.plan.id, { action })).catch(() => undefined);
  }
}
