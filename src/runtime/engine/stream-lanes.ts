import { findInCatalogue } from '../algo/index.js';
import type { AlgoPlan, StreamEvent, StreamPlan, WireError } from '../base/index.js';
import { isUserCode, StreamInferError, systemClock, toWire } from '../base/index.js';
import type { FlowAnswer, FlowQuestion } from './api.js';
import type { Lane, LaneEvents } from './lane.js';
import type { LaneUse } from './lane-pool.js';
import type { LaneLink, SetAside } from './messages.js';

/** An algo that dies this often is set aside. */
const MAX_DEATHS = 3;
/** Seconds until what has gone, a server or a Python process, is tried again: 1, 2, 4 … */
const MOST_PAUSE_SEC = 30;
/** What a server says that it will say again: somebody has to change the plan. */
const LASTING: ReadonlySet<WireError['code']> = new Set(['OPTION_INVALID', 'MODEL_UNSUPPORTED']);

export type StreamLanesOptions = {
  readonly plan: StreamPlan;
  /** Algos that are not opened. Default none. */
  readonly setAside?: SetAside;
  readonly acquire: (algo: AlgoPlan, events: LaneEvents) => LaneUse;
  readonly onEvent: (event: StreamEvent) => void;
  /** New links for the media worker; the first call has all that could be opened. */
  readonly onLinks: (links: readonly LaneLink[]) => void;
  /** A flow algo asks, or no longer waits for that answer. */
  readonly onAsk?: (algo: AlgoPlan, question: FlowQuestion) => void;
  readonly onAskOver?: (requestId: string) => void;
  /** Offline, an algo that is missing ends the stream. */
  readonly onFatal: (error: WireError, algoId: string) => void;
};

/** The lanes of one stream: opened together, replaced when they die, released together. */
export class StreamLanes {
  readonly #options: StreamLanesOptions;
  readonly #uses = new Map<string, LaneUse>();
  readonly #deaths = new Map<string, number>();
  /** By algo: the last reason of its own why it could not be opened. */
  readonly #told = new Map<string, string>();
  readonly #closing = new AbortController();

  constructor(options: StreamLanesOptions) {
    this.#options = options;
  }

