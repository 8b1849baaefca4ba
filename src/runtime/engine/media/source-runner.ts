import { setImmediate as nextTurn } from 'node:timers/promises';

import { asStreamInferError, type Clock, type Deferred, makeDeferred, type ProducerOptions, StreamInferError } from '../../base/index.js';
import { type MediaBackend, type Picture, type PictureNews, PictureWatch, stageOf } from '../../media/index.js';
import { Pacer, Shedding } from '../../schedule/index.js';
import type { AddedStream, MediaMessage, MediaWorkerData, SourcePlan } from '../messages.js';
import { LiveGate } from './live-gate.js';
import { SharedDemand } from './shared-demand.js';
import { type ReaderEvent, SourceReader } from './source-reader.js';
import { type Ending, StreamRunner } from './stream-runner.js';

export type SourceRunnerOptions = MediaWorkerData & {
  readonly backend: MediaBackend;
  readonly clock: Clock;
  readonly post: (message: MediaMessage) => void;
};

/** Milliseconds in which the streams of one source ask for the same seek, which is done once. */
const SAME_SEEK_MS = 200;

type Seek = { readonly position: number; readonly askedBy: Set<StreamRunner>; readonly done: Deferred<void>; doneAtMs?: number };

/**
 * Plays one source from opening to end for all streams that share its decode: it reads, paces, pauses and seeks once,
 * and hands each picture to the streams that want it. Ends when the source does, or when no stream is left.
 */
export class SourceRunner {
  readonly #options: SourceRunnerOptions;
  readonly #plan: SourcePlan;
  readonly #stop = new AbortController();
  readonly #reader: SourceReader;
  readonly #pacer: Pacer;
  readonly #liveGate: LiveGate;
  readonly #pictureWatch: PictureWatch;
  readonly #shedding: Shedding;
  /** Only key frames are decoded; that was so at some time since the last picture. */
  #isShedding = false;
  #hasShed = false;
  /** What the decoder need not give. */
  readonly #demand = new SharedDemand();
  readonly #begun = makeDeferred();
  /** Those that have not told their end. */
  readonly #streams = new Set<StreamRunner>();
  /** Those of them that get pictures. */
  readonly #players = new Set<StreamRunner>();
  /** Asked of the decoder. */
  #frameSize: ProducerOptions;
  #playing: Promise<void> = Promise.resolve();
  #state: 'opening' | 'open' | 'playing' = 'opening';
  #connecting: ReaderEvent | undefined;
  #ending: Ending | undefined;
  #paused: Deferred<void> | undefined;
  /** While it is paused: one more picture is to be given. */
  #isStepping = false;
  /** Since it was paused: steps, and how many each stream has asked for. The same one asked for by several streams is one. */
  #steps = 0;
  readonly #stepsOf = new Map<StreamRunner, number>();
  #seekTo: Seek | undefined;
  #lastSeek: Seek | undefined;

