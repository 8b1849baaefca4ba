import { hidePassword, StreamInferError, systemClock } from '../../../base/index.js';
import { type Decoder, type OpenDecoderOptions, type Picture, rateOfLive, secondsToLearn, type SourceInfo } from '../../backend.js';
import { FrameCounter } from '../../frame-counter.js';
import { checkFrameSize, checkStreamCount } from '../../frame-limits.js';
import { Timeline } from '../../timeline.js';
import type { WebGuard } from '../../web-guard.js';
import { decodeArguments, type ProgramLocation } from './command.js';
import { type FrameStream, openFrameStream, type PipedFrame } from './frame-stream.js';
import type { Header } from './header.js';
import { FfmpegPicture } from './picture.js';
import type { Program } from './program.js';
import { containerOf, inputList, isSecretLive } from './secret-input.js';

export type DecoderParts = { readonly program: Program; readonly location: ProgramLocation; readonly options: OpenDecoderOptions; /** Of an http(s) source. */ readonly guard?: WebGuard | undefined };

/** Frames are asked for from this much before the wanted moment, so that the program's rounding cannot hide one. */
const SEEK_MARGIN_US = 1000;

/** Rounding of the program's time stamps. */
const ROUNDING_US = 1;

/** Formats whose clock may start anew in the middle, as FFmpeg marks them. */
const JUMPING_CLOCK = /^(mpegts|mpeg|hls|dash|concat|rtsp|sdp|rtp)/;

/** Decodes a file, a URL or a camera with the ffmpeg program. */
class FfmpegDecoder implements Decoder {
  readonly info: SourceInfo;
  readonly frames = new FrameCounter();
  readonly #parts: DecoderParts;
  readonly #timeline: Timeline;
  readonly #containerStartUs: number;
  #stream: FrameStream;
  #ahead: FfmpegPicture | undefined;
  #nextIndex = 0;
  #damagedBefore = 0;
  #busy: Promise<unknown> = Promise.resolve();
  #state: 'open' | 'interrupted' | 'closed' = 'open';
  readonly #interruption = new AbortController();

  constructor(parts: DecoderParts, stream: FrameStream, first: { readonly header: Header; readonly frame: PipedFrame }) {
    this.#parts = parts;
    this.#stream = stream;
    this.info = rateOfLive(infoOf(first.header, parts.location), parts.options.known);
    this.#containerStartUs = first.header.startUs;
    this.#timeline = new Timeline({ timeBase: { num: 1, den: 1_000_000 }, fps: this.info.fps, clockMayJump: JUMPING_CLOCK.test(first.header.container) });
    this.#ahead = this.#pictureOf(first.frame);
  }

  get damaged(): number {
    return this.#damagedBefore + this.#stream.log.damaged;
  }

