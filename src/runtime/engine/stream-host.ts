import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { type AlgoPlan, type AlgoResult, type Frame, makeDeferred, NO_TOTALS, type StreamEvent, StreamInferError, type StreamPlan, type StreamTotals, toWire } from '../base/index.js';
import type { EngineHandlers, FlowAnswer, FlowQuestion, Snapshot, SnapshotOptions, StreamCommand } from './api.js';
import type { MediaHost, StreamMessage } from './media-host.js';
import type { ProcessReply, ProcessRequest, SetAside } from './messages.js';
import { type Reply, Requests } from './requests.js';
import { StreamLanes, type StreamLanesOptions } from './stream-lanes.js';
import type { StreamThreads } from './thread-budget.js';

/**
 * The owner's hook for every delivered frame of a stream whose plan says `process`: it may look, and what it returns
 * (a `Frame`, or a `Uint8Array` of pixels of the same size and format, or a promise of one) is recorded in the frame's place;
 * nothing leaves the frame as it came. `results` are the newest of every algo.
 */
export type ProcessHook = (
  streamId: string,
  frame: Frame,
  results: readonly AlgoResult[],
) => unknown;

export type StreamHostOptions = {
  readonly plan: StreamPlan;
  readonly epoch: number;
  readonly setAside: SetAside;
  readonly threads: StreamThreads;
  /** Who decodes for it. */
  readonly media: MediaHost;
  readonly acquire: StreamLanesOptions['acquire'];
  readonly handlers: EngineHandlers;
  readonly processHook?: ProcessHook;
};

/** What the stream's media worker replies to. */
type Question =
  | { readonly type: 'totals' }
  | { readonly type: 'snapshot'; readonly options: SnapshotOptions }
  | { readonly type: 'command'; readonly command: StreamCommand };

/** The coordinator's end of one stream: its part of a media worker, and its lanes. */
export class StreamHost {
  readonly plan: StreamPlan;
  /** Resolves when the stream has ended and the threads that were there for it alone are gone. */
  readonly ended: Promise<void>;
  readonly #options: StreamHostOptions;
  readonly #media: MediaHost;
  readonly #lanes: StreamLanes;
  readonly #requests = new Requests();
  readonly #hookPort: MessagePort | undefined;
  readonly #end = makeDeferred();
  #hasEnded = false;
  #epoch: number;

  constructor(options: StreamHostOptions) {
    const { plan, epoch, setAside, threads, media, acquire } = options;
    this.plan = plan;
    this.#options = options;
    this.#epoch = epoch;
    this.#media = media;
    media.add(this, { plan, threads, epoch });
    this.#lanes = new StreamLanes({
      plan, setAside, acquire,
      onEvent: (event) => { this.#tell(event); },
      onLinks: (lanes) => { media.post(plan.id, { type: 'lanes', lanes }, lanes.map(({ port }) => port)); },
      onAsk: (algo, question) => { this.#ask(algo, question); },
      onAskOver: (requestId) => { options.handlers.onFlowOver?.(requestId); },
      onFatal: (error, algoId) => { media.post(plan.id, { type: 'fail', error, algoId }); },
    });
    if (plan.process && options.processHook !== undefined) this.#hookPort = this.#openHook(options.processHook);
    void this.#lanes.open();
    this.ended = this.#end.promise.then(() => this.#cleanUp());
  }

  /** Epoch of the newest frames. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether `ended` was told; its threads may still be there. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async stop(): Promise<void> {
    this.#media.post(this.plan.id, { type: 'stop' });
    await this.ended;
  }

  async command(command: StreamCommand): Promise<void> {
    if (command.action === 'algo' && command.do === 'set') this.#lanes.set(command.algoId, command);
    await this.#request({ type: 'command', command });
  }

  answer(answer: FlowAnswer): void {
    this.#lanes.answer(answer);
  }

  async totals(): Promise<StreamTotals> {
    const { totals } = await this.#request({ type: 'totals' });
    return totals as StreamTotals;
  }

  async snapshot(options: SnapshotOptions): Promise<Snapshot> {
    const { snapshot } = await this.#request({ type: 'snapshot', options });
    return snapshot as Snapshot;
  }

  async #request(request: Question): Promise<Reply> {
    // nobody would answer
    if (this.#hasEnded) throw this.#endedError();
    const { id, reply } = this.#requests.open();
    this.#media.post(this.plan.id, { ...request, id });
    return await reply;
  }

  /** Its media worker cannot go on. */
  fail(cause: StreamInferError): void {
    const error = toWire(cause);
    this.#tell({ event: 'error', streamId: this.plan.id, error, fatal: true });
    this.#tell({ event: 'ended', streamId: this.plan.id, reason: 'failed', totals: NO_TOTALS, error });
  }

  #endedError(): StreamInferError {
    return new StreamInferError('STATE_INVALID', `${this.plan.name}: the stream has ended`);
  }

  /** What its media worker tells of it. */
  hear(message: StreamMessage): void {
    switch (message.type) {
      case 'event': { this.#tell(message.event); break; }
      case 'result': {
        this.#lanes.gaveResult(message.result.algoId);
        this.#options.handlers.onResult(message.result);
        break;
      }
      case 'lane-hangs': { this.#lanes.hangs(message.algoId); break; }
      case 'reply': { this.#requests.settle(message); break; }
    }
  }

  #ask({ id, name }: AlgoPlan, question: FlowQuestion): void {
    this.#options.handlers.onFlowRequest?.({ ...question, streamId: this.plan.id, algoId: id, algo: name });
  }

  #tell(event: StreamEvent): void {
    // Algos are closed after the end: what goes wrong then is told still.
    if (this.#hasEnded && event.event !== 'warning') return;
    if (event.event === 'started' || event.event === 'reconnected') this.#epoch = event.stream.epoch;
    if (event.event === 'ended') {
      this.#hasEnded = true;
      this.#end.resolve();
    }
    this.#options.handlers.onEvent(event);
  }

  async #cleanUp(): Promise<void> {
    this.#requests.failAll(this.#endedError());
    this.#hookPort?.close();
    await Promise.all([this.#media.leave(this.plan.id), this.#lanes.close()]);
  }

  #openHook(hook: ProcessHook): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (request: ProcessRequest) => {
      void this.#process(hook, request).then((reply) => {
        port1.postMessage(reply, reply.frame === undefined ? [] : [reply.frame.data.buffer as ArrayBuffer]);
      });
    });
    this.#media.post(this.plan.id, { type: 'process-port', port: port2 }, [port2]);
    return port1;
  }

  async #process(hook: ProcessHook, request: ProcessRequest): Promise<ProcessReply> {
    const { id, frame, results } = request;
    try {
      const replacement = replacementOf(frame, await hook(this.plan.id, frame, results));
      return replacement === undefined ? { id } : { id, frame: replacement };
    } catch (error) {
      return { id, error: { code: 'PROCESS_FAILED', message: `process: ${toWire(error).message}` } };
    }
  }
}

/** What the hook gave, as a frame of its own memory: pixels in a part of a bigger buffer cannot be given away alone. */
function replacementOf(frame: Frame, given: unknown): Frame | undefined {
  if (given === undefined || given === null) return undefined;
  if (given instanceof Uint8Array) return { ...frame, data: new Uint8Array(given) };
  const { data } = given as Partial<Frame>;
  if (!(data instanceof Uint8Array)) throw new TypeError(`expected a frame, a Uint8Array or nothing, got ${typeof given}`);
  return { ...frame, ...given, data: new Uint8Array(data) };
}