  constructor(options: SourceRunnerOptions) {
    const { plan, backend, threads, clock } = options;
    this.#options = options;
    this.#plan = plan;
    this.#frameSize = plan.producer;
    this.#pacer = new Pacer(clock);
    this.#liveGate = new LiveGate(clock);
    this.#pictureWatch = new PictureWatch(plan.source);
    this.#shedding = new Shedding(clock);
    this.#reader = new SourceReader({
      plan, backend, threads, clock, signal: this.#stop.signal, demand: this.#demand,
      onEvent: (event) => { this.#noteConnecting(event); },
      onJump: () => { this.#jumped(); },
      onDecoded: (ms) => { for (const stream of this.#players) stream.noteDecoded(ms); },
      onReconnected: (attempts) => { for (const stream of this.#players) stream.reconnected(attempts); },
    });
  }

  /** Whether a stream that comes now would come too late. */
  get isOver(): boolean {
    return this.#ending !== undefined || this.#stop.signal.aborted;
  }

  /** Another stream of this source; it plays when its lanes are there and the source plays. */
  add({ plan, threads, epoch }: AddedStream): StreamRunner {
    const { backend, clock, post } = this.#options;
    const stream: StreamRunner = new StreamRunner({
      plan, threads, backend, clock, epoch, post,
      source: {
        reader: this.#reader,
        pause: () => { this.#pause(); },
        resume: () => { this.#resume(); },
        step: () => { this.#takeStep(stream); },
        whenPlaying: () => (this.#isHeld ? this.#paused?.promise : undefined),
        seek: (position) => this.#seek(stream, position),
      },
      onReady: () => { if (this.#state === 'playing') this.#join(stream); },
      onOver: () => { this.#over(stream); },
      onEnd: () => this.#leave(stream),
    });
    this.#streams.add(stream);
    this.#demand.add(stream.demand);
    if (this.#connecting !== undefined) stream.tell(this.#connecting);
    if (this.#state === 'open') stream.jumped();
    return stream;
  }

  /** All streams that share the decode from its beginning have been added, and have their lanes. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Resolves when the source has ended; its streams then end by themselves. */
  async run(): Promise<void> {
    this.#playing = this.#play();
    try {
      await this.#playing;
      this.#ending = { reason: 'finished' };
    } catch (error) {
      this.#ending = { reason: 'failed', error: asStreamInferError(error) };
    }
    for (const stream of this.#streams) stream.end(this.#ending);
  }

  async #play(): Promise<void> {
    await this.#reader.open();
    const { backend, live } = this.#reader.info;
    this.#options.post({ type: 'opened', backend, live });
    await this.#begun.promise;
    this.#stop.signal.throwIfAborted();
    await this.#fitSize();
    this.#demand.begin();
    this.#state = 'playing';
    for (const stream of this.#streams) if (stream.isReady) this.#admit(stream);
    // a turn of the event loop for each picture: results and commands arrive between them
    while (await this.#step()) await nextTurn();
  }

  /** Reads one picture and hands it to the streams; false at the end. */
  async #step(): Promise<boolean> {
    await this.#gate();
    const picture = await this.#reader.next();
    if (picture?.isLeftOut === true) {
      await this.#leaveOut(picture);
      return true;
    }
    for (const stream of this.#players) stream.passOver(picture === undefined ? 0 : 1, { isShed: this.#hasShed });
    this.#hasShed = this.#isShedding;
    if (picture === undefined) return false;
    try {
      await this.#deliver(picture);
    } finally {
      picture.release();
    }
    return true;
  }

  get #isHeld(): boolean {
    return this.#paused !== undefined && !this.#isStepping && !this.isOver;
  }

  /** Waits while paused, seeks where asked. */
  async #gate(): Promise<void> {
    while (this.#isHeld) await this.#paused?.promise;
    this.#stop.signal.throwIfAborted();
    const seek = this.#seekTo;
    if (seek === undefined) return;
    this.#seekTo = undefined;
    this.#lastSeek = seek;
    await this.#reader.seek(seek.position).then(seek.done.resolve, seek.done.reject);
    seek.doneAtMs = this.#options.clock.now();
  }

  /** Nobody uses the frame: only its time passes. */
  async #leaveOut({ ptsUs }: Picture): Promise<void> {
    if (!this.#isStepping) await this.#pacer.isInTime(ptsUs, this.#stop.signal);
    this.#shed(this.#pacer.isBehind);
    for (const stream of this.#players) stream.leaveOut(ptsUs, this.#hasShed);
  }

  /** Gives the picture to those that want it, in realtime when its time has come; one that comes too late is left out. */
  async #deliver(picture: Picture): Promise<void> {
    const isLiveInTime = this.#reader.info.live ? this.#judgeLive(picture) : undefined;
    const wanting = [...this.#players].filter((stream) => stream.isWanted());
    if (wanting.length === 0) return;
    const isInTime = this.#isStepping || this.#plan.mode === 'offline' || (isLiveInTime ?? (await this.#isFileInTime(picture)));
    this.#isStepping = false;
    if (isInTime) await Promise.all(wanting.map((stream) => stream.deliver(picture)));
    else for (const stream of wanting) stream.dropLate();
  }

  async #isFileInTime({ ptsUs }: Picture): Promise<boolean> {
    const isInTime = await this.#pacer.isInTime(ptsUs, this.#stop.signal);
    this.#shed(this.#pacer.isBehind);
    return isInTime;
  }

  #shed(isBehind: boolean): void {
    this.#isShedding = this.#shedding.judge(isBehind);
    this.#hasShed ||= this.#isShedding;
    this.#reader.hurry(this.#isShedding);
  }

  /** Tells what is missing before a live source's frame, and has the reader hurry where it is behind; false: the frame comes too late. */
  #judgeLive(picture: Picture): boolean {
    const { info } = this.#reader;
    // the ffmpeg program's frames have the producer's size already
    this.#tellPicture(this.#pictureWatch.judge(picture, info.backend === 'ffmpeg' ? stageOf(this.#frameSize, info) : picture));
    const { missing, cause, isInTime } = this.#liveGate.judge(picture.ptsUs, this.#reader.damaged);
    for (const stream of this.#players) stream.noteMissing(missing, cause);
    if (this.#plan.mode === 'realtime') this.#shed(this.#liveGate.isBehind);
    return isInTime;
  }

  /** The ffmpeg program makes frames of one size: that of the producers where they agree, else the source's. */
  async #fitSize(): Promise<void> {
    const { producer } = this.#plan;
    if (this.#reader.info.backend !== 'ffmpeg' || [...this.#streams].every(({ plan }) => hasSize(plan.producer, producer))) return;
    this.#frameSize = { ...producer, width: undefined, height: undefined };
    await this.#reader.reopen(this.#frameSize);
  }

  #tellPicture(news: PictureNews | undefined): void {
    if (news === undefined) return;
    for (const stream of this.#players) stream.tell({ event: 'picture', ...news });
  }

  #noteConnecting(event: ReaderEvent): void {
    if (event.event === 'connecting') this.#connecting = event;
    for (const stream of this.#streams) stream.tell(event);
  }

  /** Time has jumped: at the start, after a seek, a loop, a reconnect. */
  #jumped(): void {
    if (this.#state === 'opening') this.#state = 'open';
    this.#pacer.reset();
    this.#liveGate.reset(this.#reader.info, this.#reader.damaged);
    this.#tellPicture(this.#pictureWatch.reset());
    for (const stream of this.#state === 'playing' ? this.#players : this.#streams) stream.jumped();
  }

  #admit(stream: StreamRunner): void {
    this.#players.add(stream);
    stream.begin();
  }

  /** A stream that came when the source played already. */
  #join(stream: StreamRunner): void {
    stream.join();
    this.#admit(stream);
    if (this.#paused !== undefined) stream.tellPause('paused');
    const { trouble } = this.#pictureWatch;
    if (trouble !== undefined) stream.tell({ event: 'picture', ...trouble });
  }

  #pause(): void {
    if (this.#paused !== undefined) return;
    this.#paused = makeDeferred();
    this.#steps = 0;
    this.#stepsOf.clear();
    this.#pacer.pause();
    for (const stream of this.#streams) stream.tellPause('paused');
  }

  #resume(): void {
    if (this.#paused === undefined) return;
    this.#paused.resolve();
    this.#paused = undefined;
    this.#isStepping = false;
    this.#pacer.resume();
    for (const stream of this.#streams) stream.tellPause('resumed');
  }

  #takeStep(stream: StreamRunner): void {
    const paused = this.#paused;
    if (paused === undefined) throw new StreamInferError('STATE_INVALID', `${stream.plan.name}: only a paused stream can step; pause it first`);
    const asked = (this.#stepsOf.get(stream) ?? 0) + 1;
    this.#stepsOf.set(stream, asked);
    if (asked <= this.#steps) return;
    this.#steps = asked;
    this.#isStepping = true;
    // those stepped over took no time: it plays on from the last one
    this.#pacer.reset();
    this.#paused = makeDeferred();
    paused.resolve();
  }

  /** The same seek by several streams is one; another one takes the place of one that waits. */
  async #seek(stream: StreamRunner, position: number): Promise<void> {
    const seek = this.#sameSeek(stream, position) ?? this.#newSeek(position);
    seek.askedBy.add(stream);
    this.#resume();
    await seek.done.promise;
  }

  #sameSeek(stream: StreamRunner, position: number): Seek | undefined {
    if (this.#seekTo !== undefined) return this.#seekTo.position === position ? this.#seekTo : undefined;
    const last = this.#lastSeek;
    if (last?.position !== position || last.askedBy.has(stream)) return undefined;
    const now = this.#options.clock.now();
    return now - (last.doneAtMs ?? now) < SAME_SEEK_MS ? last : undefined;
  }

  #newSeek(position: number): Seek {
    this.#seekTo?.done.reject(new StreamInferError('STATE_INVALID', 'another seek came'));
    this.#seekTo = { position, askedBy: new Set(), done: makeDeferred() };
    return this.#seekTo;
  }

  /** The stream takes no more pictures; without any that does, the source ends. */
  #over(stream: StreamRunner): void {
    this.#players.delete(stream);
    this.#demand.remove(stream.demand);
    if ([...this.#streams].some(({ isOver }) => !isOver)) return;
    this.#stop.abort();
    this.#paused?.resolve();
    this.#begun.resolve();
  }

  /** The stream has let go of all pictures; the last one closes the source. */
  async #leave(stream: StreamRunner): Promise<void> {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#seekTo?.done.reject(new StreamInferError('STATE_INVALID', `${stream.plan.name}: the stream has ended`));
    await this.#playing.catch(() => undefined);
    await this.#reader.close();
  }
}

type Sized = { readonly width?: number | undefined; readonly height?: number | undefined };

function hasSize(given: Sized, wanted: Sized): boolean {
  return given.width === wanted.width && given.height === wanted.height;
}
