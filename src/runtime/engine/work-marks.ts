import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

/*
 * What the threads of an engine process were doing when it died, so that its owner can tell whose fault that was. Each
 * thread has a file of its own in a folder of the process; a write to it reaches the system at once, and what the system
 * has outlives any crash. The first byte says whether the thread is at work, then come its parts, one a line.
 */

const FOLDER_VARIABLE = 'STREAM_INFER_MARKS';
const IDLE = 48;
const AT_WORK = 49;

/** Variables that have an engine process keep marks in `folder`. */
export function marksVariables(folder: string): Readonly<Record<string, string>> {
  return { [FOLDER_VARIABLE]: folder };
}

/** A folder that no process has used, not made yet. `name`: unique on this machine. */
export function marksFolder(name: string): string {
  return join(tmpdir(), `stream-infer-engine-${name}`);
}

/** In an engine process, before its threads start: makes its folder, if its owner wants one. */
export function makeMarks(): void {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder === undefined) return;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // without marks a culprit is found by trial; `undefined` would be a folder of that name
    Reflect.deleteProperty(process.env, FOLDER_VARIABLE);
  }
}

/** In an engine process that is about to end in order. */
export function removeMarks(): void {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** A thread that was ended in the middle of its work is at work no more. */
export function forgetThread(thread: number): void {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder !== undefined) rmSync(join(folder, String(thread)), { force: true });
}

/** What this thread is doing; without effect where nobody wants to know. Setting and clearing it costs microseconds. */
export class WorkMark {
  readonly #flag = Buffer.alloc(1, IDLE);
  #file: number | undefined;
  #tasks = 0;

  /** `parts`: what is to blame if the process dies meanwhile. */
  constructor(parts: readonly string[]) {
    const folder = process.env[FOLDER_VARIABLE];
    if (folder === undefined) return;
    try {
      this.#file = openSync(join(folder, String(threadId)), 'w');
      writeSync(this.#file, `${String.fromCharCode(IDLE)}${parts.join('\n')}`, 0);
    } catch {
      this.#giveUp();
    }
  }

  begin(): void {
    this.#tasks += 1;
    if (this.#tasks === 1) this.#write(AT_WORK);
  }

  end(): void {
    this.#tasks -= 1;
    if (this.#tasks === 0) this.#write(IDLE);
  }

  async during<T>(task: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await task();
    } finally {
      this.end();
    }
  }

  #write(flag: number): void {
    if (this.#file === undefined) return;
    this.#flag[0] = flag;
    try {
      writeSync(this.#file, this.#flag, 0, 1, 0);
    } catch {
      this.#giveUp();
    }
  }

  #giveUp(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The parts at work when the process of that folder ended, each once; the folder is gone then. */
export async function takeMarks(folder: string): Promise<string[]> {
  const parts = new Set<string>();
  for (const file of await readdir(folder).catch(() => [])) {
    const content = await readFile(join(folder, file)).catch(() => Buffer.alloc(0));
    if (content[0] !== AT_WORK) continue;
    for (const part of content.subarray(1).toString().split('\n')) parts.add(part);
  }
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  return [...parts];
}
