import { join } from 'node:path';

import { type Clock, NO_TOTALS, StreamInferError, type StreamEvent, type StreamPlan, type StreamStats, systemClock } from '../base/index.js';
import { resolveStreamPlan } from '../base/plan.js';
import { Backoff } from '../schedule/index.js';
import { openProcess, type ProcessHost } from '../work/index.js';
import type { Engine, EngineHandlers, FlowAnswer, StreamCommand } from './api.js';
import { checkFlows } from './check-flows.js';
import type { ClientMessage, EngineMessage } from './messages.js';
import { type Reply, Requests } from './requests.js';

/** How an engine process is kept. */
export type EngineClientOptions = {
  /** Cores that the engine may use, see `EngineOptions`; 0: all of the machine's. Default 0. */
  readonly threads?: number;
  /** Memory of the engine process in MiB above which it is started anew; 0: no limit. Default 0. */
  readonly memoryLimitMb?: number;
  readonly clock?: Clock;
};

const HEARTBEAT_MS = 2000;
/** An engine that has not answered for this long hangs. */
const SILENCE_MS = 20_000;
const CLOSE_MS = 10_000;
/** An engine that lived this long begins its pauses anew. */
const STABLE_MS = 60_000;

type Request = ClientMessage extends infer M ? (M extends { readonly id: number } ? Omit<M, 'id'> : never) : never;
type Playing = { readonly plan: StreamPlan; epoch: number };

/**
 * An engine in a child process of its own, which holds all native code. It is watched: when it crashes, hangs or grows
 * beyond its memory limit it is started anew, and its realtime streams play on with `epoch` + 1; an offline stream
 * cannot be whole any more and ends as failed with `ENGINE_CRASHED`.
 */
export function openEngineClient(options: EngineClientOptions, handlers: EngineHandlers): Promise<Engine> {
  return Promise.resolve(new EngineClient(options, handlers));
}

class EngineClient implements Engine {
  readonly #options: EngineClientOptions;
  readonly #handlers: EngineHandlers;
  readonly #clock: Clock;
  readonly #streams = new Map<string, Playing>();
  readonly #requests = new Requests();
  readonly #backoff = new Backoff();
  readonly #closed = new AbortController();
  #host: ProcessHost<ClientMessage> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #heardAtMs = 0;
  #startedAtMs = 0;
  #crash = '';
  #closing: Promise<void> | undefined;

  constructor(options: EngineClientOptions, handlers: EngineHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#launch();
  }

