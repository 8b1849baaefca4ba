import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type Deferred, fromWire, makeDeferred, MAX_RESULT_JSON_BYTES, StreamInferError, type WireError } from '../../base/index.js';
import type { AlgoDeath } from '../algo.js';
import { AnswerReader } from './answer-reader.js';

/** The JSON around a result or an error. */
const AROUND_RESULT_BYTES = 64 << 10;

/** Milliseconds that a process gets to end by itself. */
const CLOSE_MS = 2000;

/** Characters of standard error that are kept: its last lines tell why a process ended. */
const KEPT_STDERR = 4000;

/** The class to open, and for whom. */
export type PythonClass = {
  /** The algo's name; what its constructor gets. */
  readonly name: string;
  /** Path of a file or package from `folder`, or a dotted name. */
  readonly module: string;
  /** Absent: the only one. */
  readonly class?: string | undefined;
  /** Absolute path. */
  readonly folder: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
};

export type PythonFrame = { readonly shape: readonly [height: number, width: number, channels: number]; readonly data: ArrayBuffer };

/** What the runner says when the algo is open: names and versions. */
export type PythonReady = { readonly class: string; readonly python: string; readonly numpy: string };

type Answer = ({ readonly type: 'ready' } & PythonReady) | { readonly type: 'done'; readonly result: unknown } | { readonly type: 'failed'; readonly error: WireError };

/** One Python process with one algo in it; asked one thing at a time. */
export class PythonProcess {
  /** Resolves when the process has ended though nobody asked it to. */
  readonly died: Promise<AlgoDeath>;
  readonly #name: string;
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #answers = new AnswerReader(MAX_RESULT_JSON_BYTES + AROUND_RESULT_BYTES);
  readonly #ended = makeDeferred();
  #asked: Deferred<Answer> | undefined;
  #reason: StreamInferError | undefined;
  #stderr = '';
  #closing = false;

  /** `python`: name or path of the interpreter, or the folder of a virtual environment; relative ones from `folder`. */
  constructor(python: string | undefined, { name, folder }: Pick<PythonClass, 'name' | 'folder'>) {
    this.#name = name;
    this.#command = interpreter(python, folder);
    this.#child = spawn(this.#command, ['-u', join(__dirname, 'runner.py')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
      windowsHide: true,
    });
    const died = makeDeferred<AlgoDeath>();
    this.died = died.promise;
    const end = (error: StreamInferError): void => {
      this.#reason ??= error;
      const isTold = this.#asked !== undefined;
      this.#asked?.reject(this.#reason);
      if (!this.#closing) died.resolve({ error: this.#reason, isTold });
      this.#ended.resolve();
    };
    this.#child.once('error', (cause) => { end(this.#notStarted(cause)); });
    this.#child.once('exit', (code, signal) => { end(this.#hasEnded(signal === null ? `exit code ${String(code)}` : `signal ${signal}`)); });
    // what is written to a process that has gone is lost with it: its exit tells
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.on('data', (piece: Buffer) => { this.#hear(piece); });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.#log(text); });
  }

  /** Imports the module, makes its algo and calls `init`. */
  async open({ module, class: className, folder, kwargs, name }: PythonClass): Promise<PythonReady> {
    const answer = await this.#ask({ type: 'open', module, folder, kwargs, name, limit: MAX_RESULT_JSON_BYTES, ...(className !== undefined && { class: className }) });
    return answer as Answer & { readonly type: 'ready' };
  }

  async run(frames: readonly PythonFrame[]): Promise<unknown> {
    const heads = frames.map(({ shape, data }) => ({ shape, bytes: data.byteLength }));
    const answer = await this.#ask({ type: 'run', frames: heads }, frames.map(({ data }) => data));
    return (answer as Answer & { readonly type: 'done' }).result;
  }

  /** Ends the process where it stands; `reason` is what it died of. */
  kill(reason: StreamInferError): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** Lets a run end, then the process; may be called twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#write({ type: 'close' });
    const timer = setTimeout(() => { this.#child.kill('SIGKILL'); }, CLOSE_MS);
    await this.#ended.promise;
    clearTimeout(timer);
  }

  async #ask(message: object, data: readonly ArrayBuffer[] = []): Promise<Answer> {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#asked !== undefined) throw new StreamInferError('INTERNAL', `${this.#name}: Python was asked two things at once`);
    const asked = makeDeferred<Answer>();
    this.#asked = asked;
    try {
      this.#write(message, data);
      const answer = await asked.promise;
      if (answer.type === 'failed') throw fromWire({ ...answer.error, message: `${this.#name}: ${answer.error.message}` });
      return answer;
    } finally {
      this.#asked = undefined;
    }
  }

  #write(message: object, data: readonly ArrayBuffer[] = []): void {
    const text = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length);
    this.#child.stdin?.cork();
    for (const bytes of [head, text, ...data.map((buffer) => Buffer.from(buffer))]) this.#child.stdin?.write(bytes);
    this.#child.stdin?.uncork();
  }

  #hear(piece: Buffer): void {
    try {
      for (const answer of this.#answers.push(piece)) this.#asked?.resolve(answer as Answer);
    } catch (cause) {
      this.kill(new StreamInferError('ALGO_RUN_FAILED', `${this.#name}: Python did not answer as it should: ${(cause as Error).message}`, { cause }));
    }
  }

  #log(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    process.stderr.write(text);
  }

  #notStarted(cause: Error): StreamInferError {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such program' : cause.message;
    const wayOut = 'install Python 3.8 or newer with numpy, or say in `python` where it is';
    return new StreamInferError('PYTHON_MISSING', `${this.#name}: start ${this.#command}: ${reason}; ${wayOut}`, { cause });
  }

  #hasEnded(how: string): StreamInferError {
    const lastLine = this.#stderr.trim().split('\n').at(-1) ?? '';
    return new StreamInferError('ALGO_RUN_FAILED', `${this.#name}: Python ended with ${how}${lastLine === '' ? '' : `: ${lastLine.slice(0, 300)}`}`);
  }
}

/** The program to start. A bare name is looked for in the PATH. */
function interpreter(given: string | undefined, folder: string): string {
  if (given === undefined) return process.platform === 'win32' ? 'python' : 'python3';
  if (!/[\\/]/.test(given)) return given;
  const path = resolve(folder, given);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return path;
  return process.platform === 'win32' ? join(path, 'Scripts', 'python.exe') : join(path, 'bin', 'python');
}
