import { NO_TOTALS } from '../../dist/runtime/base/index.js';
import type { AlgoResult, Engine, EngineHandlers, EngineUsage, FlowAnswer, Snapshot, SnapshotOptions, StreamCommand, StreamEvent, StreamPlan, StreamStats, StreamTotals } from '../../dist/runtime/index.js';
import type { EngineFactory, ProcessSettings } from '../../dist/nodes/shared/engine-pool.js';

type Body = StreamEvent extends infer E ? (E extends { streamId: string } ? Omit<E, 'streamId'> : never) : never;

/** An engine that plays nothing: it keeps what it is told, and tells what a test wants. */
export class FakeEngine implements Engine {
  readonly options: ProcessSettings;
  readonly handlers: EngineHandlers;
  readonly plans = new Map<string, StreamPlan>();
  readonly answers: FlowAnswer[] = [];
  closed = false;
  readonly #calls: string[];

  constructor(options: ProcessSettings, handlers: EngineHandlers, calls: string[]) {
    this.options = options;
    this.handlers = handlers;
    this.#calls = calls;
  }

  start(plan: StreamPlan): Promise<void> {
    this.#calls.push(`start ${plan.id}`);
    this.plans.set(plan.id, plan);
    return Promise.resolve();
  }

  stop(streamId: string): Promise<void> {
    this.#calls.push(`stop ${streamId}`);
    if (this.plans.delete(streamId)) this.end(streamId, 'stopped');
    return Promise.resolve();
  }

  command(streamId: string, command: StreamCommand): Promise<void> {
    this.#calls.push(`${streamId} ${JSON.stringify(command)}`);
    return Promise.resolve();
  }

  answer(answer: FlowAnswer): void {
    this.answers.push(answer);
  }

  stats(): Promise<StreamStats> {
    return Promise.resolve(NO_TOTALS.stats);
  }

  totals(): Promise<StreamTotals> {
    return Promise.resolve(NO_TOTALS);
  }

  snapshot(streamId: string, { width }: SnapshotOptions): Promise<Snapshot> {
    this.#calls.push(`snapshot ${streamId} ${width}`);
    return Promise.resolve({ width, height: width, index: this.#calls.length, epoch: 0, position: 0, jpeg: Uint8Array.of(0xff, 0xd8) });
  }

  usage(): Promise<EngineUsage> {
    return Promise.resolve({ memoryBytes: 1, cpuSeconds: 0 });
  }

  close(): Promise<void> {
    this.#calls.push('close');
    this.closed = true;
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.close();
  }

  event(streamId: string, event: Body): void {
    this.handlers.onEvent({ streamId, ...event });
  }

  end(streamId: string, reason: 'finished' | 'stopped' | 'failed'): void {
    const totals = { ...NO_TOTALS, frames: { ...NO_TOTALS.frames, decoded: 9, delivered: 9 }, seconds: 1 };
    const error = { code: 'SOURCE_OPEN_FAILED', message: 'open it: no' } as const;
    this.event(streamId, { event: 'ended', reason, totals, ...(reason === 'failed' ? { error } : {}) });
  }

  /** A flow algo asks about frames of these bytes. */
  ask(streamId: string, algoId: string, { requestId, bytes = [[1, 2, 3]] }: { requestId: string; bytes?: number[][] }): void {
    const stream = { id: streamId, name: this.plans.get(streamId)?.name ?? '', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
    const images = bytes.map((data, i) => ({ index: i + 1, sourceIndex: i, pts: i / 25, width: 320, height: 180, format: 'jpeg' as const, data: Uint8Array.from(data) }));
    this.handlers.onFlowRequest?.({ requestId, streamId, algoId, algo: algoId, images, source: { width: 640, height: 360 }, stream });
  }

  result(streamId: string, algoId: string, result: unknown = []): void {
    const stream = { id: streamId, name: this.plans.get(streamId)?.name ?? '', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
    const frame = { index: 1, sourceIndex: 0, pts: 0, width: 640, height: 360 };
    const algo = this.plans.get(streamId)?.algos.find(({ id }) => id === algoId)?.name ?? algoId;
    const full: AlgoResult = { streamId, algoId, algo, position: 0, frame, stream, result, timing: { inferenceMs: 24, latencyMs: 30 } };
    this.handlers.onResult(full);
  }
}

/** All engines that were opened, and what they were told, in order. */
export class FakeEngines {
  readonly engines: FakeEngine[] = [];
  readonly calls: string[] = [];
  /** Set: opening rejects with it. */
  failure: Error | undefined;

  readonly open: EngineFactory = (options, handlers) => {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const engine = new FakeEngine(options, handlers, this.calls);
    this.engines.push(engine);
    return Promise.resolve(engine);
  };

  /** The newest one. */
  get engine(): FakeEngine {
    const engine = this.engines.at(-1);
    if (engine === undefined) throw new Error('no engine was opened');
    return engine;
  }

  /** What engines were told since the last time it was asked. */
  takeCalls(): string[] {
    return this.calls.splice(0);
  }

  reset(): void {
    this.engines.length = 0;
    this.calls.length = 0;
    this.failure = undefined;
  }
}
