import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { StreamInferError } from '../base/index.js';
import type { JsonlSinkPlan } from '../base/plan.js';
import type { Sink, SinkRecord } from './sink.js';

/** Bytes that are looked through at once for the end of the last whole line. */
const CHUNK = 64 * 1024;

export type FileSinkOptions = {
  readonly path: string;
  /** Text of a new file, whole lines. */
  readonly head: string;
  /** Whole lines. */
  readonly text: (records: readonly SinkRecord[]) => string;
};

/** A JSON object a line. */
export function jsonlSink({ path }: JsonlSinkPlan): Sink {
  return new FileSink({ path, head: '', text: (records) => records.map((record) => `${JSON.stringify(record)}\n`).join('') });
}

/** Lines at the end of a file, which is made, with its folders; on the disk before a batch counts as sent. A line that a crash has cut off is removed. */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
  }

  async open(): Promise<void> {
    await this.#trying('open', async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#file = await open(this.#path, 'a+');
      if (!(await this.#file.stat()).isFile()) return;
      const size = await mend(this.#file);
      if (size === 0) await this.#file.appendFile(this.#options.head);
    });
  }

  async send(records: readonly SinkRecord[]): Promise<void> {
    await this.#trying('write', async () => {
      await this.#file?.appendFile(this.#options.text(records));
      // a pipe has no disk
      await this.#file?.datasync().catch((error: unknown) => { if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error; });
    });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #trying(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new StreamInferError('SINK_FAILED', `${what} ${this.#path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

/** Cuts off what stands behind the last end of a line; gives the size that is left. */
async function mend(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  let end = size;
  while (end > 0) {
    const from = Math.max(0, end - CHUNK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - from), 0, end - from, from);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (at >= 0) {
      end = from + at + 1;
      break;
    }
    end = from;
  }
  if (end < size) await file.truncate(end);
  return end;
}
