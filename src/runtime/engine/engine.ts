import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';

import { disableNativeTelemetry, type UserAlgo } from '../algo/index.js';
import { type AlgoPlan, StreamInferError, type StreamPlan, type StreamStats, type StreamTotals } from '../base/index.js';
import type { Engine, EngineHandlers, EngineUsage, FlowAnswer, Snapshot, SnapshotOptions, StreamCommand } from './api.js';
import { checkFlows } from './check-flows.js';
import type { LaneEvents } from './lane.js';
import { type LaneClient, LanePool, type LaneUse } from './lane-pool.js';
import { openLocalLane } from './local-lane.js';
import { MediaHost } from './media-host.js';
import type { SetAside } from './messages.js';
import { streamNice } from './niceness.js';
import { type ProcessHook, StreamHost } from './stream-host.js';
import { inferenceThreads, type StreamThreads, streamThreads, type ThreadLoad } from './thread-budget.js';

/** How an engine works. */
export type EngineOptions = {
  /**
   * Cores that may be used, divided between decoders, inference and encoders; 0: all of the machine's. What a stream gets
   * is decided when it is opened and stays when others come and go. Default 0.
   */
  readonly threads?: number;
  /** Asked for every delivered frame of the streams whose plan says `process`. */
  readonly processHook?: ProcessHook;
  /** Objects for the algos of kind `local`, by algo id. */
  readonly localAlgos?: ReadonlyMap<string, UserAlgo>;
};

/** What only an engine's own process says. */
type LocalEngineOptions = EngineOptions & {
  /** Niceness of who started the process: threads wait for each other by the priorities of their streams. Absent: they have their owner's. */
  readonly baseNice?: number;
};

/** Milliseconds that `close` gives the streams; who waits for a process to close has some more. */
const CLOSE_MS = 8000;

/** What only an owner that starts engines anew says of a stream. */
type Comeback = {
  /** Of its first frame. */
  readonly epoch: number;
  readonly setAside: SetAside;
};

/** The engine with what only its own process needs: the epoch at which a stream begins. Plans that it gets were checked. */
export class LocalEngine implements Engine {
  readonly #options: LocalEngineOptions;
  readonly #handlers: EngineHandlers;
  readonly #streams = new Map<string, StreamHost>();
  readonly #media = new Set<MediaHost>();
  readonly #pool = new LanePool();
  /** Starts and stops of a stream happen one after the other. */
  readonly #turns = new Map<string, Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: LocalEngineOptions, handlers: EngineHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    disableNativeTelemetry();
  }

  start(plan: StreamPlan, comeback: Comeback = { epoch: 0, setAside: {} }): Promise<void> {
    return this.#inTurn(plan.id, async () => {
      if (this.#closing !== undefined) throw new StreamInferError('ENGINE_CLOSED', 'the engine is closed');
      checkFlows(plan, this.#handlers);
      const playing = this.#streams.get(plan.id);
      if (playing !== undefined) {
        // One that has told its end, and is only being cleared away, plays no more.
        if (!playing.hasEnded && isDeepStrictEqual(playing.plan, plan)) return;
        await playing.stop();
      }
      this.#open(plan, comeback);
    });
  }

  stop(streamId: string): Promise<void> {
    return this.#inTurn(streamId, async () => {
      await this.#streams.get(streamId)?.stop();
    });
  }

  async command(streamId: string, command: StreamCommand): Promise<void> {
    await this.#playing(streamId).command(command);
  }

  answer(answer: FlowAnswer): void {
    this.#streams.get(answer.streamId)?.answer(answer);
  }

  async stats(streamId: string): Promise<StreamStats> {
    return (await this.totals(streamId)).stats;
  }

  async totals(streamId: string): Promise<StreamTotals> {
    return await this.#playing(streamId).totals();
  }

  async snapshot(streamId: string, options: SnapshotOptions): Promise<Snapshot> {
    return await this.#playing(streamId).snapshot(options);
  }

  usage(): Promise<EngineUsage> {
    const { user, system } = process.cpuUsage();
    return Promise.resolve({ memoryBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async destroy(): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSE_MS); });
    const stopped = Promise.all([...this.#streams.values()].map((stream) => stream.stop()));
    await Promise.race([stopped, deadline]);
    clearTimeout(timer);
    this.#handlers.onEngine?.({ event: 'closed' });
  }

  #playing(streamId: string): StreamHost {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) throw new StreamInferError('STREAM_UNKNOWN', `no stream ${streamId} is playing`);
    return stream;
  }

  #open(plan: StreamPlan, { epoch, setAside }: Comeback): void {
    const { processHook } = this.#options;
    const load = this.#loadWith(plan);
    const threads = streamThreads(plan, load);
    const media = this.#mediaFor(plan, threads);
    const client = { name: plan.name, mode: plan.mode, media: plan.producer, inferenceThreads: inferenceThreads(plan.mode, load), ...this.#niceOf(plan) };
    const stream = new StreamHost({
      plan, epoch, setAside, media,
      threads: { ...threads, decode: media.decodeThreads },
      acquire: (algo, events) => this.#acquire(client, algo, events),
      handlers: this.#handlers,
      ...(processHook !== undefined && { processHook }),
    });
    this.#streams.set(plan.id, stream);
    void stream.ended.then(() => {
      if (this.#streams.get(plan.id) === stream) this.#streams.delete(plan.id);
    });
  }

  /** Who decodes for the stream: one that does so for others already, where it accepts the stream. */
  #mediaFor(plan: StreamPlan, { decode }: StreamThreads): MediaHost {
    const shared = [...this.#media].find((media) => media.accepts(plan));
    if (shared !== undefined) return shared;
    const media = new MediaHost(plan, { threads: decode, ...this.#niceOf(plan) });
    this.#media.add(media);
    void media.ended.then(() => this.#media.delete(media));
    return media;
  }

  #niceOf({ priority }: StreamPlan): { readonly nice?: number } {
    const { baseNice } = this.#options;
    return baseNice === undefined ? {} : { nice: streamNice(baseNice, priority) };
  }

  #loadWith(plan: StreamPlan): ThreadLoad {
    const models = plan.algos.filter(({ kind }) => kind === 'onnx').length;
    return { cores: this.#options.threads || availableParallelism(), streams: this.#streams.size + 1, lanes: this.#pool.size + models };
  }

  #acquire(client: LaneClient, algo: AlgoPlan, events: LaneEvents): LaneUse {
    if (algo.kind !== 'local') return this.#pool.acquire(algo, client, events);
    const lane = openLocalLane(algo, client.name, this.#options.localAlgos?.get(algo.id));
    return { lane, release: () => lane.close() };
  }

  #inTurn(streamId: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(streamId) ?? Promise.resolve()).catch(() => undefined).then(work);
    this.#turns.set(streamId, turn);
    const forget = (): void => { if (this.#turns.get(streamId) === turn) this.#turns.delete(streamId); };
    turn.then(forget, forget);
    return turn;
  }
}
