import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** Where downloaded and imported models are kept: `STREAM_INFER_CACHE`, else the system's folder for caches. */
export function defaultCacheFolder(): string {
  const { STREAM_INFER_CACHE: chosen, LOCALAPPDATA: local, XDG_CACHE_HOME: xdg } = process.env;
  if (chosen) return chosen;
  if (process.platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'stream-infer');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'stream-infer');
  return join(xdg ?? join(homedir(), '.cache'), 'stream-infer');
}

/** Marks a file that only this thread of this process writes. */
export function writerTag(): string {
  return `${process.pid}-${threadId}`;
}

/** Whether a file is there; with `bytes`, only one of that size counts. */
export async function isFile(path: string, bytes?: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && (bytes === undefined || found.size === bytes);
}

/** Writes a file that others see whole or not at all; folders are made. Of several writers at once one wins. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${writerTag()}.tmp`;
  try {
    await writeFile(temporary, bytes);
    await moveInto(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Renames a finished file to its name. Where another made the same file first, and holds it open (Windows), that one stays. */
export async function moveInto(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!(await isFile(path))) throw error;
    await rm(temporary, { force: true });
  }
}
