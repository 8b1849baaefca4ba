import { open } from 'node:fs/promises';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { Encoder, OpenEncoderOptions } from '../../backend.js';
import { EncoderInput } from '../../encoder-input.js';
import { finishMp4 } from '../../mp4/index.js';
import { type ChildEnd, type ProgramChild, startProgram } from './child.js';
import { encodeArguments } from './command.js';
import { StderrLog } from './failures.js';
import { layoutOf, planesOf } from './frame-memory.js';
import { frameHeader, matroskaHeader } from './matroska.js';
import type { Program } from './program.js';

/** Longest time between key frames: the most that a crash can cost, and how exactly players can search. */
const KEY_FRAME_SECONDS = 2;

/** Where the program's output goes. */
export type EncoderTarget = {
  /** For messages: "write PATH". */
  readonly what: string;
  readonly args: readonly string[];
  /** Gets standard output; absent: the program writes a file. */
  readonly onOutput?: (bytes: Buffer) => void;
  /** The program has ended well. */
  readonly finish: () => Promise<unknown>;
};

/** H.264 by the program's libx264. */
export class FfmpegEncoder implements Encoder {
  readonly #input: EncoderInput;
  readonly #target: EncoderTarget;
  readonly #child: ProgramChild;
  readonly #log: StderrLog;
  /** One is written while the other is filled. */
  readonly #memories: [Uint8Array, Uint8Array];
  #pending: Promise<void>;
  #state: 'open' | 'closed' = 'open';

  constructor(program: Program, options: Omit<OpenEncoderOptions, 'path'>, target: EncoderTarget) {
    this.#input = new EncoderInput({ what: target.what, width: options.width, height: options.height });
    this.#target = target;
    const { bytes } = layoutOf(options);
    this.#memories = [new Uint8Array(bytes), new Uint8Array(bytes)];
    const { args, onOutput } = target;
    this.#log = new StderrLog();
    this.#child = startProgram({ program: program.path, args, stdio: ['pipe', onOutput === undefined ? 'ignore' : 'pipe', 'pipe'], onLine: (line) => { this.#log.read(line); } });
    if (onOutput !== undefined) this.#child.process.stdout?.on('data', onOutput);
    this.#child.process.stdin?.on('error', () => undefined); // told by the callback of the write
    this.#pending = this.#send([matroskaHeader(options)]);
  }

  /** Time of the first picture, in microseconds. */
  get originUs(): number | undefined {
    return this.#input.originUs;
  }

  get programPid(): number | undefined {
    return this.#child.process.pid;
  }

  async write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    if (this.#state !== 'open') throw new StreamInferError('STATE_INVALID', `${this.#target.what}: it is closed`);
    const us = this.#input.take(picture, ptsUs);
    const [memory] = this.#memories;
    this.#memories.reverse();
    pack(picture, memory);
    await this.#pending;
    this.#pending = this.#send([frameHeader(us, memory.length), memory]);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const failed = await this.#pending.then(() => undefined, (error: unknown) => error as StreamInferError);
    this.#child.process.stdin?.end();
    const end = await this.#child.ended;
    if (failed) throw failed;
    if (this.#input.originUs === undefined) return; // without a single frame there is nothing to finish
    if (end.code !== 0) throw this.#failure(end);
    await this.#target.finish();
  }

  async destroy(): Promise<void> {
    this.#state = 'closed';
    this.#child.kill();
    await this.#child.ended;
  }

  /** Resolves when the program has taken all of it: that is the back-pressure. */
  #send(parts: readonly Uint8Array[]): Promise<void> {
    const { stdin } = this.#child.process;
    const sent = new Promise<Error | null | undefined>((resolve) => {
      parts.forEach((part, index) => stdin?.write(part, (error) => { if (error ?? index === parts.length - 1) resolve(error); }));
    }).then(async (error) => {
      if (error) throw this.#failure(await this.#child.ended);
    });
    sent.catch(() => undefined); // told at the next write or at the close
    return sent;
  }

  #failure(end: ChildEnd): StreamInferError {
    const reason = end.startError?.message ?? this.#log.reason();
    return new StreamInferError('RECORD_WRITE_FAILED', `${this.#target.what}: ${reason}`, { cause: end.startError });
  }
}

/** Opens the file and the program. Throws `RECORD_OPEN_FAILED`. */
export async function openFfmpegEncoder(program: Program, options: OpenEncoderOptions): Promise<Encoder> {
  const { path } = options;
  // the program opens its output only after the first frame, and what is wrong with the place is to be told now
  const file = await open(path, 'w').catch((cause: unknown) => {
    throw new StreamInferError('RECORD_OPEN_FAILED', `write ${path}: ${(cause as Error).message}`, { cause });
  });
  await file.close();
  await checkEncoder(program, `write ${path}`);
  const args = encodeArguments({ ...options, release: program.release, keyFrameSeconds: KEY_FRAME_SECONDS });
  return new FfmpegEncoder(program, options, { what: `write ${path}`, args, finish: () => finishMp4(path, 'closed') });
}

/** Throws `RECORD_OPEN_FAILED` where the program cannot encode H.264. */
export async function checkEncoder(program: Program, what: string): Promise<void> {
  if (await hasEncoder(program)) return;
  throw new StreamInferError('RECORD_OPEN_FAILED', `${what}: ${program.path} (FFmpeg ${program.version}) was built without libx264`);
}

async function hasEncoder(program: Program): Promise<boolean> {
  let list = '';
  const child = startProgram({ program: program.path, args: ['-hide_banner', '-encoders'], stdio: ['ignore', 'pipe', 'pipe'], onLine: () => undefined });
  child.process.stdout?.setEncoding('latin1').on('data', (text: string) => { list += text; });
  await child.ended;
  return /^ V\S+ libx264 /m.test(list);
}

function pack(picture: YuvPlanes, memory: Uint8Array): void {
  const targets = planesOf(layoutOf(picture), memory);
  for (const index of [0, 1, 2] as const) {
    const { data, width, height } = targets[index];
    for (let y = 0; y < height; y += 1) {
      const from = y * picture.strides[index];
      data.set(picture.planes[index].subarray(from, from + width), y * width);
    }
  }
}
