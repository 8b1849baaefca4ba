import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { type AlgoResult, type Frame, NO_TOTALS, type StreamEvent, StreamInferError, type StreamPlan, type StreamStats, toWire } from '../base/index.js';
import { openThread, type ThreadHost } from '../work/index.js';
import type { EngineHandlers, StreamCommand } from './api.js';
import type { MediaCommand, MediaMessage, MediaWorkerData, ProcessReply, ProcessRequest } from './messages.js';
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
  readonly threads: StreamThreads;
  readonly acquire: StreamLanesOptions['acquire'];
  readonly handlers: EngineHandlers;
  readonly processHook?: ProcessHook;
};

/** The coordinator's end of one stream: its media worker and its lanes. */
export class StreamHost {
  readonly plan: StreamPlan;
  /** Resolves when the stream has ended and its threads are gone. */
  readonly ended: Promise<void>;
  readonly #options: StreamHostOptions;
  readonly #thread: ThreadHost<MediaCommand>;
  readonly #lanes: StreamLanes;
  readonly #requests = new Requests();
  readonly #hookPort: MessagePort | undefined;
  #hasEnded = false;
  #epoch: number;

  constructor(options: StreamHostOptions) {
    const { plan, epoch, threads, acquire } = options;
    this.plan = plan;
    this.#options = options;
    this.#epoch = epoch;
    let exited!: () => void;
    const exit = new Promise<void>((resolve) => { exited = resolve; });
    this.#thread = openThread<MediaCommand, MediaMessage>({
      entry: join(__dirname, 'media-worker.js'),
      data: { plan, threads, epoch } satisfies MediaWorkerData,
      onMessage: (message) => { this.#hear(message); },
      onExit: (error) => {
        this.#died(error);
        exited();
      },
    });
    this.#lanes = new StreamLanes({
      plan, acquire,
      onEvent: (event) => { this.#tell(event); },
      onLinks: (lanes) => { this.#thread.post({ type: 'lanes', lanes }, lanes.map(({ port }) => port)); },
      onFatal: (error, algoId) => { this.#thread.post({ type: 'fail', error, algoId }); },
    });
    if (plan.process && options.processHook !== undefined) this.#hookPort = this.#openHook(options.processHook);
    void this.#lanes.open();
    this.ended = exit.then(() => this.#cleanUp());
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
    this.#thread.post({ type: 'stop' });
    await this.ended;
  }

  async command(command: StreamCommand): Promise<void> {
    if (command.action === 'algo' && command.do === 'set') this.#lanes.set(command.algoId, command);
    await this.#request({ type: 'command', command });
  }

  async stats(): Promise<StreamStats> {
    const { stats } = await this.#request({ type: 'stats' });
    return stats as StreamStats;
  }

  async #request(request: { readonly type: 'stats' } | { readonly type: 'command'; readonly command: StreamCommand }): Promise<Reply> {
    // nobody would answer
    if (this.#hasEnded) throw this.#endedError();
    const { id, reply } = this.#requests.open();
    this.#thread.post({ ...request, id });
    return await reply;
  }

  #endedError(): StreamInferError {
    return new StreamInferError('STATE_INVALID', `${this.plan.name}: the stream has ended`);
  }

  #hear(message: MediaMessage): void {
    switch (message.type) {
      case 'event': { this.#tell(message.event); break; }
      case 'result': { this.#options.handlers.onResult(message.result); break; }
      case 'lane-hangs': { this.#lanes.hangs(message.algoId); break; }
      case 'reply': { this.#requests.settle(message); break; }
    }
  }

  #tell(event: StreamEvent): void {
    // Algos are closed after the end: what goes wrong then is told still.
    if (this.#hasEnded && event.event !== 'warning') return;
    if (event.event === 'ended') this.#hasEnded = true;
    if (event.event === 'started' || event.event === 'reconnected') this.#epoch = event.stream.epoch;
    this.#options.handlers.onEvent(event);
  }

  #died(cause: Error | undefined): void {
    if (this.#hasEnded) return;
    const error = toWire(new StreamInferError('INTERNAL', `${this.plan.name}: the media thread ended: ${cause?.message ?? 'without a word'}`));
    this.#tell({ event: 'error', streamId: this.plan.id, error, fatal: true });
    this.#tell({ event: 'ended', streamId: this.plan.id, reason: 'failed', totals: NO_TOTALS, error });
  }

  async #cleanUp(): Promise<void> {
    this.#requests.failAll(this.#endedError());
    this.#hookPort?.close();
    await this.#lanes.close();
  }

  #openHook(hook: ProcessHook): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (request: ProcessRequest) => {
      void this.#process(hook, request).then((reply) => {
        port1.postMessage(reply, reply.frame === undefined ? [] : [reply.frame.data.buffer as ArrayBuffer]);
      });
    });
    this.#thread.post({ type: 'process-port', port: port2 }, [port2]);
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
