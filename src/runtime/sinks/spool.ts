import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../base/index.js';
import type { Backlog, BacklogLimit, Taken } from './backlog.js';
import type { RecordLine } from './record.js';
import { type Lock, takeLock } from './spool-lock.js';

/*
 * A backlog on disk. Lines are numbered; a segment is a file of some of them, named by the number of its first; which line is the next
 * to be sent stands in a file beside them. What a process that was killed has written is there for the next one.
 */

const SEGMENT = /^(\d{15})\.jsonl$/;
const POSITION = 'position.json';
/** Bytes of a segment: what is lost at once when the oldest have to go, and what is read to find a line. */
const SEGMENT_BYTES = { least: 64 * 1024, most: 8 * 2 ** 20, partOfAll: 1 / 16 };
/** Milliseconds that lines may be known to the system only, and not to its disk. */
const SYNC_MS = 1000;
/** Bytes that are read at once. */
const CHUNK = 256 * 1024;

type Segment = { readonly first: number; count: number; bytes: number };

/** Opens the folder, which is made. Throws `SINK_FAILED` where another process has it, and what the file system says. */
export async function openSpool(folder: string, limit: BacklogLimit, clock: Clock): Promise<Backlog> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(folder, 'spool'), clock);
  try {
    const segments = await readSegments(folder);
    const next = await readPosition(folder);
    return await Spool.over({ folder, limit, clock, lock, segments }, next);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Parts = { readonly folder: string; readonly limit: BacklogLimit; readonly clock: Clock; readonly lock: Lock; readonly segments: Segment[] };

class Spool implements Backlog {
  readonly #parts: Parts;
  readonly #segments: Segment[];
  readonly #segmentBytes: number;
  /** Number of the line that is sent next, and its place in the first segment. */
  #next: number;
  #offset = 0;
  /** Bytes of the lines that were taken, from `#next` on. */
  #taken: readonly number[] = [];
  #tail: FileHandle | undefined;
  #syncedAtMs: number;
  #lost = 0;
  /** Appending and taking away at the front change the same list of segments. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(parts: Parts, next: number) {
    this.#parts = parts;
    this.#segments = parts.segments;
    this.#next = next;
    this.#syncedAtMs = parts.clock.now();
    const { least, most, partOfAll } = SEGMENT_BYTES;
    this.#segmentBytes = Math.max(least, Math.min(most, parts.limit.maxBytes * partOfAll));
  }

  static async over(parts: Parts, position: number): Promise<Spool> {
    const first = parts.segments[0]?.first ?? position;
    const spool = new Spool(parts, Math.max(first, position));
    await spool.#dropSent();
    await spool.#skip();
    return spool;
  }

  get count(): number {
    return this.#end - this.#next;
  }

  get lost(): number {
    return this.#lost;
  }

  append(lines: readonly RecordLine[]): Promise<void> {
    return this.#inTurn(() => this.#append(lines));
  }

  take(most: number): Promise<Taken> {
    return this.#inTurn(() => this.#take(most));
  }

  release(mark: number): Promise<void> {
    return this.#inTurn(() => this.#release(mark));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#closeTail();
      if (this.count === 0) await this.#clear();
      await this.#parts.lock.release();
    });
  }

  /** Number of the line that comes next. */
  get #end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? this.#next : Math.max(this.#next, last.first + last.count);
  }

  get #bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(what, what);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** In pieces of a segment at most, so that no more has to go than is needed. */
  async #append(lines: readonly RecordLine[]): Promise<void> {
    let done = 0;
    while (done < lines.length) {
      const from = done;
      for (let bytes = 0; done < lines.length && (done === from || bytes < this.#segmentBytes); done += 1) bytes += lines[done]?.length ?? 0;
      await this.#appendPiece(lines.slice(from, done));
    }
  }

  async #appendPiece(lines: readonly RecordLine[]): Promise<void> {
    const text = Buffer.from(`${lines.join('\n')}\n`);
    if (!(await this.#makeRoom(text.length))) {
      this.#lost += lines.length;
      return;
    }
    const { handle, segment } = await this.#writable();
    try {
      await handle.appendFile(text);
    } catch (error) {
      // what has become of it is not known: whole lines are, up to here
      await handle.truncate(segment.bytes).catch(() => this.#closeTail());
      throw error;
    }
    segment.count += lines.length;
    segment.bytes += text.length;
    await this.#sync();
  }

  /** False: there is none, and the newest are to be lost. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const { maxBytes, whenFull } = this.#parts.limit;
    if (this.#bytes + bytes <= maxBytes) return true;
    if (whenFull === 'newest') return false;
    while (this.#segments.length > 0 && this.#bytes + bytes > maxBytes) {
      if (this.#segments.length === 1) await this.#closeTail();
      const [first] = this.#segments as [Segment];
      this.#lost += Math.max(0, first.first + first.count - this.#next);
      this.#next = Math.max(this.#next, first.first + first.count);
      await this.#dropSent();
    }
    return true;
  }

  async #writable(): Promise<{ readonly handle: FileHandle; readonly segment: Segment }> {
    const last = this.#segments.at(-1);
    if (this.#tail !== undefined && last !== undefined && last.bytes < this.#segmentBytes) return { handle: this.#tail, segment: last };
    await this.#closeTail();
    const segment: Segment = { first: this.#end, count: 0, bytes: 0 };
    this.#tail = await open(this.#path(segment), 'a', 0o600);
    await this.#tail.truncate(0);
    this.#segments.push(segment);
    return { handle: this.#tail, segment };
  }

  async #sync(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - this.#syncedAtMs < SYNC_MS) return;
    this.#syncedAtMs = now;
    await this.#tail?.datasync();
  }

  async #closeTail(): Promise<void> {
    const tail = this.#tail;
    this.#tail = undefined;
    await tail?.datasync().catch(() => undefined);
    await tail?.close();
  }

  async #take(most: number): Promise<Taken> {
    await this.#dropSent();
    const [head] = this.#segments;
    if (head === undefined || this.count === 0) return { lines: [], marks: [] };
    const wanted = Math.min(most, head.first + head.count - this.#next);
    const read = await readLines(this.#path(head), this.#offset, wanted);
    this.#taken = read.map((line) => line.length + 1);
    return { lines: read.map(String), marks: read.map((_, i) => this.#next + i + 1) };
  }

  async #release(mark: number): Promise<void> {
    // the oldest may have been lost meanwhile
    if (mark <= this.#next) return;
    const passed = this.#taken.slice(0, mark - this.#next);
    this.#taken = this.#taken.slice(passed.length);
    this.#offset += passed.reduce((sum, bytes) => sum + bytes, 0);
    this.#next = mark;
    await this.#dropSent();
    const path = join(this.#parts.folder, POSITION);
    await writeFile(`${path}.new`, JSON.stringify({ next: mark }), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Removes the segments of which all has been sent, but for the one that is being written. */
  async #dropSent(): Promise<void> {
    for (let [head] = this.#segments; head !== undefined && head.first + head.count <= this.#next; [head] = this.#segments) {
      if (this.#segments.length === 1 && this.#tail !== undefined) return;
      this.#segments.shift();
      this.#offset = 0;
      this.#taken = [];
      await rm(this.#path(head), { force: true });
    }
  }

  /** Finds the place of `#next` in the first segment. */
  async #skip(): Promise<void> {
    const [head] = this.#segments;
    if (head === undefined) return;
    for (let left = this.#next - head.first; left > 0;) {
      const read = await readLines(this.#path(head), this.#offset, Math.min(left, 10_000));
      if (read.length === 0) return;
      this.#offset += read.reduce((sum, line) => sum + line.length + 1, 0);
      left -= read.length;
    }
  }

  async #clear(): Promise<void> {
    for (const segment of this.#segments.splice(0)) await rm(this.#path(segment), { force: true });
    await rm(join(this.#parts.folder, POSITION), { force: true });
  }

  #path({ first }: Segment): string {
    return join(this.#parts.folder, `${String(first).padStart(15, '0')}.jsonl`);
  }
}

/** Lines of a file from a place on, without their ends; fewer where it has no more whole ones. */
async function readLines(path: string, from: number, most: number): Promise<Buffer[]> {
  const handle = await open(path, 'r');
  try {
    const lines: Buffer[] = [];
    let rest = Buffer.alloc(0);
    for (let at = from; lines.length < most;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      rest = cutLines(rest, lines, most);
    }
    return lines;
  } finally {
    await handle.close();
  }
}

/** Puts the whole lines of `text` to the others; what is left comes back. */
function cutLines(text: Buffer, lines: Buffer[], most: number): Buffer<ArrayBuffer> {
  let from = 0;
  for (let end = text.indexOf(10); end >= 0 && lines.length < most; end = text.indexOf(10, from)) {
    lines.push(text.subarray(from, end));
    from = end + 1;
  }
  return Buffer.from(text.subarray(from));
}

/** What an earlier process has left, in order; a line that was cut off is none. */
async function readSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const { count, bytes, size } = await measure(path);
    if (bytes < size) await truncate(path, bytes);
    if (count === 0) await rm(path, { force: true });
    else segments.push({ first: Number(SEGMENT.exec(name)?.[1]), count, bytes });
  }
  return segments;
}

/** Whole lines, the bytes that they take, and those that the file has. */
async function measure(path: string): Promise<{ readonly count: number; readonly bytes: number; readonly size: number }> {
  let [count, bytes, size] = [0, 0, 0];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) {
      count += 1;
      bytes = size + end + 1;
    }
    size += chunk.length;
  }
  return { count, bytes, size };
}

/** 0 where it is not known: what was sent is sent once more then, with the same ids. */
async function readPosition(folder: string): Promise<number> {
  try {
    const { next } = JSON.parse(await readFile(join(folder, POSITION), 'utf8')) as { next?: unknown };
    return Number.isSafeInteger(next) && (next as number) >= 0 ? (next as number) : 0;
  } catch {
    return 0;
  }
}
