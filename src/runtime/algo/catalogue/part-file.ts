import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { writerTag } from '../model-cache.js';

/**
 * The file that a download into `target` grows in, and how much of it is there. Each thread writes its own; what a
 * process that is gone left behind is taken over.
 */
export async function claimPartFile(target: string): Promise<{ readonly path: string; readonly bytes: number }> {
  const path = `${target}.${writerTag()}.part`;
  for (const name of await readdir(dirname(target))) {
    const pid = ownerOf(name, basename(target));
    if (pid === undefined || isRunning(pid)) continue;
    /** Two may try: the rename of one fails, and it goes on with nothing. */
    await rename(join(dirname(target), name), path).catch(() => undefined);
  }
  const found = await stat(path).catch(() => undefined);
  return { path, bytes: found?.size ?? 0 };
}

/** SHA-256 of a file in hex digits. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/** Process id in the name of a part file of `target`; undefined for all other files. */
function ownerOf(name: string, target: string): number | undefined {
  if (!name.startsWith(`${target}.`)) return undefined;
  const match = /^(\d+)-\d+\.part$/.exec(name.slice(target.length + 1));
  return match ? Number(match[1]) : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    /** EPERM: it runs under another user. */
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
