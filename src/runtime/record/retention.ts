import { lstat, readdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, type RecorderPlan, toWire } from '../base/index.js';
import { fileNamesOf, foldersOf } from './path-template.js';
import { TrustedDate } from './trusted-date.js';

export type RetentionOptions = {
  readonly plan: RecorderPlan;
  readonly streamName: string;
  readonly clock: Clock;
  /** For people: what could not be removed, and why. The same is told once. */
  readonly onTrouble: (message: string) => void;
};

/** Milliseconds between two looks while nothing else calls for one. */
const PAUSE_MS = 60_000;

type OwnFile = { readonly path: string; readonly bytes: number; /** Of the last change. */ readonly dateMs: number };

/**
 * Removes the files of one recorder that are too old, or too many by their bytes, the oldest first. Its files are those whose names its
 * template gives for its stream, in the folders where the template puts them; links are neither removed nor followed, and a file that is
 * being written has another name and is never touched. Without `keepFor` and `keepSize` nothing is ever removed.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #today: TrustedDate;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #lastTrouble = '';

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#today = new TrustedDate(options.clock);
  }

  /** Whether it may remove anything. */
  get isOn(): boolean {
    const { keepFor, keepSize } = this.#options.plan;
    return keepFor !== undefined || keepSize !== undefined;
  }

  /** Checks now and every minute, until aborted; at once where there are no rules. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (this.isOn && !signal.aborted) {
      await this.check();
      await this.#options.clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }

  /** Removes what the rules say, and of segments what stands in the way of the next one on a disk that is nearly full. Never rejects. */
  check(): Promise<void> {
    return this.#inTurn(async () => {
      const files = await this.#files();
      const { keepFor = Infinity, keepSize = Infinity, kind } = this.#options.plan;
      const todayMs = this.#today.ms;
      while (files[0] !== undefined && todayMs - files[0].dateMs > keepFor * 1000) await this.#remove(files);
      while (files[0] !== undefined && bytesOf(files) > keepSize) await this.#remove(files);
      if (kind === 'segments') await this.#makeRoomAhead(files);
    });
  }

  /** The disk is full: removes the oldest file. Whether there was one that could be removed. Never rejects. */
  async makeRoom(): Promise<boolean> {
    let isRemoved = false;
    await this.#inTurn(async () => {
      const files = await this.#files();
      while (!isRemoved && files.length > 0) isRemoved = await this.#remove(files);
    });
    return isRemoved;
  }

  /** As long as the disk has less room than the largest file took twice: for the one that is being written, and for the next one's beginning. */
  async #makeRoomAhead(files: OwnFile[]): Promise<void> {
    const needed = 2 * Math.max(0, ...files.map(({ bytes }) => bytes));
    for (let oldest = files[0]; oldest !== undefined; oldest = files[0]) {
      const { bavail, bsize } = await statfs(oldest.path);
      if (bavail * bsize >= needed) return;
      await this.#remove(files);
    }
  }

  /** Removes the first of them, and takes it from the list. */
  async #remove(files: OwnFile[]): Promise<boolean> {
    const file = files.shift();
    if (file === undefined) return false;
    try {
      await unlink(file.path);
      return true;
    } catch (error) {
      // somebody else was quicker
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
      this.#tell(`${file.path} is to be removed by now, and is not: ${toWire(error).message}`);
      return false;
    }
  }

  /** The recorder's own files, the oldest first. */
  async #files(): Promise<OwnFile[]> {
    if (!this.isOn) return [];
    const { plan, streamName } = this.#options;
    const names = fileNamesOf(plan, streamName);
    const folders = await foldersOf(plan, streamName);
    const files = await Promise.all(folders.map((folder) => filesIn(folder, names)));
    return files.flat().sort((a, b) => a.dateMs - b.dateMs || (a.path < b.path ? -1 : 1));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#lastTurn.then(work).catch((error: unknown) => { this.#tell(`older recordings are not removed: ${toWire(error).message}`); });
    this.#lastTurn = turn;
    return turn;
  }

  #tell(message: string): void {
    if (message === this.#lastTrouble) return;
    this.#lastTrouble = message;
    this.#options.onTrouble(message);
  }
}

async function filesIn(folder: string, names: RegExp): Promise<OwnFile[]> {
  const files: OwnFile[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!names.test(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() === true) files.push({ path, bytes: found.size, dateMs: found.mtimeMs });
  }
  return files;
}

function bytesOf(files: readonly OwnFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
