import type { Dictionary, FormatContext, InputFormat, Packet, Stream } from 'node-av/lib';

import { hidePassword, type SourceOptions, StreamInferError, systemClock } from '../../../base/index.js';
import { secondsToLearn, type SourceInfo } from '../../backend.js';
import { checkFrameSize, checkStreamCount } from '../../frame-limits.js';
import { inputLimits, NOT_PLAYED } from '../../input-limits.js';
import { isLossy, type Location } from '../../location.js';
import type { WebGuard } from '../../web-guard.js';
import { must, sourceError } from './errors.js';
import type { Libav } from './libav.js';

/** A location that FFmpeg opens itself. */
export type InputLocation = Extract<Location, { kind: 'file' | 'url' | 'device' }>;

export type OpenInputOptions = {
  readonly location: InputLocation;
  readonly source: Pick<SourceOptions, 'rtspTransport' | 'timeout' | 'stallTimeout'>;
  /** What it was before; see `OpenDecoderOptions`. */
  readonly known?: SourceInfo;
  readonly signal?: AbortSignal;
};

/**
 * An open container with its video stream. Files are read synchronously, which is fastest; everything that can keep
 * us waiting is read by FFmpeg's asynchronous calls, watched by a timer that interrupts them.
 */
export class Input {
  readonly context: FormatContext;
  /** What is read, without password. */
  readonly name: string;
  readonly #av: Libav;
  readonly #options: OpenInputOptions;
  #stream: Stream | undefined;
  #guard: WebGuard | undefined;
  #timedOut = false;
  #interrupted = false;

  constructor(av: Libav, options: OpenInputOptions) {
    this.#av = av;
    this.#options = options;
    this.name = nameOf(options.location);
    this.context = new av.FormatContext();
    this.context.allocContext(); // interrupt() works on an open that is under way only on a context that is there
  }