  next(): Promise<Picture | undefined> {
    return this.#exclusively(async () => {
      const picture = await this.#read();
      if (picture) this.frames.add();
      return picture;
    });
  }

  seek(position: number): Promise<void> {
    return this.#exclusively(() => this.#seek(Math.round(position * 1e6)));
  }

  interrupt(): void {
    if (this.#state !== 'open') return;
    this.#state = 'interrupted';
    this.#interruption.abort();
    this.#stream.kill();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.interrupt();
    this.#state = 'closed';
    await this.#busy.catch(() => undefined);
    this.#dropAhead();
    await this.#stream.close();
    this.#parts.guard?.close();
  }

  /** One call at a time, and none after `interrupt` or `close`. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#busy.catch(() => undefined).then(() => {
      if (this.#state === 'closed') throw new StreamInferError('STATE_INVALID', `${nameOf(this.#parts.location)} is closed`);
      if (this.#state === 'interrupted') throw this.#interrupted();
      return work();
    });
    this.#busy = run;
    return run;
  }

  async #read(): Promise<FfmpegPicture | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) return ahead;
    const frame = await nextFrame(this.#stream, this.#watch());
    if (this.#state !== 'open') throw this.#interrupted();
    if (frame) return this.#pictureOf(frame);
    const failure = this.#stream.log.readFailure;
    if (failure !== undefined && this.#parts.location.kind !== 'file') {
      throw new StreamInferError('SOURCE_READ_FAILED', `read ${nameOf(this.#parts.location)}: ${hidePassword(failure)}`);
    }
    return undefined;
  }

  async #seek(targetUs: number): Promise<void> {
    if (this.info.live) throw new StreamInferError('OPTION_INVALID', `${nameOf(this.#parts.location)} is live: no position can be chosen`);
    this.#dropAhead();
    this.frames.restart();
    const { num, den } = this.info.fps;
    const startUs = Number(this.#timeline.ticksAt(targetUs)) - this.#containerStartUs - SEEK_MARGIN_US;
    let picture = await this.#firstFrom(targetUs, Math.max(0, startUs));
    // what cannot be searched exactly (MPEG-TS, raw streams) lands behind the wanted moment, or nowhere: then from the beginning
    const latestUs = targetUs + (num > 0 ? (1e6 * den) / num : 0) + ROUNDING_US;
    if (startUs > 0 && !(picture && picture.ptsUs < latestUs)) {
      picture?.release();
      picture = await this.#firstFrom(targetUs, 0);
    }
    if (!picture) return;
    // only now the frame's number is known; it was made with the number of the frame before the seek
    const sourceIndex = Math.round((picture.ptsUs * num) / den / 1e6);
    this.#ahead = picture.placedAt({ ptsUs: picture.ptsUs, sourceIndex });
    this.#nextIndex = sourceIndex + 1;
  }

  /** Runs the program anew from `startUs` of the container and gives the first picture at or after `targetUs`. */
  async #firstFrom(targetUs: number, startUs: number): Promise<FfmpegPicture | undefined> {
    this.#damagedBefore += this.#stream.log.damaged;
    await this.#stream.close();
    this.#stream = await startStream(this.#parts, startUs / 1e6);
    this.#timeline.jump();
    let picture = await this.#read();
    while (picture && picture.ptsUs < targetUs - ROUNDING_US) {
      picture.release();
      picture = await this.#read();
    }
    return picture;
  }

  #pictureOf(frame: PipedFrame): FfmpegPicture {
    // a list moves all times but that of a first frame that has none
    const isMoved = this.#nextIndex === 0 && isSecretLive(this.#parts.location);
    const raw = frame.timeUs === undefined || isMoved ? undefined : BigInt(frame.timeUs);
    const facts = { ptsUs: this.#timeline.next(raw), sourceIndex: this.#nextIndex, width: this.info.width, height: this.info.height };
    this.#nextIndex += 1;
    return new FfmpegPicture(facts, { ...this.#stream.memory, memory: frame.memory });
  }

  #watch(): FrameWatch {
    return { ...watchOf(this.#parts, 'read'), stop: this.#interruption.signal };
  }

  #interrupted(): StreamInferError {
    return new StreamInferError('SOURCE_READ_FAILED', `read ${nameOf(this.#parts.location)}: interrupted`);
  }

  #dropAhead(): void {
    this.#ahead?.release();
    this.#ahead = undefined;
  }
}

/** Opens the location and waits for its first frame: only then it is known that it can be decoded. Throws the `SOURCE_…` errors. */
export async function openFfmpegDecoder(given: Omit<DecoderParts, 'guard'>): Promise<Decoder> {
  const guard = await guardOf(given.location);
  try {
    return await openGuarded({ ...given, guard });
  } catch (error) {
    guard?.close();
    throw error;
  }
}

async function guardOf(location: ProgramLocation): Promise<WebGuard | undefined> {
  if (location.kind !== 'url' || !location.protocol.startsWith('http')) return undefined;
  const { WebGuard } = await import('../../web-guard.js');
  return WebGuard.open(location.url);
}

async function openGuarded(parts: DecoderParts): Promise<Decoder> {
  const { signal } = parts.options;
  signal?.throwIfAborted();
  const stream = await startStream(parts, 0);
  try {
    const watch = watchOf(parts, 'open');
    const frame = await nextFrame(stream, signal ? { ...watch, stop: signal } : watch);
    signal?.throwIfAborted();
    const { header } = stream;
    if (header) checkHeader(`open ${nameOf(parts.location)}`, header);
    if (frame && header && !header.isCover) return new FfmpegDecoder(parts, stream, { header, frame });
    throw openError(stream, parts);
  } catch (error) {
    await stream.close();
    throw error;
  }
}

function checkHeader(what: string, header: Header): void {
  checkStreamCount(what, header.streams);
  checkFrameSize(what, header);
}

