import type { AlgoPlan, StreamEvent, StreamPlan, WireError } from '../base/index.js';
import { isUserCode, StreamInferError, toWire } from '../base/index.js';
import type { FlowAnswer, FlowQuestion } from './api.js';
import type { Lane, LaneEvents } from './lane.js';
import type { LaneUse } from './lane-pool.js';
import type { LaneLink } from './messages.js';

/** A module that dies this often in a row is set aside. */
const MAX_DEATHS = 3;

export type StreamLanesOptions = {
  readonly plan: StreamPlan;
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
  #closed = false;

  constructor(options: StreamLanesOptions) {
    this.#options = options;
  }

  /** Opens all; resolves when each is ready or has failed. */
  async open(): Promise<void> {
    const links = await Promise.all(this.#options.plan.algos.map((algo) => this.#open(algo)));
    if (!this.#closed) this.#options.onLinks(links.filter((link) => link !== undefined));
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
    void this.#replace(algo, new StreamInferError('ALGO_TIMEOUT', `${algo.name}: it did not answer and was started anew`));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    await Promise.all(uses.map((use) => use.release()));
  }

  async #open(algo: AlgoPlan): Promise<LaneLink | undefined> {
    const { plan, onEvent, onAsk, onAskOver, acquire } = this.#options;
    const opening = { event: 'algo', streamId: plan.id, algoId: algo.id, algo: algo.name, state: 'opening' } as const;
    onEvent(opening);
    const use = acquire(algo, {
      onWarning: (message) => { onEvent({ event: 'warning', streamId: plan.id, message, algoId: algo.id }); },
      onDownload: (downloaded) => { onEvent({ ...opening, description: { downloaded } }); },
      onAsk: (question) => { onAsk?.(algo, question); },
      onAskOver: (requestId) => { onAskOver?.(requestId); },
      onDeath: (error) => { void this.#replace(algo, error); },
    });
    this.#uses.set(algo.id, use);
    try {
      const { needs, description, batch, warning } = await use.lane.ready;
      if (this.#closed) return undefined;
      if (warning !== undefined) onEvent({ event: 'warning', streamId: plan.id, message: warning, algoId: algo.id });
      onEvent({ event: 'algo', streamId: plan.id, algoId: algo.id, algo: algo.name, state: 'ready', description });
      return { algoId: algo.id, port: use.lane.attach(plan.priority), needs, batch };
    } catch (error) {
      this.#uses.delete(algo.id);
      await use.release();
      this.#lost(algo, toWire(error, 'ALGO_OPEN_FAILED'));
      return undefined;
    }
  }

  async #replace(algo: AlgoPlan, cause: StreamInferError): Promise<void> {
    if (this.#closed || !this.#uses.delete(algo.id)) return;
    const deaths = (this.#deaths.get(algo.id) ?? 0) + 1;
    this.#deaths.set(algo.id, deaths);
    if (deaths > MAX_DEATHS) {
      this.#lost(algo, { code: 'ALGO_RUN_FAILED', message: `${algo.name}: set aside after ${String(deaths)} failures: ${cause.message}` });
      return;
    }
    this.#tell(algo, toWire(cause));
    const link = await this.#open(algo);
    if (link !== undefined) this.#options.onLinks([link]);
  }

  #lost(algo: AlgoPlan, error: WireError): void {
    if (this.#closed) return;
    if (this.#options.plan.mode === 'offline') this.#options.onFatal(error, algo.id);
    else this.#tell(algo, error);
  }

  #tell(algo: AlgoPlan, error: WireError): void {
    this.#options.onEvent({ event: 'error', streamId: this.#options.plan.id, algoId: algo.id, error, fatal: false });
  }
}
