import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';

import { asStreamInferError, type Clock, type Deferred, type EndReason, fromWire, makeDeferred, StreamInferError, type StreamPlan, type StreamStats, toWire, type WireError } from '../../base/index.js';
import { deliveredFps, everyFrame, type MediaBackend, openThinner, type Picture, stageOf, type Thinner } from '../../media/index.js';
import { countBefore, Pacer } from '../../schedule/index.js';
import type { StreamCommand } from '../api.js';
import type { LaneLink, MediaMessage } from '../messages.js';
import type { StreamThreads } from '../thread-budget.js';
import { DeliveredFrame } from './delivered-frame.js';
import { Finisher } from './finisher.js';
import { LiveGate } from './live-gate.js';
import { OfflineDemand } from './offline-demand.js';
import { ProcessHook } from './process-hook.js';
import { RecorderRunner } from './recorder-runner.js';
import { Reporter } from './reporter.js';
import { Scheduler } from './scheduler.js';
import { SourceReader } from './source-reader.js';
import { Tally } from './tally.js';

export type StreamRunnerOptions = {
  readonly plan: StreamPlan;
  readonly backend: MediaBackend;
  readonly threads: StreamThreads;
  readonly clock: Clock;
  /** Epoch of the first frame. */
  readonly epoch: number;
  readonly post: (message: MediaMessage) => void;
};

/** Plays one stream from opening to end, in its media worker. */
export class StreamRunner {
  readonly #options: StreamRunnerOptions;
  readonly #plan: StreamPlan;
  readonly #stop = new AbortController();
  readonly #tally: Tally;
  readonly #reporter: Reporter;
  readonly #reader: SourceReader;
  readonly #scheduler: Scheduler;
  readonly #recorders: readonly RecorderRunner[];
  readonly #finisher: Finisher;
  readonly #pacer: Pacer;
  readonly #liveGate: LiveGate;
  readonly #lanes = makeDeferred();

  #failure: StreamInferError | undefined;
  /** Whose fault `#failure` is, where it is not the stream's own. */
  #culprit: { readonly algoId?: string; readonly recorderId?: string } = {};
  #paused: Deferred<void> | undefined;
  #seekTo: { readonly position: number; readonly done: Deferred<void> } | undefined;
  #thinner: Thinner = everyFrame;
  /** Offline: what the decoder need not give. */
  readonly #demand: OfflineDemand | undefined;
  /** Frames that would have been delivered before the present run, which began with the last jump in time. */
  #countBefore = 0;
  /** Of the present run: frames that were delivered, left out or thinned. */
  #passed = 0;
  /** Of the present run: frames that a live source should have brought and that did not come. */
  #missing = 0;
  #position = 0;