function openError(stream: FrameStream, { location, guard }: DecoderParts): StreamInferError {
  const { header, end, log } = stream;
  const name = nameOf(location);
  if (end?.startError) return new StreamInferError('BACKEND_MISSING', `open ${name}: the ffmpeg program does not start`, { cause: end.startError });
  if (header?.isCover ?? stream.lacksVideo) return new StreamInferError('SOURCE_NO_VIDEO', `open ${name}: there is no video in it`);
  if (header && end?.code === 0) return new StreamInferError('SOURCE_OPEN_FAILED', `open ${name}: none of its frames could be decoded`);
  const error = log.openError(name);
  return guard?.failure === undefined ? error : new StreamInferError(error.code, `open ${name}: ${guard.failure}`);
}

function startStream({ program, location, options, guard }: DecoderParts, position: number): Promise<FrameStream> {
  const { source, producer, threads, realtime, known } = options;
  const size = { width: producer.width, height: producer.height };
  const { rtspTransport } = source;
  const { hardware } = producer;
  const shown = location.kind === 'url' && guard ? { ...location, url: guard.url } : location;
  const args = decodeArguments({ location: shown, release: program.release, rtspTransport, threads, hardware, realtime, learnSeconds: secondsToLearn(known), position, size });
  const input = isSecretLive(location) ? { input: inputList(location, rtspTransport) } : {};
  // against others' programs: what stands in the environment only its owner can read
  const env = guard && { env: { http_proxy: guard.proxy, no_proxy: '' } };
  return openFrameStream({ program: program.path, args, ...input, ...env }, nameOf(location));
}



/** How long a frame may take; a file may take as long as it needs. */
type FrameWatch = {
  /** Seconds; absent: without end. */
  readonly timeout?: number;
  /** The wait ends at once, without a frame. */
  readonly stop?: AbortSignal;
  /** "read rtsp://…", for the message. */
  readonly what: string;
};

function watchOf({ location, options }: DecoderParts, verb: 'open' | 'read'): FrameWatch {
  const what = `${verb} ${nameOf(location)}`;
  const { timeout, stallTimeout } = options.source;
  if (location.kind === 'file') return { what };
  return { what, timeout: verb === 'open' ? timeout : Math.max(timeout, stallTimeout) };
}

/** The next frame; undefined when the program has ended or the wait was stopped. Throws `SOURCE_TIMEOUT`. */
async function nextFrame(stream: FrameStream, { timeout, stop, what }: FrameWatch): Promise<PipedFrame | undefined> {
  const alarm = new AbortController();
  const onStop = (): void => { stream.kill(); };
  stop?.addEventListener('abort', onStop, { once: true });
  if (stop?.aborted) onStop();
  const late = timeout === undefined ? undefined : systemClock.sleep(timeout * 1000, alarm.signal).then(() => 'late' as const, () => 'in time' as const);
  try {
    for (;;) {
      const frame = stream.take();
      if (frame ?? stream.end) return frame;
      const news = late ? await Promise.race([stream.changed(), late]) : await stream.changed();
      if (news === 'late') {
        stream.kill();
        throw new StreamInferError('SOURCE_TIMEOUT', `${what}: nothing came for ${timeout ?? 0} s`);
      }
    }
  } finally {
    alarm.abort();
    stop?.removeEventListener('abort', onStop);
  }
}

function infoOf(header: Header, location: ProgramLocation): SourceInfo {
  const { duration } = header;
  const live = isLive(location, duration);
  return {
    width: header.width,
    height: header.height,
    fps: header.fps,
    ...(duration !== undefined && !live && { duration }),
    live,
    codec: header.codec,
    container: isSecretLive(location) ? containerOf(location) : header.container,
    pixelFormat: header.pixelFormat,
    rotation: header.rotation,
    backend: 'ffmpeg',
    hasAudio: header.hasAudio,
  };
}

function isLive(location: ProgramLocation, duration: number | undefined): boolean {
  switch (location.kind) {
    case 'file':
      return false;
    case 'device':
      return true;
    case 'url':
      // over http a recording says how long it is; a camera and live HLS do not
      return location.live ?? duration === undefined;
  }
}

function nameOf(location: ProgramLocation): string {
  switch (location.kind) {
    case 'file':
      return location.path;
    case 'device':
      return `device ${location.device}`;
    case 'url':
      return hidePassword(location.url);
  }
}
