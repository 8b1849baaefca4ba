import { isDeepStrictEqual } from 'node:util';

import { type Clock, NO_TOTALS, StreamInferError, type StreamEvent, type StreamPlan, type StreamStats, type StreamTotals, systemClock, toWire, type WireError } from '../base/index.js';
import { resolveStreamPlan } from '../base/plan.js';
import { Backoff } from '../schedule/index.js';
import type { Engine, EngineHandlers, EngineUsage, FlowAnswer, Snapshot, SnapshotOptions, StreamCommand } from './api.js';
import { algoPart, Blame, type Culprit, MOST_CRASHES, partsOf, STABLE_MS } from './blame.js';
import { checkFlows } from './check-flows.js';
import type { ClientMessage, EngineMessage, SetAside } from './messages.js';
import { type Reply, Requests } from './requests.js';
import { type ProcessEnd, Supervisor } from './supervisor.js';

/** How an engine process is kept. */
export type EngineClientOptions = {
  /** Cores that the engine may use, see `EngineOptions`; 0: all of the machine's. Default 0. */
  readonly threads?: number;
  /** Memory of the engine process in MiB above which it is started anew; 0: no limit. Default 0. */
  readonly memoryLimitMb?: number;
  /** Seconds, above 0, without an answer after which the engine process hangs and is started anew. Default 10. */
  readonly hangSeconds?: number;
  readonly clock?: Clock;
};

const HANG_SECONDS = 10;
/** What `close` gives the process; Docker gives the one that asks 10 s to end. */
const CLOSE_MS = 9000;

type Request = ClientMessage extends infer M ? (M extends { readonly id: number } ? Omit<M, 'id'> : never) : never;
type Playing = { readonly plan: StreamPlan; epoch: number };

/**
 * An engine in a child process of its own, which holds all native code. It is watched: when it crashes, hangs or grows
 * beyond its memory limit it is started anew, and its realtime streams play on with `epoch` + 1; an offline stream
 * cannot be whole any more and ends as failed with `ENGINE_CRASHED`. What makes it crash again and again is set aside
 * (`SET_ASIDE`): a model or module is not run any more, a stream ends as failed; the next `start` tries it again.
 */
export function openEngineClient(options: EngineClientOptions, handlers: EngineHandlers): Promise<Engine> {
  return Promise.resolve(new EngineClient(options, handlers));
}

class EngineClient implements Engine {
  readonly #handlers: EngineHandlers;
  readonly #clock: Clock;
  readonly #supervisor: Supervisor;
  readonly #streams = new Map<string, Playing>();
  readonly #requests = new Requests();
  readonly #backoff = new Backoff();
  readonly #blame = new Blame();
  /** By part. */
  readonly #setAside = new Map<string, WireError>();
  readonly #closed = new AbortController();
  /** Ends the trial that is under way. */
  #trial = new AbortController();
  #closing: Promise<void> | undefined;

