import { randomUUID } from 'node:crypto';

import { type AlgoResult, type Clock, hidePassword, makeDeferred, StreamInferError, systemClock, toWire, type WireError } from '../base/index.js';
import type { SinkPlan } from '../base/plan.js';
import { Backoff } from '../schedule/index.js';
import { type Backlog, MemoryBacklog } from './backlog.js';
import { openSink } from './open-sink.js';
import { lineOf, type RecordLine, recordOf } from './record.js';
import { RefusedFile } from './refused-file.js';
import type { Sink, SinkRecord } from './sink.js';
import { openSpool } from './spool.js';

/** How a sink fares. */
export type SinkState = {
  /** `idle`: all is sent; `sending`; `failing`: it is tried again. */
  readonly state: 'idle' | 'sending' | 'failing';
  /** Results that wait. */
  readonly waiting: number;
  /** Since it was opened: results that the receiver has; that it does not want; that were lost because too many waited, or were damaged. */
  readonly sent: number;
  readonly refused: number;
  readonly lost: number;
  /** With `failing`: why, and seconds to the next try. */
  readonly error?: WireError;
  readonly retryIn?: number;
  /** What the last refused result was refused for. */
  readonly refusal?: WireError;
};

export type SinkQueueOptions = {
  /** Told of each change. */
  readonly onState?: (state: SinkState) => void;
  readonly clock?: Clock;
  /** The id of a result, a UUID. Default: one by chance, so that each is another. */
  readonly idOf?: (result: AlgoResult) => string;
  /** How the sink comes about. Default: by its plan. */
  readonly openSink?: (plan: SinkPlan) => Promise<Sink>;
};

/** A line on its way, and the place behind it in the backlog. */
type Waiting = { readonly record: SinkRecord; readonly line: RecordLine; readonly mark: number };
/** Something that can be given up. */
type Wait = { readonly kind: 'pause' | 'answer'; readonly abort: AbortController };
type Trouble = { readonly error: WireError; readonly retryIn: number };

/** Results that may wait to be written into the backlog, in bytes; more are lost. */
const INCOMING_BYTES = 32 * 2 ** 20;
/** Bytes of one result as JSON; a larger one is refused. */
const LINE_BYTES = 16 * 2 ** 20;
/** Milliseconds between two tries to open or write the backlog. */
const BACKLOG_RETRY_MS = 5000;

/**
 * Sends results to one receiver, whatever happens to it: each is kept until the receiver has it, in memory or, where the plan has a spool, on disk. They are
 * sent in order and at least once: each has an id, by which receivers know those that come twice. Neither `push` nor anybody else waits for it.
 */
export class SinkQueue {
  readonly #plan: SinkPlan;
  readonly #onState: (state: SinkState) => void;
  readonly #clock: Clock;
  readonly #idOf: (result: AlgoResult) => string;
  readonly #openSink: (plan: SinkPlan) => Promise<Sink>;
  readonly #closed = new AbortController();
  readonly #backoff = new Backoff();
  readonly #refusedFile: RefusedFile | undefined;
  #incoming: RecordLine[] = [];
  #incomingBytes = 0;
  #backlog: Backlog | undefined;
  #sink: Sink | undefined;
  #isOpen = false;
  readonly #counts = { sent: 0, refused: 0, lost: 0 };
  #sinkTrouble: Trouble | undefined;
  #spoolTrouble: Trouble | undefined;
  #refusal: WireError | undefined;
  #isSending = false;
  /** What is being waited for: a pause, an answer of the receiver. */
  readonly #waits = new Set<Wait>();
  /** How many wait for all to be sent. */
  #drainers = 0;
  #wake = makeDeferred();
  readonly #done: Promise<void>;

  constructor(plan: SinkPlan, { onState = () => undefined, clock = systemClock, idOf = () => randomUUID(), openSink: make = openSink }: SinkQueueOptions = {}) {
    this.#plan = plan;
    this.#onState = onState;
    this.#clock = clock;
    this.#idOf = idOf;
    this.#openSink = make;
    this.#refusedFile = plan.spool === undefined ? undefined : new RefusedFile(plan.spool);
    this.#done = Promise.all([this.#keep(), this.#send()]).then(() => this.#finish());
  }

  /** What people call it. */
  get name(): string {
    return this.#plan.name ?? this.#plan.type;
  }

