import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { fromWire, makeDeferred, StreamInferError, type WireError } from '../base/index.js';
import type { SqliteSinkPlan } from '../base/plan.js';
import { openThread, type ThreadHost } from '../work/index.js';
import type { Sink, SinkRecord } from './sink.js';

/** What the thread gets, in order, and answers each in turn. */
export type SqliteRequest = { readonly insert: readonly SinkRecord[] } | { readonly close: true };
export type SqliteAnswer = { readonly error?: WireError };
export type SqliteData = { readonly path: string; readonly table: string; readonly timeoutMs: number };

/** A row each, once by its id; file and table are made. In a thread of its own, for SQLite waits for the disk. */
export function sqliteSink({ path, table, timeout }: SqliteSinkPlan): Sink {
  return new SqliteSink({ path: resolve(path), table, timeoutMs: timeout * 1000 });
}

class SqliteSink implements Sink {
  readonly #data: SqliteData;
  #thread: ThreadHost<SqliteRequest> | undefined;
  #answer = makeDeferred<SqliteAnswer>();

  constructor(data: SqliteData) {
    this.#data = data;
  }

  async open(): Promise<void> {
    await mkdir(dirname(this.#data.path), { recursive: true }).catch((cause: unknown) => { throw new StreamInferError('SINK_FAILED', `open ${this.#data.path}: ${(cause as Error).message}`, { cause }); });
    const opened = this.#nextAnswer();
    this.#thread = openThread<SqliteRequest, SqliteAnswer>({
      entry: join(__dirname, 'sqlite-worker.js'),
      data: this.#data,
      onMessage: (answer) => { this.#answer.resolve(answer); },
      onExit: (error) => { this.#answer.reject(new StreamInferError('SINK_FAILED', `SQLite ended: ${error?.message ?? 'it was closed'}`)); },
    });
    await opened;
  }

  async send(records: readonly SinkRecord[]): Promise<void> {
    const done = this.#nextAnswer();
    this.#thread?.post({ insert: records });
    await done;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.post({ close: true });
    await thread?.ended;
  }

  async #nextAnswer(): Promise<void> {
    this.#answer = makeDeferred();
    const { error } = await this.#answer.promise;
    if (error !== undefined) throw fromWire(error);
  }
}
