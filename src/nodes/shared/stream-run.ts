import { isDeepStrictEqual } from 'node:util';

import { type Engine, type FlowAnswer, type Snapshot, type SnapshotOptions, StreamInferError, type StreamCommand, type StreamEvent, type StreamPlan, type StreamTotals } from '../../runtime/index.js';
import { engineKey, type EnginePool } from './engine-pool.js';
import type { EngineSettings } from './parts.js';

/** A plan, and the engine it is for. */
export type PlannedStream = { readonly plan: StreamPlan; readonly engineId: string; readonly engine: EngineSettings };

type Current = PlannedStream & { readonly key: string };

/** `idle`: never started, or stopped; `finished` and `failed`: came to its end by itself. */
export type RunState = 'idle' | 'playing' | 'finished' | 'failed';

/**
 * One stream on its way through plans and engines. What it is told is done in turn: a start waits for the stop before it.
 */
export class StreamRun {
  readonly id: string;
  readonly #pool: EnginePool;
  #state: RunState = 'idle';
  #current: Current | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #dropped = false;

  constructor(id: string, pool: EnginePool) {
    this.id = id;
    this.#pool = pool;
  }

  get state(): RunState {
    return this.#state;
  }

  /** What it was last told to play. */
  get planned(): PlannedStream | undefined {
    return this.#current;
  }

  /** True while it plays what cannot be taken up again after a crash. */
  get isOffline(): boolean {
    return this.#current?.plan.mode === 'offline';
  }

  /** Whether it was last told to play exactly this. */
  plays(planned: PlannedStream): boolean {
    return this.#current !== undefined && this.#current.key === engineKey(planned.engineId, planned.engine) && isDeepStrictEqual(this.#current.plan, planned.plan);
  }

  /** Plays `planned` in place of what it played; `restart`: from its start, also when it plays that already. */
  async play(planned: PlannedStream, how: 'keep' | 'restart'): Promise<void> {
    const key = engineKey(planned.engineId, planned.engine);
    const before = this.#current;
    const replay = how === 'restart' && this.#state === 'playing' && this.plays(planned);
    this.#state = 'playing';
    this.#current = { ...planned, key };
    await this.#inTurn(async () => {
      if (before !== undefined && before.key !== key) await this.#leave(before);
      const engine = await this.#pool.acquire(key, { settings: planned.engine, streamId: this.id });
      if (replay) await engine.stop(this.id);
      await engine.start(planned.plan);
    }).catch((error: unknown) => {
      this.#state = 'failed';
      throw error;
    });
  }

  /** Resolves when it has ended; its engine stays for the next start. */
  async stop(): Promise<void> {
    const current = this.#current;
    this.#state = 'idle';
    if (current === undefined) return;
    await this.#inTurn(async () => {
      const engine = await this.#engineOf(current);
      await engine.stop(this.id);
    });
  }

  /** Ends it for good, and the engine with it if no other stream needs it. */
  async remove(): Promise<void> {
    const current = this.#current;
    this.#state = 'idle';
    this.#current = undefined;
    if (current === undefined) return;
    await this.#inTurn(() => this.#leave(current));
  }

  /** Does nothing more: all engines are being closed. */
  drop(): void {
    this.#dropped = true;
  }

  /** Rejects with `STATE_INVALID` where it does not play. */
  async command(command: StreamCommand): Promise<void> {
    const playing = this.#playing();
    await this.#inTurn(async () => {
      const engine = await this.#engineOf(playing);
      await engine.command(this.id, command);
    });
  }

  /** The next frame. Rejects with `STATE_INVALID` where it does not play. */
  async snapshot(options: SnapshotOptions): Promise<Snapshot> {
    const engine = await this.#engineOf(this.#playing());
    return await engine.snapshot(this.id, options);
  }

  /** What it has done so far. Rejects with `STATE_INVALID` where it does not play. */
  async totals(): Promise<StreamTotals> {
    const engine = await this.#engineOf(this.#playing());
    return await engine.totals(this.id);
  }

  /** Hands on what a flow answered; nothing happens where it does not play any more. */
  async answer(answer: FlowAnswer): Promise<void> {
    const current = this.#current;
    if (current === undefined || this.#state !== 'playing') return;
    const engine = await this.#engineOf(current);
    engine.answer(answer);
  }

  /** Takes note of what its engine tells. */
  noticed(event: StreamEvent): void {
    if (event.event === 'connecting' || event.event === 'started') this.#state = this.#state === 'idle' ? 'idle' : 'playing';
    // Only this side stops streams, and knows it already.
    if (event.event === 'ended' && event.reason !== 'stopped' && this.#state === 'playing') this.#state = event.reason;
  }

  #playing(): Current {
    if (this.#current === undefined || this.#state !== 'playing') {
      throw new StreamInferError('STATE_INVALID', 'the stream is not playing: start it first');
    }
    return this.#current;
  }

  #engineOf({ key, engine: settings }: Pick<Current, 'key' | 'engine'>): Promise<Engine> {
    return this.#pool.acquire(key, { settings, streamId: this.id });
  }

  async #leave(from: Current): Promise<void> {
    try {
      const engine = await this.#engineOf(from);
      await engine.stop(this.id);
    } finally {
      await this.#pool.release(from.key, this.id);
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#dropped) throw new StreamInferError('ENGINE_CLOSED', 'the flows are being stopped');
      return task();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