  get state(): SinkState {
    const { sent, refused, lost } = this.#counts;
    const waiting = this.#incoming.length + (this.#backlog?.count ?? 0);
    const trouble = this.#sinkTrouble ?? this.#spoolTrouble;
    return {
      state: trouble !== undefined ? 'failing' : waiting > 0 || this.#isSending ? 'sending' : 'idle',
      waiting, sent, refused, lost: lost + (this.#backlog?.lost ?? 0),
      ...trouble,
      ...(this.#refusal && { refusal: this.#refusal }),
    };
  }

  /** Takes a result; never throws and never waits. */
  push(result: AlgoResult): void {
    const line = this.#lineOf(result);
    if (line === undefined || this.#closed.signal.aborted) return;
    if (this.#incomingBytes + line.length > INCOMING_BYTES) {
      this.#counts.lost += 1;
      this.#tell();
      return;
    }
    this.#incoming.push(line);
    this.#incomingBytes += line.length;
    this.#rouse();
  }

  /** Sends what waits without gathering, and tries again at once; resolves with whether all has been sent within that time. */
  async drain(milliseconds: number): Promise<boolean> {
    const over = new AbortController();
    const isOver = this.#clock.sleep(milliseconds, over.signal).catch(() => undefined);
    this.#drainers += 1;
    this.#end('pause');
    for (let isLate = false; !isLate && !this.#isIdle;) {
      isLate = await Promise.race([this.#wake.promise.then(() => false), isOver.then(() => true)]);
    }
    over.abort();
    this.#drainers -= 1;
    return this.#isIdle;
  }

  /** Ends it at once; what a spool holds is sent by the next queue that has it. May be called twice. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#end('pause');
    this.#end('answer');
    this.#rouse();
    await this.#done;
  }

  #lineOf(result: AlgoResult): RecordLine | undefined {
    try {
      const line = lineOf(result, { id: this.#idOf(result), clock: this.#clock });
      if (line.length <= LINE_BYTES) return line;
      throw new StreamInferError('SINK_REFUSED', `a result of ${result.algo} has ${(line.length / 2 ** 20).toFixed(0)} MiB as JSON; ${LINE_BYTES / 2 ** 20} are sent at most`);
    } catch (error) {
      this.#refuse(toWire(error, 'SINK_REFUSED'));
      return undefined;
    }
  }

  get #isIdle(): boolean {
    return this.#backlog !== undefined && this.state.state === 'idle';
  }

  /** Puts what comes into the backlog. */
  async #keep(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const change = this.#wake.promise;
      if (this.#backlog !== undefined && this.#incoming.length === 0) await change;
      else await this.#keepNow();
    }
  }

  async #keepNow(): Promise<void> {
    try {
      await this.#append();
      this.#spoolTrouble = undefined;
      this.#rouse();
    } catch (error) {
      // it is kept here meanwhile, as long as there is room
      this.#spoolTrouble = this.#troubleOf(new StreamInferError('SINK_FAILED', `spool ${String(this.#plan.spool)}: ${toWire(error).message}`), BACKLOG_RETRY_MS / 1000);
      this.#tell();
      await this.#pause(BACKLOG_RETRY_MS / 1000);
    }
  }

  async #append(): Promise<void> {
    this.#backlog ??= await this.#openBacklog();
    // more may come meanwhile
    const lines = [...this.#incoming];
    if (lines.length === 0) return;
    await this.#backlog.append(lines);
    this.#incoming = this.#incoming.slice(lines.length);
    this.#incomingBytes = this.#incoming.reduce((sum, line) => sum + line.length, 0);
  }

  /** What has not been written yet is, if that can be. */
  async #finish(): Promise<void> {
    await this.#closeSink();
    await this.#append().catch(() => undefined);
    await this.#backlog?.close().catch(() => undefined);
  }

  #openBacklog(): Promise<Backlog> {
    const { spool, spoolMb, whenFull } = this.#plan;
    const limit = { maxBytes: spoolMb * 2 ** 20, whenFull };
    return spool === undefined ? Promise.resolve(new MemoryBacklog(limit)) : openSpool(spool, limit, this.#clock);
  }

  /** Sends what is in the backlog. */
  async #send(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const change = this.#wake.promise;
      if (this.#backlog === undefined || this.#backlog.count === 0) {
        await change;
        continue;
      }
      await this.#gather(this.#backlog);
      await this.#sendSome(this.#backlog);
    }
  }

