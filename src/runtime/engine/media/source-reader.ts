import { type Clock, type ErrorCode, hidePassword, type ProducerOptions, type SourceOptions, StreamInferError, toWire, asStreamInferError, type WireError } from '../../base/index.js';
import { type Decoder, type FrameCounts, type FrameDemand, isSegmented, type MediaBackend, parseLocation, type Picture, type SourceInfo } from '../../media/index.js';
import { Backoff, Silence } from '../../schedule/index.js';
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

/** Failures that trying again does not mend. A password that was refused is not offered again: cameras lock out who does. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['OPTION_INVALID', 'SOURCE_AUTH_FAILED', 'BACKEND_MISSING']);

/** Failures of a URL that are a mistake in it, as long as it has never played; later they are a server that is not ready yet. */
const FINAL_AT_FIRST: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SOURCE_NOT_FOUND', 'SOURCE_NO_VIDEO', 'SOURCE_CODEC_UNSUPPORTED']);

/** Milliseconds that a source must have played for its next loss to be a new one, with short pauses again. */
const STEADY_MS = 10_000;

/**
 * Pictures of a source without end of its troubles: it opens, loops, seeks, and opens a lost live source again. `epoch`
 * is 0 at first and grows with each jump in time.
 */
export class SourceReader {
  readonly #options: SourceReaderOptions;
  readonly #backoff = new Backoff();
  #decoder: Decoder | undefined;
  /** Of a live source that is open. */
  #silence: Silence | undefined;
  #hasStalled = false;
  #connectedAtMs = 0;
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
      await this.#connect(this.#epoch, 1);
    } catch (error) {
      if (!source.retryOpen || mode === 'offline' || !this.#mayComeBack(error)) throw error;
      await this.#reconnect(error, 1);
    }
  }

  /** Opens a source that is open, and of which no picture was taken, for frames of another size. */
  async reopen(producer: ProducerOptions): Promise<void> {
    await this.close();
    this.#producer = producer;
    await this.#connect(this.#epoch, 1);
  }

  /** The next picture; undefined at the end. */
  async next(): Promise<Picture | undefined> {
    for (;;) {
      const outcome = await this.#read();
      if (outcome.picture !== undefined) return outcome.picture;
      if (this.info.live) {
        if (!this.#options.plan.source.reconnect) return endOrThrow(outcome.error);
        if (this.#options.clock.now() - this.#connectedAtMs >= STEADY_MS) this.#backoff.reset();
        const attempts = await this.#reconnect(outcome.error ?? new StreamInferError('SOURCE_READ_FAILED', 'the stream ended'));
        this.#options.onReconnected(attempts);
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
    this.#silence?.close();
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#damagedBefore += decoder?.damaged ?? 0;
    this.#decodedBefore += decoder?.frames.decoded ?? 0;
    await decoder?.close();
  }

  async #read(): Promise<{ readonly picture?: Picture | undefined; readonly error?: StreamInferError }> {
    const { clock, onDecoded, plan } = this.#options;
    const askedAtMs = clock.now();
    this.#silence?.begin();
    try {
      const picture = await this.#decoder?.next();
      if (picture !== undefined && !this.info.live) onDecoded(clock.now() - askedAtMs);
      return { picture };
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (this.#hasStalled) return { error: stalled(plan.source.location, silenceOf(plan.source, this.info)) };
      return { error: asStreamInferError(error, 'SOURCE_READ_FAILED') };
    } finally {
      this.#silence?.end();
    }
  }

  async #connect(epoch: number, attempt: number): Promise<void> {
    const { plan, backend, threads, clock, signal, onEvent, onJump, demand } = this.#options;
    onEvent({ event: 'connecting', location: hidePassword(plan.source.location), attempt });
    const decoder = await backend.openDecoder({
      source: plan.source, producer: this.#producer, threads, realtime: plan.mode === 'realtime', signal, demand,
      ...(this.#info && { known: this.#info }),
    });
    this.#decoder = decoder;
    this.#info = decoder.info;
    this.#connectedAtMs = clock.now();
    this.#hasStalled = false;
    this.#silence = decoder.info.live ? this.#watchOver(decoder, silenceOf(plan.source, decoder.info)) : undefined;
    const position = decoder.info.live ? 0 : plan.source.position;
    this.#epoch = epoch;
    this.#startPosition = position;
    onJump();
    if (position > 0) await decoder.seek(position);
  }

  /** Opens it again, after a pause; gives the number of tries, `tried` before included. */
  async #reconnect(cause: unknown, tried = 0): Promise<number> {
    const { clock, signal, onEvent } = this.#options;
    for (let error = cause, attempt = tried + 1; ; attempt += 1) {
      signal.throwIfAborted();
      const retryIn = this.#backoff.next();
      onEvent({ event: 'stalled', error: toWire(error, 'SOURCE_READ_FAILED'), retryIn });
      await this.close();
      await clock.sleep(retryIn * 1000, signal);
      try {
        await this.#connect(this.#epoch + 1, attempt);
        return attempt;
      } catch (again) {
        if (!this.#mayComeBack(again)) throw again;
        error = again;
      }
    }
  }

  #watchOver(decoder: Decoder, seconds: number): Silence {
    const onSilence = (): void => {
      this.#hasStalled = true;
      decoder.interrupt();
    };
    return new Silence({ clock: this.#options.clock, seconds, onSilence });
  }

  #mayComeBack(error: unknown): boolean {
    const { code } = toWire(error);
    if (this.#options.signal.aborted || FINAL.has(code)) return false;
    const { kind } = parseLocation(this.#options.plan.source);
    if (kind === 'url') return this.#info !== undefined || !FINAL_AT_FIRST.has(code);
    return kind === 'device';
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

/** Seconds without a frame after which a live source counts as stalled. */
function silenceOf({ stallTimeout, timeout }: SourceOptions, info: SourceInfo): number {
  const { num, den } = info.fps;
  return Math.max(stallTimeout, num > 0 ? (2 * den) / num : 0, isSegmented(info) ? timeout : 0);
}

function stalled(location: string, seconds: number): StreamInferError {
  const whole = Math.round(seconds * 10) / 10;
  return new StreamInferError('SOURCE_TIMEOUT', `read ${hidePassword(location)}: no frame for ${String(whole)} s`);
}
