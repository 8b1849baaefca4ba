import { hidePassword, StreamInferError } from '../../../base/index.js';
import { type ChildEnd, type ProgramChild, startProgram } from './child.js';
import { TIMES_FD } from './command.js';
import { StderrLog } from './failures.js';
import { FramePool, type FrameLayout, layoutOf } from './frame-memory.js';
import { type Header, HeaderReader } from './header.js';
import { openPixelPipe, type PixelPipe } from './pixel-pipe.js';

/** A frame as it comes from the pipe. The memory is the receiver's, who gives it back to the pool. */
export type PipedFrame = {
  readonly memory: Uint8Array;
  /** Microseconds from the start of this run; undefined: the frame has no time. */
  readonly timeUs: number | undefined;
};

/** Frames read ahead of the consumer; the program itself waits when they are there. */
const AHEAD = 2;

export type FrameStreamOptions = { readonly program: string; readonly args: readonly string[]; /** For standard input. */ readonly input?: string; readonly env?: Readonly<Record<string, string>>; readonly platform?: NodeJS.Platform };

/** One run of the program as a stream of frames. */
export class FrameStream {
  readonly log = new StderrLog();
  readonly #headerReader = new HeaderReader();
  readonly #pipe: PixelPipe;
  readonly #child: ProgramChild;
  readonly #times: (number | undefined)[] = [];
  readonly #full: Uint8Array[] = [];
  #timesRest = '';
  #header: Header | undefined;
  #pool: FramePool | undefined;
  #layout: FrameLayout | undefined;
  #filling: Uint8Array | undefined;
  #filled = 0;
  #pixelsEnded = false;
  #isKilled = false;
  #end: ChildEnd | undefined;
  #wake: (() => void) | undefined;

  constructor(pipe: PixelPipe, options: FrameStreamOptions) {
    this.#pipe = pipe;
    const { input } = options;
    const stdio = [input === undefined ? 'ignore' : 'pipe', pipe.stdio, 'pipe', 'pipe'] as const;
    this.#child = startProgram({ ...options, stdio: [...stdio], onLine: (line) => { this.#readLine(line); } });
    // a program that is gone before it has read it tells by its end
    this.#child.process.stdin?.on('error', () => undefined).end(input);
    pipe.attach(this.#child.process, {
      room: () => this.#filling?.subarray(this.#filled) ?? new Uint8Array(1),
      take: (chunk) => this.#take(chunk),
      end: () => { this.#pixelsEnded = true; this.#notify(); },
    });
    const times = this.#child.process.stdio[TIMES_FD] as NodeJS.ReadableStream | null | undefined;
    times?.setEncoding('latin1').on('data', (text: string) => { this.#readTimes(text); }).on('error', () => undefined);
    void this.#child.ended.then((end) => { this.#onChildEnd(end); });
  }

  /** What the source is; known at the latest when the first frame is there. */
  get header(): Header | undefined {
    return this.#header;
  }

  /** Whether the program read what the source holds, and found no video; to be asked at its end. */
  get lacksVideo(): boolean {
    return this.#headerReader.lacksVideo;
  }

  /** Memory of the frames and how they lie in it; known with the header. */
  get memory(): { readonly pool: FramePool; readonly layout: FrameLayout } {
    if (this.#pool && this.#layout) return { pool: this.#pool, layout: this.#layout };
    throw new StreamInferError('INTERNAL', 'frames before their header');
  }

  /** How the program ended; undefined while it runs or its frames are not all read. */
  get end(): ChildEnd | undefined {
    // a program that was killed has told the time of a frame that does not come
    return this.#isKilled || (this.#pixelsEnded && this.#times.length <= this.#full.length) ? this.#end : undefined;
  }

  /** The next frame if it is there. */
  take(): PipedFrame | undefined {
    if (this.#times.length === 0) return undefined;
    const memory = this.#full.shift();
    if (!memory) return undefined;
    const timeUs = this.#times.shift();
    if (this.#full.length < AHEAD) this.#pipe.resume();
    return { memory, timeUs };
  }

  /** Resolves when something changed: a frame, the end. One waits at a time. */
  changed(): Promise<'changed'> {
    return new Promise((resolve) => { this.#wake = () => { resolve('changed'); }; });
  }

  /** Ends the program at once and waits until it is gone. */
  async close(): Promise<void> {
    this.#child.kill();
    this.#pipe.destroy();
    this.#times.length = 0;
    this.#full.length = 0;
    await this.#child.ended;
    this.#notify();
  }

  /** Ends the program without waiting. */
  kill(): void {
    this.#isKilled = true;
    this.#child.kill();
  }

  #onChildEnd(end: ChildEnd): void {
    this.#end = end;
    // without a header nothing was read, and the pipe's own end is not looked for
    if (!this.#header) this.#pixelsEnded = true;
    this.#notify();
  }

  #readLine(line: string): void {
    this.log.read(line);
    if (this.#header) return;
    this.#headerReader.read(line);
    this.#header = this.#headerReader.header;
    if (!this.#header) return;
    this.#layout = layoutOf(this.#header.output);
    this.#pool = new FramePool(this.#layout.bytes);
    this.#filling = this.#pool.lease();
    this.#pipe.resume();
  }

  #take(chunk: Uint8Array): boolean {
    for (let from = 0; from < chunk.length; ) {
      const frame = this.#filling;
      if (!frame) return false;
      const part = chunk.subarray(from, from + frame.length - this.#filled);
      if (part.buffer !== frame.buffer) frame.set(part, this.#filled);
      from += part.length;
      this.#filled += part.length;
      if (this.#filled === frame.length) this.#finishFrame(frame);
    }
    return this.#full.length < AHEAD;
  }

  #finishFrame(frame: Uint8Array): void {
    this.#full.push(frame);
    this.#filling = this.#pool?.lease();
    this.#filled = 0;
    this.#notify();
  }

  /** `frame:0    pts:40000   pts_time:0.04`, each followed by a line with the key. */
  #readTimes(text: string): void {
    const lines = (this.#timesRest + text).split('\n');
    this.#timesRest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^frame:\d+\s+pts:(\S+)/.exec(line);
      if (match) this.#times.push(/^-?\d+$/.test(match[1] ?? '') ? Number(match[1]) : undefined);
    }
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Starts the program; `name` is what errors call the source. */
export async function openFrameStream(options: FrameStreamOptions, name: string): Promise<FrameStream> {
  let pipe: PixelPipe | undefined;
  try {
    pipe = await openPixelPipe(options.platform);
    return new FrameStream(pipe, options);
  } catch (cause) {
    pipe?.destroy();
    throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${hidePassword(name)}: no pipe to the ffmpeg program`, { cause });
  }
}