  constructor({ threads = 0, memoryLimitMb = 0, hangSeconds = HANG_SECONDS, clock = systemClock }: EngineClientOptions, handlers: EngineHandlers) {
    this.#handlers = handlers;
    this.#clock = clock;
    this.#supervisor = new Supervisor({
      threads, memoryLimitMb, hangSeconds, clock,
      onMessage: (message) => { this.#hear(message); },
      onLost: (missing) => { this.#tellLost(missing); },
      onEnd: (end) => { this.#ended(end); },
    });
    this.#supervisor.launch();
  }

  async start(given: StreamPlan): Promise<void> {
    this.#closed.signal.throwIfAborted();
    const plan = resolveStreamPlan(given);
    checkFlows(plan, this.#handlers);
    const before = this.#streams.get(plan.id);
    const playing = { plan, epoch: before?.epoch ?? 0 };
    this.#streams.set(plan.id, playing);
    if (!isDeepStrictEqual(before?.plan, plan)) {
      // who starts it wants it tried again
      this.#blame.forget(plan.id);
      for (const part of partsOf(plan)) this.#setAside.delete(part);
    }
    if (!this.#blame.held.has(plan.id)) await this.#startNow(playing);
  }

  async stop(streamId: string): Promise<void> {
    const wasPlaying = this.#streams.delete(streamId);
    this.#blame.forget(streamId);
    const isDone = await this.#unlessCrashed(this.#request({ type: 'stop', streamId }));
    if (wasPlaying && !isDone) this.#handlers.onEvent({ event: 'ended', streamId, reason: 'stopped', totals: NO_TOTALS });
  }

  async command(streamId: string, command: StreamCommand): Promise<void> {
    await this.#request({ type: 'command', streamId, command });
  }

  async stats(streamId: string): Promise<StreamStats> {
    return (await this.totals(streamId)).stats;
  }

  async totals(streamId: string): Promise<StreamTotals> {
    const { totals } = await this.#request({ type: 'totals', streamId });
    return totals as StreamTotals;
  }

  async snapshot(streamId: string, options: SnapshotOptions): Promise<Snapshot> {
    const { snapshot } = await this.#request({ type: 'snapshot', streamId, options });
    return snapshot as Snapshot;
  }

  async usage(): Promise<EngineUsage> {
    const { usage } = await this.#request({ type: 'usage' });
    return usage as EngineUsage;
  }

  answer(answer: FlowAnswer): void {
    this.#supervisor.post({ type: 'answer', answer });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async destroy(): Promise<void> {
    if (!this.#closed.signal.aborted) this.#closed.abort(new StreamInferError('ENGINE_CLOSED', 'the engine is closed'));
    this.#trial.abort();
    await this.#supervisor.kill();
  }

  async #close(): Promise<void> {
    this.#closed.abort(new StreamInferError('ENGINE_CLOSED', 'the engine is closed'));
    const answered = new AbortController();
    const deadline = this.#clock.sleep(CLOSE_MS, answered.signal).catch(() => undefined);
    await Promise.race([this.#request({ type: 'close' }).catch(() => undefined), deadline]);
    answered.abort();
    await this.destroy();
  }

  #hear(message: Exclude<EngineMessage, { type: 'pong' }>): void {
    switch (message.type) {
      case 'ready': { this.#handlers.onEngine?.({ event: 'ready' }); break; }
      case 'result': { this.#handlers.onResult(message.result); break; }
      case 'event': { this.#hearEvent(message.event); break; }
      case 'flow-request': { this.#handlers.onFlowRequest?.(message.request); break; }
      case 'flow-over': { this.#handlers.onFlowOver?.(message.requestId); break; }
      case 'reply': { this.#requests.settle(message); break; }
    }
  }

  #hearEvent(event: StreamEvent): void {
    const playing = this.#streams.get(event.streamId);
    if (playing !== undefined && (event.event === 'started' || event.event === 'reconnected')) playing.epoch = event.stream.epoch;
    if (event.event === 'ended') this.#over(event.streamId);
    this.#handlers.onEvent(event);
  }

  #over(streamId: string): void {
    this.#streams.delete(streamId);
    this.#blame.forget(streamId);
  }

  /** Each stream may miss something. */
  #tellLost(missing: number): void {
    const error: WireError = { code: 'MESSAGES_LOST', message: `${String(missing)} messages of the engine process did not arrive: results or events are missing` };
    for (const streamId of this.#streams.keys()) this.#handlers.onEvent({ event: 'error', streamId, error, fatal: false });
  }

  #ended(end: ProcessEnd): void {
    const error = new StreamInferError('ENGINE_CRASHED', `the engine process ended: ${end.how}`);
    this.#trial.abort();
    this.#requests.failAll(error);
    if (this.#closed.signal.aborted) this.#handlers.onEngine?.({ event: 'closed' });
    else void this.#restart(error, end);
  }

  async #restart(error: StreamInferError, { lifeMs, parts, isForeign }: ProcessEnd): Promise<void> {
    const plans = [...this.#streams.values()].map(({ plan }) => plan).filter(({ id }) => !this.#blame.held.has(id));
    const culprit = isForeign ? undefined : this.#blame.crashed({ lifeMs, parts, plans });
    // the others need not wait for what is known
    if (lifeMs > STABLE_MS || culprit !== undefined || this.#blame.trialMs !== undefined) this.#backoff.reset();
    const restartIn = this.#backoff.next();
    this.#handlers.onEngine?.({ event: 'crashed', message: error.message, restartIn });
    if (culprit !== undefined) this.#putAside(culprit, error);
    for (const { plan } of [...this.#streams.values()]) if (plan.mode === 'offline') this.#fail(plan.id, toWire(error));
    await this.#clock.sleep(restartIn * 1000, this.#closed.signal).catch(() => undefined);
    if (this.#closed.signal.aborted) return;
    this.#supervisor.launch();
    for (const playing of this.#streams.values()) {
      playing.epoch += 1;
      if (!this.#blame.held.has(playing.plan.id)) this.#startNow(playing).catch(() => undefined);
    }
    void this.#try();
  }

  /** While streams are suspected: those that play are given their time, then come the next. */
  async #try(): Promise<void> {
    this.#trial = new AbortController();
    const { signal } = this.#trial;
    for (let ms = this.#blame.trialMs; ms !== undefined; ms = this.#blame.trialMs) {
      this.#tellHeld(ms);
      await this.#clock.sleep(ms, signal).catch(() => undefined);
      if (signal.aborted) return;
      const next = this.#blame.passed().map((id) => this.#streams.get(id)).filter((playing) => playing !== undefined);
      for (const playing of next) this.#startNow(playing).catch(() => undefined);
    }
  }

  #tellHeld(ms: number): void {
    const error: WireError = {
      code: 'ENGINE_CRASHED',
      message: `the engine crashed ${String(MOST_CRASHES)} times in a row: this stream waits while others are tried, to find out with which it crashes`,
    };
    for (const streamId of this.#blame.held) this.#handlers.onEvent({ event: 'stalled', streamId, error, retryIn: ms / 1000 });
  }

  #putAside(culprit: Culprit, { message }: StreamInferError): void {
    const { what, streamIds } = this.#caseOf(culprit);
    const error: WireError = {
      code: 'SET_ASIDE',
      message: `set aside: ${what} crashed the engine ${String(MOST_CRASHES)} times in a row or more (${message}); start it again, or deploy it changed, to have it tried again`,
    };
    if ('part' in culprit && !culprit.part.startsWith('source ')) this.#setAside.set(culprit.part, error);
    else for (const streamId of streamIds) this.#fail(streamId, error);
    for (const { plan } of [...this.#streams.values()]) if (plan.mode === 'offline' && streamIds.includes(plan.id)) this.#fail(plan.id, error);
  }

  /** Of whom a crash is blamed on: in words, and the streams that have it. */
  #caseOf(culprit: Culprit): { readonly what: string; readonly streamIds: readonly string[] } {
    if ('streamId' in culprit) {
      const name = this.#streams.get(culprit.streamId)?.plan.name ?? culprit.streamId;
      return { what: `stream ${name}`, streamIds: [culprit.streamId] };
    }
    const { part } = culprit;
    const streamIds = [...this.#streams.values()].map(({ plan }) => plan).filter((plan) => partsOf(plan).includes(part)).map(({ id }) => id);
    const names = streamIds.map((id) => this.#streams.get(id)?.plan.name ?? id).join(', ');
    return { what: part.startsWith('source ') ? `the source of ${names}` : part, streamIds };
  }

  #fail(streamId: string, error: WireError): void {
    this.#over(streamId);
    this.#handlers.onEvent({ event: 'error', streamId, error, fatal: true });
    this.#handlers.onEvent({ event: 'ended', streamId, reason: 'failed', totals: NO_TOTALS, error });
  }

  /** Where the process is gone, or goes before it has answered, the stream starts with the next one, or has failed and told so. */
  async #startNow({ plan, epoch }: Playing): Promise<void> {
    await this.#unlessCrashed(this.#request({ type: 'start', plan, epoch, setAside: this.#setAsideOf(plan) }));
  }

  #setAsideOf({ algos }: StreamPlan): SetAside {
    const reasons = algos.map((algo) => [algo.id, this.#setAside.get(algoPart(algo) ?? '')] as const);
    return Object.fromEntries(reasons.filter((entry): entry is [string, WireError] => entry[1] !== undefined));
  }

  /** False: the process has ended. */
  async #unlessCrashed(reply: Promise<Reply>): Promise<boolean> {
    try {
      await reply;
      return true;
    } catch (error) {
      if (toWire(error).code !== 'ENGINE_CRASHED') throw error;
      return false;
    }
  }

  #request(request: Request): Promise<Reply> {
    const { id, reply } = this.#requests.open();
    const sent = this.#supervisor.post({ ...request, id });
    if (!sent) this.#requests.settle({ type: 'reply', id, error: { code: 'ENGINE_CRASHED', message: 'the engine is being started anew, or does not answer' } });
    return reply;
  }
}
