import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

import { StreamInferError, toWire } from '../base/index.js';
import type { SinkRecord } from './sink.js';
import type { SqliteAnswer, SqliteData, SqliteRequest } from './sqlite-sink.js';

/*
 * The thread of a SQLite sink.
 */

/** What is used of Node.js's own module, whose types come with Node.js 22. */
type Database = {
  exec(sql: string): void;
  prepare(sql: string): { run(...values: readonly (string | number | null)[]): unknown };
  close(): void;
};

const { path, table, timeoutMs } = workerData as SqliteData;
let database: Database | undefined;

function open(): void {
  database = new (load())(path);
  // a reader keeps no writer waiting; what is committed is on the disk
  database.exec(`PRAGMA busy_timeout = ${timeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY, time TEXT NOT NULL, stream TEXT NOT NULL, algo TEXT NOT NULL, position REAL NOT NULL,
frame TEXT NOT NULL, result TEXT, timing TEXT NOT NULL) WITHOUT ROWID`);
}

function load(): new (path: string) => Database {
  try {
    return (createRequire(__filename)('node:sqlite') as { DatabaseSync: new (path: string) => Database }).DatabaseSync;
  } catch (cause) {
    throw new StreamInferError('BACKEND_MISSING', `SQLite comes with Node.js 22.13 and newer, and this is ${process.version}: update it, or use another sink`, { cause });
  }
}

function insert(records: readonly SinkRecord[]): void {
  const statement = database?.prepare(`INSERT OR IGNORE INTO ${table} (id, time, stream, algo, position, frame, result, timing) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  database?.exec('BEGIN IMMEDIATE');
  try {
    for (const { id, time, stream, algo, position, frame, result, timing } of records) {
      statement?.run(id, time, stream, algo, position, JSON.stringify(frame), JSON.stringify(result), JSON.stringify(timing));
    }
    database?.exec('COMMIT');
  } catch (error) {
    database?.exec('ROLLBACK');
    throw error;
  }
}

function answer(work: () => void): void {
  let told: SqliteAnswer = {};
  try {
    work();
  } catch (cause) {
    const { code, message } = toWire(cause, 'SINK_FAILED');
    told = { error: { code, message: code === 'BACKEND_MISSING' ? message : `${path}: ${message}` } };
  }
  parentPort?.postMessage(told);
}

answer(open);
parentPort?.on('message', (request: SqliteRequest) => {
  if ('insert' in request) {
    answer(() => { insert(request.insert); });
    return;
  }
  database?.close();
  parentPort?.close();
});