  /** Opens all; resolves when each is ready or has failed, but for those on servers, which in realtime a stream does not wait for. */
  async open(): Promise<void> {
    const { algos, mode } = this.#options.plan;
    const isAwaited = (algo: AlgoPlan): boolean => algo.kind !== 'remote' || mode === 'offline';
    const first = Promise.all(algos.filter(isAwaited).map((algo) => this.#open(algo))).then((links) => { this.#link(links); });
    for (const algo of algos) if (!isAwaited(algo)) void this.#open(algo).then(async (link) => { await first; this.#link([link], 'later'); });
    await first;
  }

  /** Thresholds of an algo from its next run on. */
  set(algoId: string, options: Parameters<Lane['set']>[0]): void {
    this.#uses.get(algoId)?.lane.set(options);
  }

  /** What a flow gave. */
  answer(answer: FlowAnswer): void {
    this.#uses.get(answer.algoId)?.lane.answer(answer);
  }

  /** A run of that algo gave a result: what went wrong before is forgiven. */
  gaveResult(algoId: string): void {
    this.#deaths.delete(algoId);
  }

  /** A run did not end in time: the thread of a user's code is ended and started anew, native code can only be waited for. */
  hangs(algoId: string): void {
    const algo = this.#options.plan.algos.find(({ id }) => id === algoId);
    const use = this.#uses.get(algoId);
    if (algo === undefined || !isUserCode(algo) || use === undefined) return;
    use.lane.kill();
    void this.#replace(algo, new StreamInferError('ALGO_TIMEOUT', `${algo.name}: it did not answer and was started anew`), false);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    await Promise.all(uses.map((use) => use.release()));
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Hands links on; later ones only where there are any. */
  #link(links: readonly (LaneLink | undefined)[], when: 'first' | 'later' = 'first'): void {
    const open = links.filter((link) => link !== undefined);
    if (!this.#isClosed && (when === 'first' || open.length > 0)) this.#options.onLinks(open);
  }

  /** In realtime a server, or a Python process that has run before, is tried again until it is there. */
  async #open(algo: AlgoPlan): Promise<LaneLink | undefined> {
    const reason = this.#options.setAside?.[algo.id];
    if (reason !== undefined) {
      this.#lost(algo, reason);
      return undefined;
    }
    while (!this.#isClosed) {
      const tried = await this.#tryOpen(algo);
      if (tried === undefined || !('code' in tried)) return tried;
      if (!this.#mayCome(algo, tried)) {
        this.#lost(algo, tried);
        return undefined;
      }
      if (this.#told.get(algo.id) !== tried.message) this.#tell(algo, tried);
      this.#told.set(algo.id, tried.message);
      await this.#pause(algo, tried);
    }
    return undefined;
  }

  async #tryOpen(algo: AlgoPlan): Promise<LaneLink | WireError | undefined> {
    const { plan, onEvent, onAsk, onAskOver, acquire } = this.#options;
    const about = { event: 'algo', streamId: plan.id, algoId: algo.id, algo: algo.name } as const;
    onEvent({ ...about, state: 'opening' });
    const use = acquire(algo, {
      onWarning: (message) => { onEvent({ event: 'warning', streamId: plan.id, message, algoId: algo.id }); },
      onDownload: (downloaded) => { onEvent({ ...about, state: 'opening', description: { downloaded, ...licenceOf(algo) } }); },
      onAsk: (question) => { onAsk?.(algo, question); },
      onAskOver: (requestId) => { onAskOver?.(requestId); },
      onState: (state) => { if (!this.#isClosed) onEvent({ ...about, ...state }); },
      onDeath: (error, isTold) => { void this.#replace(algo, error, isTold); },
    });
    this.#uses.set(algo.id, use);
    try {
      const { needs, description, batch, warning } = await use.lane.ready;
      if (this.#isClosed) return undefined;
      if (warning !== undefined) onEvent({ event: 'warning', streamId: plan.id, message: warning, algoId: algo.id });
      onEvent({ ...about, state: 'ready', description });
      this.#told.delete(algo.id);
      return { algoId: algo.id, port: use.lane.attach(plan.priority), needs, batch };
    } catch (error) {
      this.#uses.delete(algo.id);
      await use.release();
      return toWire(error, 'ALGO_OPEN_FAILED');
    }
  }

  #mayCome({ id, kind }: AlgoPlan, { code }: WireError): boolean {
    if (this.#options.plan.mode === 'offline') return false;
    return (kind === 'remote' && !LASTING.has(code)) || (kind === 'python' && this.#deaths.has(id));
  }

  /** Longer with each time. */
  async #pause(algo: AlgoPlan, error: WireError): Promise<void> {
    if (this.#isClosed) return;
    const retryIn = Math.min(MOST_PAUSE_SEC, 2 ** (this.#noteDeath(algo) - 1));
    this.#options.onEvent({ event: 'algo', streamId: this.#options.plan.id, algoId: algo.id, algo: algo.name, state: 'waiting', error, retryIn });
    await systemClock.sleep(retryIn * 1000, this.#closing.signal).catch(() => undefined);
  }

  /** How often the algo has gone since it gave a result. */
  #noteDeath({ id }: AlgoPlan): number {
    const deaths = (this.#deaths.get(id) ?? 0) + 1;
    this.#deaths.set(id, deaths);
    return deaths;
  }

  async #replace(algo: AlgoPlan, cause: StreamInferError, isTold: boolean): Promise<void> {
    if (this.#isClosed || !this.#uses.delete(algo.id)) return;
    const isPython = algo.kind === 'python';
    const isSetAside = (this.#deaths.get(algo.id) ?? 0) >= MAX_DEATHS && !(isPython && this.#options.plan.mode === 'realtime');
    if (isSetAside) {
      this.#lost(algo, { code: 'ALGO_RUN_FAILED', message: `${algo.name}: set aside after ${String(MAX_DEATHS + 1)} failures: ${cause.message}` });
      return;
    }
    if (!isTold) this.#tell(algo, toWire(cause));
    if (isPython) await this.#pause(algo, toWire(cause));
    else this.#noteDeath(algo);
    this.#link([await this.#open(algo)], 'later');
  }

  #lost(algo: AlgoPlan, error: WireError): void {
    if (this.#isClosed) return;
    if (this.#options.plan.mode === 'offline') this.#options.onFatal(error, algo.id);
    else this.#tell(algo, error);
  }

  #tell(algo: AlgoPlan, error: WireError): void {
    this.#options.onEvent({ event: 'error', streamId: this.#options.plan.id, algoId: algo.id, error, fatal: false });
  }
}

/** Under which licence a model of the catalogue comes. */
function licenceOf(algo: AlgoPlan): { licence?: string } {
  const entry = algo.kind === 'onnx' ? findInCatalogue(algo.model.replace(/^catalogue:/, '').trim()) : undefined;
  return entry === undefined ? {} : { licence: entry.licence };
}
