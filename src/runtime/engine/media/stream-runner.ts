import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';

import { asStreamInferError, type Clock, type EndReason, fromWire, makeDeferred, StreamInferError, type StreamPlan, type StreamTotals, toWire, type WireError } from '../../base/index.js';
import { deliveredFps, type FrameDemand, LeftOutPicture, type MediaBackend, openThinner, type Picture, type PictureNews, stageOf } from '../../media/index.js';
import { countBefore } from '../../schedule/index.js';
import type { Snapshot, SnapshotOptions, StreamCommand } from '../api.js';
import type { LaneLink, MediaMessage } from '../messages.js';
import type { StreamThreads } from '../thread-budget.js';
import { DeliveredFrame } from './delivered-frame.js';
import { Finisher } from './finisher.js';
import { type KnownFrame, KnownResults } from './known-results.js';
import { makeRecorder } from './make-recorder.js';
import { OfflineDemand } from './offline-demand.js';
import { Passage } from './passage.js';
import { ProcessHook } from './process-hook.js';
import { RealtimeDemand } from './realtime-demand.js';
import { Reporter } from './reporter.js';
import { Scheduler } from './scheduler.js';
import { Snapshots } from './snapshots.js';
import type { ReaderEvent, SourceReader } from './source-reader.js';
import type { StreamDemand } from './stream-demand.js';
import type { StreamRecorder } from './stream-recorder.js';
import { Tally } from './tally.js';

export type StreamRunnerOptions = {
  readonly plan: StreamPlan;
  readonly backend: MediaBackend;
  readonly threads: StreamThreads;
  readonly clock: Clock;
  /** Epoch of the first frame. */
  readonly epoch: number;
  readonly post: (message: MediaMessage) => void;
  readonly source: StreamSource;
  /** Its lanes are there. */
  readonly onReady: () => void;
  /** It takes no more pictures. */
  readonly onOver: () => void;
  /** It holds no picture any more; what this rejects with is its failure. */
  readonly onEnd: () => Promise<void>;
};

/** The source of a stream, which other streams may have too. */
export type StreamSource = {
  readonly reader: Pick<SourceReader, 'info' | 'epoch' | 'startPosition' | 'decoded' | 'damaged' | 'run'>;
  readonly pause: () => void;
  readonly resume: () => void;
  /** One picture while it is paused; throws `STATE_INVALID` where it is not. */
  readonly step: () => void;
  /** While it is paused: resolves when it no longer is; undefined: it is not. */
  readonly whenPlaying: () => Promise<void> | undefined;
  /** Resolves when the source is there. */
  readonly seek: (position: number) => Promise<void>;
};

/** Frames that the decoder left out: whether for load that the source sheds, and the time of the last one where that is told. */
type LeftOut = { readonly isShed: boolean; readonly ptsUs?: number };

/** Milliseconds that runs under way have to end in a stream that was stopped. Their lanes then get some of their own: together less than 10 s. */
const DRAIN_MS = 4000;

/** How a stream ends. */
export type Ending = { readonly reason: EndReason; readonly error?: StreamInferError };

/** What the reader had counted before the stream came. */
const FROM_START = { decoded: 0, damaged: 0 };

/** One stream, from its beginning to its end, in a media worker: takes from its source's pictures those that its producer delivers. */
export class StreamRunner {
  readonly #options: StreamRunnerOptions;
  readonly #plan: StreamPlan;
  readonly #stop = new AbortController();
  /** No run is under way any more. */
  readonly #idle = new AbortController();
  readonly #tally: Tally;
  readonly #reporter: Reporter;
  readonly #reader: StreamSource['reader'];
  readonly #scheduler: Scheduler;
  readonly #recorders: readonly StreamRecorder[];
  readonly #finisher: Finisher;
  readonly #snapshots: Snapshots;
  readonly #known: KnownResults | undefined;
  /** Added to the source's epoch. */
  readonly #epochBefore: number;

  #failure: StreamInferError | undefined;
  /** Whose fault `#failure` is, where it is not the stream's own. */
  #culprit: { readonly algoId?: string; readonly recorderId?: string } = {};
  #isReady = false;
  #ending: Promise<void> | undefined;
  /** Resolves when it takes no more pictures. */
  readonly #over = makeDeferred();
  #delivering: Promise<void> = Promise.resolve();
  #before = FROM_START;
  readonly #passage: Passage;
  /** What it uses of the source. */
  readonly #demand: StreamDemand;
  /** Frames that would have been delivered before the present run, which began with the last jump in time. */
  #countBefore = 0;
  /** The picture that came last is to be delivered when its time has come. */
  #isAwaiting = false;
  #position = 0;

