import { type Clock, type ErrorCode, hidePassword, type ProducerOptions, StreamInferError, toWire, asStreamInferError, type WireError } from '../../base/index.js';
import { type Decoder, type FrameCounts, type FrameDemand, type MediaBackend, parseLocation, type Picture, type SourceInfo } from '../../media/index.js';
import { Backoff } from '../../schedule/index.js';
import type { SourcePlan } from '../messages.js';

/** What a reader tells: the engine's events of connecting and losing. */
export type ReaderEvent =
  | { readonly event: 'connecting'; readonly location: string; readonly attempt: number }
  | { readonly event: 'stalled'; readonly error: WireError; readonly retryIn: number };

export type SourceReaderOptions = {
  readonly plan: SourcePlan;
  readonly backend: MediaBackend;
  readonly threads: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ReaderEvent) => void;
  /** Frames that are not used may be left out. */
  readonly demand: FrameDemand;
  /** Time jumps: at the opening, at a seek, a loop, a reconnect. The frames to come are of the `info`, `epoch` and `startPosition` that hold now. */
  readonly onJump: () => void;
  /** A picture came from the decoder, so many milliseconds after it was asked for; not of live sources, which are waited for. */
  readonly onDecoded: (ms: number) => void;
  /** After a loss the source is open again, after so many tries. */
  readonly onReconnected: (attempts: number) => void;
};

/** Failures that trying again does not mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'OPTION_INVALID', 'SOURCE_NOT_FOUND', 'SOURCE_AUTH_FAILED', 'SOURCE_NO_VIDEO', 'SOURCE_CODEC_UNSUPPORTED', 'BACKEND_MISSING',
]);

/**
 * Pictures of a source without end of its troubles: it opens, loops, seeks, and opens a lost live source again. `epoch`
 * is 0 at first and grows with each jump in time.
 */
export class SourceReader {
  readonly #options: SourceReaderOptions;
  readonly #backoff = new Backoff();
  #decoder: Decoder | undefined;
  #info: SourceInfo | undefined;
  #producer: ProducerOptions;
  #epoch = 0;
  #damagedBefore = 0;
  #decodedBefore = 0;
  #startPosition = 0;

  constructor(options: SourceReaderOptions) {
    this.#options = options;
    this.#producer = options.plan.producer;
    options.signal.addEventListener('abort', () => this.#decoder?.interrupt(), { once: true });
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Seconds of the source at which the present epoch began. */
  get startPosition(): number {
    return this.#startPosition;
  }

  /** Of the source as it was opened last. */
  get info(): SourceInfo {
    if (this.#info === undefined) throw new StreamInferError('STATE_INVALID', 'the source is not open');
    return this.#info;
  }

  /** Frames that could not be decoded, over all that was read. */
  get damaged(): number {
    return this.#damagedBefore + (this.#decoder?.damaged ?? 0);
  }

  /** Frames decoded, over all that was read. */
  get decoded(): number {
    return this.#decodedBefore + (this.#decoder?.frames.decoded ?? 0);
  }

  /** Frames of the present run, which began at the opening or the last jump. */
  get run(): Pick<FrameCounts, 'passed' | 'decided'> {
    return this.#decoder?.frames ?? { passed: 0, decided: 0 };
  }

  /** Opens the source; live ones are tried again where the plan says so. */
  async open(): Promise<void> {
    const { source, mode } = this.#options.plan;
    try {
      await this.#connect(this.#epoch);
    } catch (error) {
      if (!source.retryOpen || mode === 'offline' || !this.#mayComeBack(error)) throw error;
      await this.#reconnect(error);
    }
  }

  /** Opens a source that is open, and of which no picture was taken, for frames of another size. */
  async reopen(producer: ProducerOptions): Promise<void> {
    await this.close();
    this.#producer = producer;
    await this.#connect(this.#epoch);
  }

  /** The next picture; undefined at the end. */
  async next(): Promise<Picture | undefined> {
    for (;;) {
      const outcome = await this.#read();
      if (outcome.picture !== undefined) return outcome.picture;
      if (this.info.live) {
        if (!this.#options.plan.source.reconnect) return endOrThrow(outcome.error);
        await this.#reconnect(outcome.error ?? new StreamInferError('SOURCE_READ_FAILED', 'the stream ended'));
        this.#options.onReconnected(this.#backoff.tries);
        this.#backoff.reset();
      } else if (outcome.error !== undefined || !this.#options.plan.source.loop || this.run.passed === 0) {
        return endOrThrow(outcome.error);
      } else {
        await this.seek(0);
      }
    }
  }

  /** Goes on at `position` seconds; files only. */
  async seek(position: number): Promise<void> {
    if (this.info.live) throw new StreamInferError('STATE_INVALID', 'a live source cannot seek');
    if (this.#decoder === undefined) throw new StreamInferError('STATE_INVALID', 'the source is not open');
    this.#jump(position);
    await this.#decoder.seek(position);
  }

  /** True: a live source is so far behind that only its key frames are to be decoded, where the backend can choose. */
  hurry(on: boolean): void {
    this.#decoder?.hurry?.(on);
  }

  async close(): Promise<void> {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#damagedBefore += decoder?.damaged ?? 0;
    this.#decodedBefore += decoder?.frames.decoded ?? 0;
    await decoder?.close();
  }

  async #read(): Promise<{ readonly picture?: Picture | undefined; readonly error?: StreamInferError }> {
    const { clock, onDecoded } = this.#options;
    const askedAtMs = clock.now();
    try {
      const picture = await this.#decoder?.next();
      if (picture !== undefined && !this.info.live) onDecoded(clock.now() - askedAtMs);
      return { picture };
    } catch (error) {
      this.#options.signal.throwIfAborted();
      return { error: asStreamInferError(error, 'SOURCE_READ_FAILED') };
    }
  }

  async #connect(epoch: number): Promise<void> {
    const { plan, backend, threads, signal, onEvent, onJump, demand } = this.#options;
    onEvent({ event: 'connecting', location: hidePassword(plan.source.location), attempt: this.#backoff.tries + 1 });
    const decoder = await backend.openDecoder({
      source: plan.source, producer: this.#producer, threads, realtime: plan.mode === 'realtime', signal, demand,
    });
    this.#decoder = decoder;
    this.#info = decoder.info;
    const position = decoder.info.live ? 0 : plan.source.position;
    this.#epoch = epoch;
    this.#startPosition = position;
    onJump();
    if (position > 0) await decoder.seek(position);
  }

  async #reconnect(cause: unknown): Promise<void> {
    const { clock, signal, onEvent } = this.#options;
    for (let error = cause; ; ) {
      signal.throwIfAborted();
      await this.close();
      const retryIn = this.#backoff.next();
      onEvent({ event: 'stalled', error: toWire(error, 'SOURCE_READ_FAILED'), retryIn });
      await clock.sleep(retryIn * 1000, signal);
      try {
        await this.#connect(this.#epoch + 1);
        return;
      } catch (again) {
        if (!this.#mayComeBack(again)) throw again;
        error = again;
      }
    }
  }

  #mayComeBack(error: unknown): boolean {
    if (this.#options.signal.aborted || FINAL.has(toWire(error).code)) return false;
    const { kind } = parseLocation(this.#options.plan.source);
    return kind === 'url' || kind === 'device';
  }

  #jump(position: number): void {
    this.#startPosition = position;
    this.#epoch += 1;
    this.#options.onJump();
  }
}

/** The end of the stream, unless there was an error. */
function endOrThrow(error: StreamInferError | undefined): Picture | undefined {
  if (error !== undefined) throw error;
  return undefined;
}
