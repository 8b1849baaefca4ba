import { rm, stat, utimes } from 'node:fs/promises';

import { type Clock, StreamInferError } from '../base/index.js';
import { isOwnerGone, ownerPath, signNew } from '../work/index.js';

/** Milliseconds between two signs of life, and after how many without one a lock is nobody's: of another machine (or container) no more is known. */
const SIGN_MS = 5000;
const STALE_MS = 30_000;

export type Lock = { release(): Promise<void> };

/** Keeps others away from what is at `path`. Throws `SINK_FAILED` where somebody else, who lives, has it. */
export async function takeLock(path: string, clock: Clock): Promise<Lock> {
  for (let tries = 0; !(await signNew(path)); tries += 1) {
    if (tries > 3 || !(await isLeft(path, clock))) throw new StreamInferError('SINK_FAILED', `${path} is used by another process: give each sink a folder of its own; after a restart elsewhere it is free in ${STALE_MS / 1000} s`);
    await rm(ownerPath(path), { force: true });
  }
  const over = new AbortController();
  void signOn(path, clock, over.signal);
  return {
    release: async () => {
      over.abort();
      await rm(ownerPath(path), { force: true });
    },
  };
}

async function isLeft(path: string, clock: Clock): Promise<boolean> {
  if (await isOwnerGone(path)) return true;
  const found = await stat(ownerPath(path)).catch(() => undefined);
  return found === undefined || clock.date().getTime() - found.mtimeMs > STALE_MS;
}

async function signOn(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(SIGN_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    const now = clock.date();
    await utimes(ownerPath(path), now, now).catch(() => undefined);
  }
}