  constructor(options: StreamRunnerOptions) {
    const { plan, clock, post } = options;
    this.#options = options;
    this.#plan = plan;
    this.#tally = new Tally(plan.algos, clock.now());
    this.#reporter = new Reporter({ plan, clock, tally: this.#tally, post });
    this.#scheduler = new Scheduler({
      plan, clock, reporter: this.#reporter, tally: this.#tally, signal: this.#stop.signal,
      onHang: (algoId) => { post({ type: 'lane-hangs', algoId }); },
    });
    this.#recorders = plan.recorders.map((recorder) => this.#makeRecorder(recorder));
    this.#finisher = new Finisher({ reporter: this.#reporter, recorders: this.#recorders });
    this.#pacer = new Pacer(clock);
    this.#liveGate = new LiveGate(clock);
    this.#demand = plan.mode === 'realtime' ? undefined : this.#makeDemand();
    this.#reader = this.#makeReader();
  }

  /** Resolves when the stream has ended and all that it opened is closed. */
  async run(): Promise<void> {
    let reason: EndReason = 'finished';
    try {
      await this.#play();
    } catch (error) {
      reason = 'stopped';
      if (!this.#stop.signal.aborted) this.#failure ??= asStreamInferError(error);
    }
    await this.#close();
    const error = this.#failure === undefined ? undefined : toWire(this.#failure);
    if (error !== undefined) {
      reason = 'failed';
      this.#reporter.event({ event: 'error', streamId: this.#plan.id, error, fatal: true, ...this.#culprit });
    }
    const totals = this.#tally.totals(this.#options.clock.now());
    this.#reporter.event({ event: 'ended', streamId: this.#plan.id, reason, totals, ...(error !== undefined && { error }) });
  }

  /** Ends the stream after what was accepted. */
  stop(): void {
    this.#stop.abort();
    this.#paused?.resolve();
    this.#lanes.resolve();
  }

  /** Ends the stream as failed, because of one of its algos. */
  fail(error: WireError, algoId: string): void {
    this.#failAs(error, { algoId });
    this.stop();
  }

  /** The lanes to use; the first call lets the playing begin. */
  attachLanes(links: readonly LaneLink[]): void {
    this.#scheduler.attach(links);
    this.#lanes.resolve();
  }

  attachHook(port: MessagePort): void {
    this.#finisher.hook = new ProcessHook(port);
  }

  async command(command: StreamCommand): Promise<void> {
    switch (command.action) {
      case 'pause': { this.#pause(); return; }
      case 'resume': { this.#resume(); return; }
      case 'seek': { await this.#seek(command.position); return; }
      case 'algo': { this.#commandAlgo(command); return; }
      case 'recorder': { this.#commandRecorder(command.recorderId, command.do); return; }
    }
  }

  /** What the stream has cost so far. */
  stats(): StreamStats {
    return this.#tally.costs.stats();
  }

  async #play(): Promise<void> {
    await this.#reader.open();
    await this.#lanes.promise;
    this.#stop.signal.throwIfAborted();
    const { info } = this.#reader;
    this.#reporter.event({
      event: 'started', streamId: this.#plan.id, stream: this.#describe(), backend: info.backend, live: info.live, threads: this.#options.threads,
      ...(info.duration !== undefined && { duration: info.duration }),
    });
    // a turn of the event loop for each picture: results and commands arrive between them
    while (await this.#step()) await nextTurn();
  }

  /** Reads one picture and does what is to be done with it; false at the end. */
  async #step(): Promise<boolean> {
    await this.#gate();
    const picture = await this.#reader.next();
    if (this.#reader.damaged > 0) this.#tally.dropped['decode'] = this.#reader.damaged;
    this.#passOver(picture === undefined ? 0 : 1);
    if (picture === undefined) return false;
    if (await this.#isWanted(picture)) await this.#deliver(picture);
    else picture.release();
    if (this.#failure !== undefined) throw this.#failure;
    return true;
  }

  /** Waits while paused, seeks where asked. */
  async #gate(): Promise<void> {
    await this.#paused?.promise;
    this.#stop.signal.throwIfAborted();
    const seek = this.#seekTo;
    if (seek === undefined) return;
    this.#seekTo = undefined;
    await this.#reader.seek(seek.position).then(seek.done.resolve, seek.done.reject);
  }

  /** Thins, and in realtime waits until the frame's time has come; a frame that comes too late is left out. */
  async #isWanted(picture: Picture): Promise<boolean> {
    const isLiveInTime = this.#reader.info.live ? this.#judgeLive(picture) : undefined;
    if (!this.#thinner.isDelivered(this.#missing + this.#passed++)) {
      this.#tally.thinned += 1;
      return false;
    }
    if (this.#plan.mode === 'offline') return true;
    if (isLiveInTime ?? (await this.#pacer.isInTime(picture.ptsUs, this.#stop.signal))) return true;
    this.#tally.drop('late');
    return false;
  }

  /** Counts what is missing before a live source's frame, and has the reader hurry where it is behind; false: the frame comes too late. */
  #judgeLive(picture: Picture): boolean {
    const { missing, cause, isInTime } = this.#liveGate.judge(picture.ptsUs, this.#reader.damaged);
    const from = this.#missing + this.#passed;
    const lost = this.#thinner.deliveredBefore(from + missing) - this.#thinner.deliveredBefore(from);
    if (lost > 0) this.#tally.drop(cause, lost);
    this.#missing += missing;
    if (this.#plan.mode === 'realtime') this.#reader.hurry(this.#liveGate.isBehind);
    return isInTime;
  }

  /** Counts the frames that the decoder left out before the `given` ones. */
  #passOver(given: 0 | 1): void {
    const leftOut = Math.max(0, this.#reader.run.passed - given - this.#passed);
    const delivered = this.#thinner.deliveredBefore(this.#passed + leftOut) - this.#thinner.deliveredBefore(this.#passed);
    this.#passed += leftOut;
    this.#tally.decoded = this.#reader.decoded;
    this.#tally.passed += leftOut + given;
    this.#tally.delivered += delivered;
    this.#tally.thinned += leftOut - delivered;
    this.#scheduler.skip(delivered);
  }

  async #deliver(picture: Picture): Promise<void> {
    await this.#finisher.room();
    this.#tally.delivered += 1;
    const frame = new DeliveredFrame(picture, {
      index: this.#tally.delivered, stream: this.#reporter.stream, atMs: this.#options.clock.now(),
      onFirstUse: () => { this.#tally.converted += 1; },
    });
    this.#position = picture.ptsUs / 1e6;
    const runs = await this.#scheduler.take(frame);
    this.#finisher.push(frame, runs);
  }

  /** Time has jumped: at the start, after a seek, a loop, a reconnect. */
  #jumped(): void {
    const { info, startPosition, epoch } = this.#reader;
    const { producer } = this.#plan;
    // of the run before, those behind the last one given
    this.#passOver(0);
    this.#thinner = openThinner(info.fps, producer.fps);
    this.#passed = 0;
    this.#missing = 0;
    this.#pacer.reset();
    this.#liveGate.reset(info, this.#reader.damaged);
    const { fps } = this.#describe();
    const stage = stageOf(producer, info);
    this.#countBefore = countBefore(startPosition, fps);
    this.#scheduler.reset(stage, fps, this.#countBefore - this.#tally.delivered);
    this.#demand?.begin(this.#thinner, this.#countBefore);
    this.#finisher.reset(stage, { size: stage, fps: deliveredFps(info.fps, producer.fps), epoch });
  }

  #describe(): ReturnType<Reporter['describe']> {
    const { width, height, duration, fps } = this.#reader.info;
    const delivered = deliveredFps(fps, this.#plan.producer.fps);
    return this.#reporter.describe({ fps: delivered.num / delivered.den, width, height, epoch: this.#reader.epoch }, duration);
  }

  #pause(): void {
    if (this.#paused !== undefined) return;
    this.#paused = makeDeferred();
    this.#pacer.pause();
    this.#reporter.event({ event: 'paused', streamId: this.#plan.id, position: this.#position });
  }

  #resume(): void {
    if (this.#paused === undefined) return;
    this.#paused.resolve();
    this.#paused = undefined;
    this.#pacer.resume();
    this.#reporter.event({ event: 'resumed', streamId: this.#plan.id, position: this.#position });
  }

  async #seek(position: number): Promise<void> {
    if (this.#reader.info.live) throw new StreamInferError('STATE_INVALID', `${this.#plan.name}: a live source cannot seek`);
    this.#seekTo?.done.reject(new StreamInferError('STATE_INVALID', 'another seek came'));
    const done = makeDeferred();
    this.#seekTo = { position, done };
    this.#resume();
    await done.promise;
  }

  #commandAlgo(command: Extract<StreamCommand, { action: 'algo' }>): void {
    const from = this.#countBefore + this.#thinner.deliveredBefore(this.#reader.run.decided) + 1;
    this.#scheduler.command(command, from);
    this.#demand?.change();
  }

  #commandRecorder(recorderId: string, action: 'start' | 'stop'): void {
    const recorder = this.#recorders.find(({ plan }) => plan.id === recorderId);
    if (recorder === undefined) throw new StreamInferError('STREAM_UNKNOWN', `${this.#plan.name}: no recorder ${recorderId} in this stream`);
    this.#finisher.then(async () => {
      if (action === 'start') recorder.start();
      else await recorder.stop();
    });
  }

  #makeReader(): SourceReader {
    const { plan, backend, threads, clock, epoch } = this.#options;
    return new SourceReader({
      plan, backend, threads: threads.decode, clock, epoch, signal: this.#stop.signal,
      ...(this.#demand !== undefined && { demand: this.#demand }),
      onEvent: (event) => { this.#reporter.event(event); },
      onJump: () => { this.#jumped(); },
      onDecoded: (ms) => { this.#tally.costs.decode.record(ms); },
      onReconnected: (attempts) => { this.#reporter.event({ event: 'reconnected', streamId: plan.id, stream: this.#describe(), attempts }); },
    });
  }

  #makeDemand(): OfflineDemand {
    const { recorders, process } = this.#plan;
    // a recorder may be told to start at any frame
    return new OfflineDemand({ usesAll: process || recorders.length > 0, nextUsed: (count) => this.#scheduler.nextUsed(count) });
  }

  #makeRecorder(plan: StreamPlan['recorders'][number]): RecorderRunner {
    const { backend, clock, threads } = this.#options;
    return new RecorderRunner({
      plan, backend, clock, threads: threads.encode, streamName: this.#plan.name,
      onState: (state, path, frames) => {
        if (state === 'finished' && frames !== 0) this.#tally.recorded.push(path);
        this.#reporter.event({ event: 'recording', streamId: this.#plan.id, recorderId: plan.id, state, path, ...(frames !== undefined && { frames }) });
      },
      onWritten: (ms) => { this.#tally.costs.encode.record(ms); },
      onError: (error) => {
        this.#reporter.trouble(error, { recorderId: plan.id });
        // a run that is to be complete is not, without its recording
        if (this.#plan.mode === 'offline') this.#failAs(error, { recorderId: plan.id });
      },
    });
  }

  /** The first failure is the one that counts. */
  #failAs(error: WireError, culprit: { readonly algoId?: string; readonly recorderId?: string }): void {
    if (this.#failure !== undefined) return;
    this.#failure = fromWire(error);
    this.#culprit = culprit;
  }

  async #close(): Promise<void> {
    await this.#scheduler.idle();
    await this.#finisher.drain();
    for (const recorder of this.#recorders) await recorder.stop();
    this.#seekTo?.done.reject(new StreamInferError('STATE_INVALID', `${this.#plan.name}: the stream has ended`));
    this.#finisher.hook?.close();
    this.#scheduler.close();
    await this.#reader.close().catch((error: unknown) => { this.#failure ??= asStreamInferError(error); });
  }
}