  async start(given: StreamPlan): Promise<void> {
    this.#closed.signal.throwIfAborted();
    const plan = resolveStreamPlan(given);
    checkFlows(plan, this.#handlers);
    const epoch = this.#streams.get(plan.id)?.epoch ?? 0;
    this.#streams.set(plan.id, { plan, epoch });
    if (this.#host === undefined) return;
    await this.#request({ type: 'start', plan, epoch });
  }

  async stop(streamId: string): Promise<void> {
    this.#streams.delete(streamId);
    if (this.#host !== undefined) await this.#request({ type: 'stop', streamId });
  }

  async command(streamId: string, command: StreamCommand): Promise<void> {
    await this.#request({ type: 'command', streamId, command });
  }

  async stats(streamId: string): Promise<StreamStats> {
    const { stats } = await this.#request({ type: 'stats', streamId });
    return stats as StreamStats;
  }

  answer(answer: FlowAnswer): void {
    this.#host?.post({ type: 'answer', answer });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async destroy(): Promise<void> {
    if (!this.#closed.signal.aborted) this.#closed.abort(new StreamInferError('ENGINE_CLOSED', 'the engine is closed'));
    const host = this.#host;
    host?.kill();
    await host?.ended;
  }

  async #close(): Promise<void> {
    this.#closed.abort(new StreamInferError('ENGINE_CLOSED', 'the engine is closed'));
    if (this.#host !== undefined) {
      const answered = new AbortController();
      const deadline = this.#clock.sleep(CLOSE_MS, answered.signal).catch(() => undefined);
      await Promise.race([this.#request({ type: 'close' }).catch(() => undefined), deadline]);
      answered.abort();
    }
    await this.destroy();
  }

  #launch(): void {
    this.#startedAtMs = this.#clock.now();
    this.#heardAtMs = this.#startedAtMs;
    this.#crash = '';
    const host = openProcess<ClientMessage, EngineMessage>({
      entry: join(__dirname, 'engine-process.js'),
      env: { STREAM_INFER_THREADS: String(this.#options.threads ?? 0), UV_THREADPOOL_SIZE: '16' },
      onMessage: (message) => { this.#hear(message); },
      onExit: (how) => { this.#exited(how); },
    });
    this.#host = host;
    this.#heartbeat = setInterval(() => { this.#beat(host); }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  #beat(host: ProcessHost<ClientMessage>): void {
    if (this.#clock.now() - this.#heardAtMs > SILENCE_MS) this.#kill(host, 'it did not answer');
    else host.post({ type: 'ping' });
  }

  #kill(host: ProcessHost<ClientMessage>, why: string): void {
    this.#crash = why;
    host.kill();
  }

  #hear(message: EngineMessage): void {
    this.#heardAtMs = this.#clock.now();
    switch (message.type) {
      case 'ready': { this.#handlers.onEngine?.({ event: 'ready' }); break; }
      case 'result': { this.#handlers.onResult(message.result); break; }
      case 'event': { this.#hearEvent(message.event); break; }
      case 'flow-request': { this.#handlers.onFlowRequest?.(message.request); break; }
      case 'flow-over': { this.#handlers.onFlowOver?.(message.requestId); break; }
      case 'pong': { this.#checkMemory(message.rssBytes); break; }
      case 'reply': { this.#requests.settle(message); break; }
    }
  }

  #hearEvent(event: StreamEvent): void {
    const playing = this.#streams.get(event.streamId);
    if (playing !== undefined && (event.event === 'started' || event.event === 'reconnected')) playing.epoch = event.stream.epoch;
    if (event.event === 'ended') this.#streams.delete(event.streamId);
    this.#handlers.onEvent(event);
  }

  #checkMemory(rssBytes: number): void {
    const limit = this.#options.memoryLimitMb ?? 0;
    const mib = Math.round(rssBytes / 2 ** 20);
    if (limit > 0 && mib > limit && this.#host !== undefined) this.#kill(this.#host, `it used ${String(mib)} MiB, its limit is ${String(limit)} MiB`);
  }

  #exited(how: string): void {
    clearInterval(this.#heartbeat);
    this.#host = undefined;
    const error = new StreamInferError('ENGINE_CRASHED', `the engine process ended: ${this.#crash || how}`);
    this.#requests.failAll(error);
    if (this.#closed.signal.aborted) this.#handlers.onEngine?.({ event: 'closed' });
    else void this.#restart(error);
  }

  async #restart(error: StreamInferError): Promise<void> {
    if (this.#clock.now() - this.#startedAtMs > STABLE_MS) this.#backoff.reset();
    const restartIn = this.#backoff.next();
    this.#handlers.onEngine?.({ event: 'crashed', message: error.message, restartIn });
    this.#failOffline(error);
    await this.#clock.sleep(restartIn * 1000, this.#closed.signal).catch(() => undefined);
    if (this.#closed.signal.aborted) return;
    this.#launch();
    for (const playing of this.#streams.values()) {
      playing.epoch += 1;
      this.#request({ type: 'start', plan: playing.plan, epoch: playing.epoch }).catch(() => undefined);
    }
  }

  #failOffline(cause: StreamInferError): void {
    const error = { code: cause.code, message: cause.message };
    for (const [streamId, { plan }] of this.#streams) {
      if (plan.mode !== 'offline') continue;
      this.#streams.delete(streamId);
      this.#handlers.onEvent({ event: 'error', streamId, error, fatal: true });
      this.#handlers.onEvent({ event: 'ended', streamId, reason: 'failed', totals: NO_TOTALS, error });
    }
  }

  #request(request: Request): Promise<Reply> {
    const { id, reply } = this.#requests.open();
    const sent = this.#host?.post({ ...request, id }) ?? false;
    if (!sent) this.#requests.settle({ type: 'reply', id, error: { code: 'ENGINE_CRASHED', message: 'the engine is being started anew' } });
    return reply;
  }
}
