import { type FileHandle, open, utimes } from 'node:fs/promises';

import { type Clock, StreamInferError } from '../base/index.js';

/** Milliseconds between two syncs: what is older survives a power cut. */
const BEAT_MS = 2000;

/** Errors of systems that cannot sync such a file. */
const NO_SYNC: ReadonlySet<string> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EBADF']);

/**
 * Looks after a file while it is written: every two seconds what was written goes to the disk, and its time is set, which tells other
 * processes that somebody is at it, also while no frame comes. Notices that the file, or its folder, is gone: writing would go on, to nowhere.
 */
export class PartKeeper {
  readonly #part: string;
  readonly #clock: Clock;
  readonly #handle: FileHandle;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #syncedBytes = 0;
  #failure: Error | undefined;

  private constructor(part: string, handle: FileHandle, clock: Clock) {
    this.#part = part;
    this.#handle = handle;
    this.#clock = clock;
    this.#ended = this.#run();
  }

  static async open(part: string, clock: Clock): Promise<PartKeeper> {
    return new PartKeeper(part, await open(part, 'r+'), clock);
  }

  /** Why the file cannot be written any more, if the system has said so. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Lets go of the file. May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(BEAT_MS, this.#stop.signal);
        await this.#beat();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failure = error as Error;
    } finally {
      await this.#handle.close().catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    const now = this.#clock.date();
    try {
      await utimes(this.#part, now, now);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new StreamInferError('RECORD_WRITE_FAILED', 'the file, or its folder, was removed while it was written', { cause });
    }
    const { size } = await this.#handle.stat();
    if (size === this.#syncedBytes) return;
    this.#syncedBytes = size;
    await syncData(this.#handle);
  }
}

/** All that was written to the file goes to the disk, where the system can do that. */
async function syncData(handle: FileHandle): Promise<void> {
  try {
    await handle.datasync();
  } catch (error) {
    if (!NO_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** What a folder holds goes to the disk: a name that was just given survives a power cut. Where the system cannot do that, nothing happens. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows opens no folders
  }
}