  constructor(options: StreamRunnerOptions) {
    const { plan, clock, post, source, epoch } = options;
    this.#options = options;
    this.#plan = plan;
    this.#tally = new Tally(plan.algos, clock.now());
    this.#reporter = new Reporter({
      plan, clock, tally: this.#tally, post,
      onResult: (result) => { for (const recorder of this.#recorders) recorder.see?.(result); },
    });
    this.#known = plan.mode === 'offline' && plan.known !== undefined ? new KnownResults(plan.known) : undefined;
    this.#scheduler = new Scheduler({
      plan, clock, reporter: this.#reporter, tally: this.#tally, signal: this.#stop.signal, known: this.#known,
      onHang: (algoId) => { post({ type: 'lane-hangs', streamId: plan.id, algoId }); },
    });
    this.#recorders = plan.recorders.map((recorder) => this.#makeRecorder(recorder));
    this.#snapshots = new Snapshots({ backend: options.backend, algos: plan.algos, latest: () => this.#reporter.latest });
    this.#finisher = new Finisher({ algos: plan.algos, reporter: this.#reporter, recorders: this.#recorders, snapshots: this.#snapshots });
    this.#passage = new Passage(this.#tally, () => this.#demand.reach ?? 0);
    this.#demand = plan.mode === 'realtime' ? this.#makeRealtimeDemand() : this.#makeOfflineDemand();
    this.#reader = source.reader;
    this.#epochBefore = epoch - source.reader.epoch;
  }

  get plan(): StreamPlan {
    return this.#plan;
  }

  /** What it uses of the source. */
  get demand(): FrameDemand {
    return this.#demand;
  }

  /** Whether its lanes are there. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether it takes no more pictures. */
  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** Ends the stream after what was accepted. */
  stop(): void {
    this.#stop.abort();
    this.#reporter.stopping();
    this.#scheduler.giveUpFlows();
    void this.#abandonLater();
    this.end({ reason: 'stopped' });
  }

  async #abandonLater(): Promise<void> {
    await this.#options.clock.sleep(DRAIN_MS, this.#idle.signal).catch(() => undefined);
    if (this.#idle.signal.aborted) return;
    this.#reporter.abandoning();
    this.#scheduler.abandon();
  }

  /** Ends the stream as failed, because of one of its algos. */
  fail(error: WireError, algoId: string): void {
    this.#failAs(error, { algoId });
    this.stop();
  }

  /** Takes no more pictures, and tells the end when what was accepted is done; the first call counts. */
  end(ending: Ending): void {
    if (this.isOver) return;
    // a picture that waits for its time is no part of the stream any more, as those that its decoder has ahead
    if (this.#isAwaiting) this.#tally.giveBack();
    this.#ending = this.#end(ending);
    this.#over.resolve();
    this.#options.onOver();
  }

  /** The lanes to use; with the first call it is ready. */
  attachLanes(links: readonly LaneLink[]): void {
    this.#scheduler.attach(links);
    if (this.#isReady || this.isOver) return;
    this.#isReady = true;
    this.#options.onReady();
  }

  attachHook(port: MessagePort): void {
    this.#finisher.hook = new ProcessHook(port);
  }

  async command(command: StreamCommand): Promise<void> {
    switch (command.action) {
      case 'pause': { this.#options.source.pause(); return; }
      case 'resume': { this.#options.source.resume(); return; }
      case 'step': { this.#options.source.step(); return; }
      case 'seek': { await this.#seek(command.position); return; }
      case 'algo': { this.#commandAlgo(command); return; }
      case 'recorder': { this.#commandRecorder(command.recorderId, command.do); return; }
    }
  }

  /** What the stream has done so far. */
  totals(): StreamTotals {
    return this.#tally.totals(this.#options.clock.now());
  }

  /** See `Engine.snapshot`. */
  snapshot(options: SnapshotOptions): Promise<Snapshot> {
    return this.#snapshots.ask(options);
  }

  /** What the source tells of itself. */
  tell(event: ReaderEvent | ({ readonly event: 'picture' } & PictureNews) | { readonly event: 'paused' | 'resumed'; readonly position: number }): void {
    if (!this.isOver) this.#reporter.event({ ...event, streamId: this.#plan.id });
  }

  /** The source was paused: `paused`, or plays on: `resumed`. */
  tellPause(event: 'paused' | 'resumed'): void {
    this.#snapshots.isPaused = event === 'paused';
    this.tell({ event, position: this.#position });
  }

  /** The source was lost and is open again, after so many tries. */
  reconnected(attempts: number): void {
    this.#reporter.event({ event: 'reconnected', streamId: this.#plan.id, stream: this.#describe(), attempts });
  }

  /** A picture was decoded in so many milliseconds. */
  noteDecoded(ms: number): void {
    this.#tally.costs.decode.record(ms);
  }

  /** The source plays already: what it gave before is no part of the stream. */
  join(): void {
    const { decoded, damaged, run } = this.#reader;
    this.#before = { decoded, damaged };
    this.#reset(run.passed);
  }

  /** Pictures come from now on. */
  begin(): void {
    const { info } = this.#reader;
    this.#reporter.event({
      event: 'started', streamId: this.#plan.id, stream: this.#describe(), backend: info.backend, live: info.live, threads: this.#options.threads,
      ...(info.duration !== undefined && { duration: info.duration }),
    });
  }

  /** A live source should have brought so many frames more before the one that comes; those that would have been delivered are counted. */
  noteMissing(missing: number, cause: string): void {
    this.#passage.noteMissing(missing, cause);
  }

  /** Whether the picture that comes is delivered. */
  isWanted(): boolean {
    this.#isAwaiting = this.#passage.take();
    return this.#isAwaiting;
  }

  /** A picture that it wanted came too late. */
  dropLate(): void {
    if (this.isOver) return;
    this.#isAwaiting = false;
    this.#passage.dropLate(1);
  }

  /** Counts the frames that the decoder left out before the `given` ones: nobody uses them, or the source sheds load. */
  passOver(given: 0 | 1, { isShed, ptsUs }: LeftOut = { isShed: false }): void {
    const leftOut = this.#passage.leftOutOf(this.#reader.run.passed - given);
    // the one that is told is left out because nobody uses it
    const shed = isShed ? leftOut - (ptsUs === undefined ? 0 : 1) : 0;
    const delivered = this.#passage.passOver({ frames: leftOut, shed });
    this.#tally.decoded = this.#reader.decoded - this.#before.decoded;
    const damaged = this.#reader.damaged - this.#before.damaged;
    if (damaged > 0) this.#tally.dropped['decode'] = damaged;
    this.#tally.passed += leftOut + given;
    this.#tally.delivered += delivered;
    this.#scheduler.skip(delivered, this.#tally.delivered, ptsUs === undefined ? undefined : ptsUs / 1e6);
  }

  /** Realtime: the time of a frame has come that nobody uses. */
  leaveOut(ptsUs: number, isShed: boolean): void {
    this.passOver(0, { isShed, ptsUs });
    this.#position = ptsUs / 1e6;
    this.#finisher.then(() => {
      this.#reporter.progress(ptsUs / 1e6);
      return Promise.resolve();
    });
  }

  /** Delivers the picture, of which it becomes an owner; resolves when another one may come. */
  deliver(picture: Picture): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.#isAwaiting = false;
    picture.retain();
    this.#delivering = this.#deliver(picture).catch((error: unknown) => { this.end({ reason: 'failed', error: asStreamInferError(error) }); });
    return this.#delivering;
  }

  async #deliver(picture: Picture): Promise<void> {
    const known = await this.#retell(this.#tally.delivered + 1);
    await this.#finisher.room();
    this.#tally.delivered += 1;
    const frame = this.#makeFrame(picture, this.#tally.delivered);
    this.#position = picture.ptsUs / 1e6;
    const runs = await this.#scheduler.take(frame, known);
    this.#finisher.push(frame, runs);
  }

  /** Offline: tells what is known of frames before number `index` that were left out, one by one; gives what is known of that one. */
  async #retell(index: number): Promise<KnownFrame | undefined> {
    for (;;) {
      const known = await this.#known?.next(index);
      if (known === undefined || this.isOver) return undefined;
      if (known.index === index) return known;
      await this.#finisher.room();
      const { sourceIndex, pts, width, height } = known;
      const frame = this.#makeFrame(new LeftOutPicture({ sourceIndex, width, height, ptsUs: Math.round(pts * 1e6) }), known.index);
      this.#finisher.push(frame, this.#scheduler.retell(frame, known));
      // there may be many: commands, such as a pause, are heard between them
      await nextTurn();
      const playing = this.#options.source.whenPlaying();
      if (playing !== undefined) await Promise.race([playing, this.#over.promise]);
    }
  }

  #makeFrame(picture: Picture, index: number): DeliveredFrame {
    return new DeliveredFrame(picture, {
      index, stream: this.#reporter.stream, atMs: this.#options.clock.now(),
      onFirstUse: () => { this.#tally.converted += 1; },
    });
  }

  /** Time has jumped: at the start, after a seek, a loop, a reconnect. */
  jumped(): void {
    // of the run before, those behind the last one given
    this.passOver(0);
    this.#reset(0);
  }

  /** What holds for the pictures from now on; `passed` of the source's present run are no part of the stream. */
  #reset(passed: number): void {
    const { info, startPosition } = this.#reader;
    const { producer } = this.#plan;
    const thinner = openThinner(info.fps, producer.fps);
    this.#passage.begin(thinner, passed);
    const { fps, epoch } = this.#describe();
    const stage = stageOf(producer, info);
    this.#countBefore = countBefore(startPosition, fps);
    this.#scheduler.reset(stage, fps, this.#countBefore - this.#tally.delivered);
    this.#demand.begin({ thinner, countBefore: this.#countBefore, passedBefore: passed });
    this.#finisher.reset(stage, { size: stage, fps: deliveredFps(info.fps, producer.fps), epoch });
  }

  #describe(): ReturnType<Reporter['describe']> {
    const { width, height, duration, fps } = this.#reader.info;
    const delivered = deliveredFps(fps, this.#plan.producer.fps);
    return this.#reporter.describe({ fps: delivered.num / delivered.den, width, height, epoch: this.#epochBefore + this.#reader.epoch }, duration);
  }

  async #seek(position: number): Promise<void> {
    if (this.#reader.info.live) throw new StreamInferError('STATE_INVALID', `${this.#plan.name}: a live source cannot seek`);
    await this.#options.source.seek(position);
  }

  #commandAlgo(command: Extract<StreamCommand, { action: 'algo' }>): void {
    const from = this.#countBefore + this.#passage.deliveredBefore(this.#reader.run.decided) + 1;
    this.#scheduler.command(command, from);
    this.#demand.change();
  }

  #commandRecorder(recorderId: string, action: 'start' | 'stop' | 'clip'): void {
    const recorder = this.#recorders.find(({ plan }) => plan.id === recorderId);
    if (recorder === undefined) throw new StreamInferError('STREAM_UNKNOWN', `${this.#plan.name}: no recorder ${recorderId} in this stream`);
    if (action === 'clip') {
      if (recorder.clip === undefined) throw new StreamInferError('STATE_INVALID', `${this.#plan.name}: the recorder makes no clips; set what it keeps to clips around events`);
      recorder.clip();
      return;
    }
    this.#finisher.then(() => {
      if (action === 'start') {
        // who tries again wants to hear of the same trouble again
        this.#reporter.settled(recorderId);
        recorder.start();
      } else recorder.stop();
      return Promise.resolve();
    });
  }

  #makeRealtimeDemand(): RealtimeDemand {
    const { algos, process, decodeAll } = this.#plan;
    return new RealtimeDemand({
      usesAll: () => process || decodeAll || this.#snapshots.isWaiting || this.#passage.usesAll || this.#recorders.some(({ isActive }) => isActive),
      span: Math.max(0, ...algos.map(({ frameCount, frameStep }) => (frameCount - 1) * Math.max(1, frameStep))),
      passed: () => this.#passage.passed,
      nextUsed: (count, from, times) => this.#scheduler.nextUsedInRealtime(count, from, times),
    });
  }

  #makeOfflineDemand(): OfflineDemand {
    const { recorders, process } = this.#plan;
    // a recorder may be told to start at any frame
    return new OfflineDemand({ usesAll: process || recorders.length > 0, nextUsed: (count) => this.#scheduler.nextUsed(count) });
  }

  #makeRecorder(plan: StreamPlan['recorders'][number]): StreamRecorder {
    const { backend, clock, threads } = this.#options;
    return makeRecorder(plan, {
      stream: this.#plan, backend, clock, threads: threads.encode, tally: this.#tally, reporter: this.#reporter,
      onFatal: (error) => {
        this.#failAs(error, { recorderId: plan.id });
        this.end({ reason: 'failed' });
      },
    });
  }

  /** The first failure is the one that counts. */
  #failAs(error: WireError, culprit: { readonly algoId?: string; readonly recorderId?: string }): void {
    if (this.#failure !== undefined) return;
    this.#failure = fromWire(error);
    this.#culprit = culprit;
  }

  async #end({ reason, error }: Ending): Promise<void> {
    this.#failure ??= error;
    await this.#close();
    const failure = this.#failure === undefined ? undefined : toWire(this.#failure);
    if (failure !== undefined) this.#reporter.event({ event: 'error', streamId: this.#plan.id, error: failure, fatal: true, ...this.#culprit });
    const totals = this.#tally.totals(this.#options.clock.now());
    this.#reporter.event({
      event: 'ended', streamId: this.#plan.id, reason: failure === undefined ? reason : 'failed', totals, ...(failure !== undefined && { error: failure }),
    });
  }

  async #close(): Promise<void> {
    await this.#delivering;
    await this.#scheduler.idle();
    await this.#finisher.drain();
    this.#idle.abort();
    this.#snapshots.close(new StreamInferError('STATE_INVALID', `${this.#plan.name}: the stream has ended`));
    await Promise.all(this.#recorders.map((recorder) => recorder.close()));
    this.#finisher.hook?.close();
    this.#scheduler.close();
    await this.#known?.close();
    await this.#options.onEnd().catch((error: unknown) => { this.#failure ??= asStreamInferError(error); });
  }
}