  /** Until a batch is there, its time is over, or somebody waits for all to be sent. */
  async #gather(backlog: Backlog): Promise<void> {
    const over = this.#wait('pause');
    const end = this.#clock.sleep(this.#plan.gather * 1000, over.signal).catch(() => undefined).then(() => 'over' as const);
    const isEnough = (): boolean => backlog.count >= this.#plan.batch || this.#drainers > 0 || this.#sinkTrouble !== undefined;
    while (!isEnough() && (await Promise.race([this.#wake.promise, end])) !== 'over');
    over.end();
  }

  async #sendSome(backlog: Backlog): Promise<void> {
    this.#isSending = true;
    try {
      const { lines, marks } = await backlog.take(this.#plan.batch);
      const sure = lines.flatMap((line, i): Waiting[] => {
        const record = recordOf(line);
        return record === undefined ? [] : [{ record, line, mark: marks[i] ?? 0 }];
      });
      await this.#deliver(sure, backlog);
      const last = marks.at(-1);
      if (last !== undefined) await backlog.release(last);
      this.#counts.lost += lines.length - sure.length;
      this.#backoff.reset();
      this.#sinkTrouble = undefined;
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      await this.#closeSink();
      const retryIn = this.#backoff.next();
      this.#sinkTrouble = this.#troubleOf(error, retryIn);
      this.#tell();
      await this.#pause(retryIn);
    } finally {
      this.#isSending = false;
      this.#rouse();
    }
  }

  /** All at once; where one of them is refused one by one, to find it. */
  async #deliver(given: readonly Waiting[], backlog: Backlog): Promise<void> {
    if (given.length === 0) return;
    try {
      const sink = await this.#openedSink();
      await this.#inTime((signal) => sink.send(given.map(({ record }) => record), signal));
      this.#counts.sent += given.length;
    } catch (error) {
      const wire = toWire(error, 'SINK_FAILED');
      if (wire.code !== 'SINK_REFUSED') throw error;
      // some receivers end the connection with it
      await this.#closeSink();
      const [only] = given;
      if (given.length === 1 && only !== undefined) {
        await this.#refusedFile?.add(only.line, wire);
        this.#refuse(wire);
        return;
      }
      for (const one of given) {
        await this.#deliver([one], backlog);
        await backlog.release(one.mark);
      }
    }
  }

  async #openedSink(): Promise<Sink> {
    const sink = this.#sink ??= await this.#openSink(this.#plan);
    if (!this.#isOpen) await this.#inTime((signal) => sink.open(signal));
    this.#isOpen = true;
    return sink;
  }

  async #closeSink(): Promise<void> {
    this.#isOpen = false;
    await this.#sink?.close();
  }

  /** Gives up, with the work's signal, when it takes too long or all is over: also work that does not look at it. */
  async #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const answer = this.#wait('answer');
    const late = this.#clock.sleep(this.#plan.timeout * 1000, answer.signal).then(
      () => { throw new StreamInferError('SINK_FAILED', `no answer within ${this.#plan.timeout} s`); },
      () => { throw new StreamInferError('SINK_FAILED', 'it was closed'); },
    );
    // who wins ends the other; nobody hears of it then
    late.catch(() => undefined);
    const aborted = new AbortController();
    late.catch((error: unknown) => { aborted.abort(error); });
    try {
      return await Promise.race([work(aborted.signal), late]);
    } finally {
      answer.end();
    }
  }

  #wait(kind: Wait['kind']): { readonly signal: AbortSignal; end(): void } {
    const wait: Wait = { kind, abort: new AbortController() };
    this.#waits.add(wait);
    if (this.#closed.signal.aborted) wait.abort.abort();
    const end = (): void => {
      this.#waits.delete(wait);
      wait.abort.abort();
    };
    return { signal: wait.abort.signal, end };
  }

  #end(kind: Wait['kind']): void {
    for (const wait of this.#waits) if (wait.kind === kind) wait.abort.abort();
  }

  #troubleOf(error: unknown, retryIn: number): Trouble {
    const { code, message } = toWire(error, 'SINK_FAILED');
    return { error: { code, message: `${this.name}: ${hidePassword(message)}` }, retryIn };
  }

  #refuse(refusal: WireError): void {
    this.#counts.refused += 1;
    this.#refusal = { code: refusal.code, message: `${this.name}: ${hidePassword(refusal.message)}` };
    this.#tell();
  }

  /** Those that wait look again. */
  #rouse(): void {
    this.#wake.resolve();
    this.#wake = makeDeferred();
    this.#tell();
  }

  #tell(): void {
    this.#onState(this.state);
  }

  async #pause(seconds: number): Promise<void> {
    const pause = this.#wait('pause');
    await this.#clock.sleep(seconds * 1000, pause.signal).catch(() => undefined);
    pause.end();
  }
}
