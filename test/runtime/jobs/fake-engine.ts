import { type AlgoResult, NO_TOTALS, type StreamEvent, StreamInferError, type StreamPlan, type StreamStats, type StreamTotals } from '../../../dist/runtime/base/index.js';
import type { Engine, EngineHandlers, EngineOptions, EngineUsage, Snapshot, StreamCommand } from '../../../dist/runtime/engine/index.js';

const NOT_PLAYING = new StreamInferError('STREAM_UNKNOWN', 'no stream is playing');

/** An engine that plays what a test tells it to. */
export class FakeEngine implements Engine {
  readonly commands: StreamCommand[] = [];
  handlers!: EngineHandlers;
  options!: EngineOptions;
  plan!: StreamPlan;
  closed = 0;
  stopped = 0;
  /** Called when a stream starts. */
  readonly #play: (engine: FakeEngine) => unknown;

  constructor(play: (engine: FakeEngine) => unknown) {
    this.#play = play;
  }

  readonly open = (options: EngineOptions, handlers: EngineHandlers): Promise<Engine> => {
    this.options = options;
    this.handlers = handlers;
    return Promise.resolve(this);
  };

  start(plan: StreamPlan): Promise<void> {
    this.plan = plan;
    setImmediate(() => this.#play(this));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.stopped += 1;
    if (this.stopped === 1) this.end('stopped');
    return Promise.resolve();
  }

  answer(): void {
    throw new Error('a job has no flow');
  }

  command(_streamId: string, command: StreamCommand): Promise<void> {
    this.commands.push(command);
    return Promise.resolve();
  }

  /** The stream is not playing, before its start and after its end. */
  stats(): Promise<StreamStats> {
    return Promise.reject(NOT_PLAYING);
  }

  totals(): Promise<StreamTotals> {
    return Promise.reject(NOT_PLAYING);
  }

  snapshot(): Promise<Snapshot> {
    return Promise.reject(NOT_PLAYING);
  }

  usage(): Promise<EngineUsage> {
    return Promise.resolve({ memoryBytes: 0, cpuSeconds: 0 });
  }

  close(): Promise<void> {
    this.closed += 1;
    this.handlers.onEngine?.({ event: 'closed' });
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.close();
  }

  tell(event: { readonly event: string } & Record<string, unknown>): void {
    this.handlers.onEvent({ streamId: this.plan.id, ...event } as unknown as StreamEvent);
  }

  result(index: number): void {
    this.handlers.onResult(makeResult(index));
  }

  end(reason: 'finished' | 'stopped' | 'failed', error?: { code: string; message: string }): void {
    this.tell({ event: 'ended', reason, totals: TOTALS, ...(error && { error }) });
  }
}

export const TOTALS: StreamTotals = { ...NO_TOTALS, frames: { ...NO_TOTALS.frames, decoded: 10, delivered: 10, converted: 1 }, algos: { a: { runs: 1, skipped: {} } }, seconds: 1 };

export function makeResult(index: number): AlgoResult {
  return {
    streamId: 's', algoId: 'a', algo: 'a', position: index / 10, frame: { index, sourceIndex: index - 1, pts: index / 10, width: 4, height: 2 },
    stream: { id: 's', name: 's', mode: 'offline', fps: 10, width: 4, height: 2, epoch: 0 },
    result: [index], timing: { inferenceMs: 1, latencyMs: 2 },
  };
}