  get stream(): Stream {
    if (this.#stream) return this.#stream;
    throw new StreamInferError('STATE_INVALID', `${this.name} is not open`);
  }

  get isLocal(): boolean {
    return this.#options.location.kind === 'file';
  }

  /** True: packets may get lost on their way. */
  get isLossy(): boolean {
    return isLossy(this.#options.location, this.#options.source.rtspTransport);
  }

  /** False: the container knows no times (raw H.264, MJPEG over http); those that FFmpeg then gives are made up. */
  get isTimed(): boolean {
    return !this.#hasFlag(this.#av.AVFMT_NOTIMESTAMPS);
  }

  /** True: the container's clock may start anew in the middle (MPEG-TS and the like). */
  get clockMayJump(): boolean {
    return this.#hasFlag(this.#av.AVFMT_TS_DISCONT);
  }

  async open(): Promise<void> {
    this.#guard = await guardOf(this.#options.location);
    this.#options.signal?.throwIfAborted();
    const { url, format, dictionary } = targetOf(this.#av, this.#options, this.#guard);
    const { context } = this;
    const opened = await this.#watch(() => (this.isLocal ? context.openInputSync(url, format, dictionary) : context.openInput(url, format, dictionary)));
    if (opened === this.#av.AVERROR_EINVAL && isFoundOut(this.#options.location)) throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${this.name}: ${NOT_PLAYED}`);
    if (opened < 0) throw this.#failure(opened, 'open');
    const found = await this.#watch(() => (this.isLocal ? context.findStreamInfoSync() : context.findStreamInfo()));
    if (found < 0) throw this.#failure(found, 'open');
    checkStreamCount(`open ${this.name}`, context.nbStreams);
    this.#stream = this.#pickStream();
    checkFrameSize(`open ${this.name}`, this.#stream.codecpar);
  }

  /** The next packet of the video stream into `packet`; FFmpeg's return code, its end-of-file included. */
  async read(packet: Packet): Promise<number> {
    for (;;) {
      const code = this.isLocal ? this.context.readFrameSync(packet) : await this.#watch(() => this.context.readFrame(packet));
      if (this.#interrupted) throw this.#failure(this.#av.AVERROR_EXIT, 'read');
      if (code === this.#av.AVERROR_EAGAIN) await systemClock.sleep(1);
      else if (code < 0 || packet.streamIndex === this.stream.index) return code;
      else packet.unref();
    }
  }

  /** Goes to the key frame at or before that time stamp; FFmpeg's return code. */
  seek(ticks: bigint): number | Promise<number> {
    const flags = this.#av.AVSEEK_FLAG_BACKWARD;
    if (this.isLocal) return this.context.seekFrameSync(this.stream.index, ticks, flags);
    return this.#watch(() => this.context.seekFrame(this.stream.index, ticks, flags));
  }

  /** The error for a read that came back with `code`. */
  readFailure(code: number): StreamInferError {
    return this.#failure(code, 'read');
  }

  interrupt(): void {
    this.#interrupted = true;
    this.context.interrupt();
  }

  async close(): Promise<void> {
    await this.context.closeInput();
    this.#guard?.close();
  }

  /** Seconds that FFmpeg may take for a call. */
  get #limit(): number {
    const { timeout, stallTimeout } = this.#options.source;
    return this.#stream === undefined ? timeout : Math.max(timeout, stallTimeout);
  }

  #hasFlag(flag: number): boolean {
    return ((this.context.iformat?.flags ?? 0) & flag) !== 0;
  }

  async #watch(work: () => number | Promise<number>): Promise<number> {
    this.#options.signal?.throwIfAborted();
    const pending = work();
    if (typeof pending === 'number') return pending;
    const timer = new AbortController();
    const onAbort = (): void => { this.interrupt(); };
    this.#options.signal?.addEventListener('abort', onAbort, { once: true });
    const alarm = systemClock.sleep(this.#limit * 1000, timer.signal).then(
      () => {
        this.#timedOut = true;
        this.context.interrupt();
      },
      () => undefined,
    );
    const code = await pending;
    timer.abort();
    await alarm;
    this.#options.signal?.removeEventListener('abort', onAbort);
    this.#options.signal?.throwIfAborted();
    return this.#timedOut || this.#interrupted ? this.#av.AVERROR_EXIT : code;
  }

  #failure(code: number, verb: 'open' | 'read'): StreamInferError {
    const what = `${verb} ${this.name}`;
    if (this.#timedOut) return new StreamInferError('SOURCE_TIMEOUT', `${what}: nothing came for ${this.#limit} s`);
    if (this.#interrupted) return new StreamInferError('SOURCE_READ_FAILED', `${what}: interrupted`);
    const error = sourceError(this.#av, code, { what, why: this.#guard?.failure });
    if (verb === 'open' || error.code === 'SOURCE_TIMEOUT') return error;
    return new StreamInferError('SOURCE_READ_FAILED', error.message);
  }

  #pickStream(): Stream {
    const av = this.#av;
    const index = this.context.findBestStream(av.AVMEDIA_TYPE_VIDEO);
    const streams = this.context.streams;
    const stream = streams[index];
    const isCover = stream ? (stream.disposition & av.AV_DISPOSITION_ATTACHED_PIC) !== 0 : false;
    if (index < 0 || !stream || isCover) throw new StreamInferError('SOURCE_NO_VIDEO', `open ${this.name}: there is no video in it`);
    for (const other of streams) if (other.index !== index) other.discard = av.AVDISCARD_ALL;
    return stream;
  }
}

/** Opens `options.location`; whoever calls closes it. Throws the `SOURCE_…` errors. */
export async function openInput(av: Libav, options: OpenInputOptions): Promise<Input> {
  const input = new Input(av, options);
  try {
    await input.open();
    return input;
  } catch (error) {
    await input.close();
    throw error;
  }
}

function nameOf(location: InputLocation): string {
  switch (location.kind) {
    case 'file':
      return location.path;
    case 'device':
      return `device ${location.device}`;
    case 'url':
      return hidePassword(location.url);
  }
}

/** Whether the kind of what comes is found out by looking at it. */
function isFoundOut(location: InputLocation): boolean {
  return location.kind === 'file' || (location.kind === 'url' && location.protocol.startsWith('http'));
}

async function guardOf(location: InputLocation): Promise<WebGuard | undefined> {
  if (location.kind !== 'url' || !location.protocol.startsWith('http')) return undefined;
  const { WebGuard } = await import('../../web-guard.js');
  return WebGuard.open(location.url);
}

type Target = { readonly url: string; readonly format: InputFormat | null; readonly dictionary: Dictionary | null };

function targetOf(av: Libav, options: OpenInputOptions, guard: WebGuard | undefined): Target {
  const { location } = options;
  switch (location.kind) {
    case 'file':
      // the scheme said, a name such as "concat:a" stays a name
      return { url: `file:${location.path}`, format: null, dictionary: av.Dictionary.fromObject(limitOptions(location)) };
    case 'device':
      return deviceTarget(av, location.device);
    case 'url':
      return { url: guard?.url ?? location.url, format: null, dictionary: av.Dictionary.fromObject({ ...urlOptions(location.protocol, options), ...limitOptions(location), ...(guard && { http_proxy: guard.proxy }) }) };
  }
}

/** A file that breaks off is asked for from where it was: at once, after 1 and after 3 s. */
const HTTP_OPTIONS = { reconnect: '1', reconnect_delay_max: '4' };

function limitOptions(location: Parameters<typeof inputLimits>[0]): Record<string, string> {
  const { protocols, formats } = inputLimits(location);
  return { protocol_whitelist: protocols, format_whitelist: formats };
}

function urlOptions(protocol: string, { source, known }: OpenInputOptions): Record<string, string> {
  // opening is watched by our own timer; this one holds for reading too
  const timeoutUs = String(Math.round(Math.max(source.timeout, source.stallTimeout) * 1e6));
  // "nobuffer" would throw the first key frame away with what was looked at
  const live = { analyzeduration: String(secondsToLearn(known) * 1e6) };
  switch (protocol) {
    case 'rtsp':
    case 'rtsps':
      return { ...live, rtsp_transport: source.rtspTransport, timeout: timeoutUs };
    case 'rtmp':
    case 'rtmps':
      return { ...live, rw_timeout: timeoutUs }; // its "timeout" would make it listen
    case 'http':
    case 'https':
      return { rw_timeout: timeoutUs, ...HTTP_OPTIONS };
    default:
      return { ...live, timeout: timeoutUs };
  }
}

const DEVICE_FORMATS: Partial<Record<NodeJS.Platform, string>> = { linux: 'video4linux2', win32: 'dshow', darwin: 'avfoundation' };

function deviceTarget(av: Libav, device: string): Target {
  const name = DEVICE_FORMATS[process.platform];
  const format = name === undefined ? null : av.InputFormat.findInputFormat(name);
  if (!format) {
    must(av, av.AVERROR_DEMUXER_NOT_FOUND, { code: 'SOURCE_OPEN_FAILED', what: `open device ${device} on ${process.platform}` });
  }
  return { url: deviceUrl(device), format, dictionary: null };
}

function deviceUrl(device: string): string {
  if (process.platform === 'win32') return device.includes('=') ? device : `video=${device}`;
  if (process.platform === 'linux' && /^\d+$/.test(device)) return `/dev/video${device}`;
  return device;
}
