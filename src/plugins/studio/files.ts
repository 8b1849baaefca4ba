import { opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { StreamInferError } from '../../runtime/index.js';
import { isBelow } from '../../nodes/shared/folders.js';
import type { FilesAnswer } from './contract.js';

/** What may be looked into. */
export type Shelf = {
  /** As a stream-engine lists them, with what is no folder among them. */
  readonly allowed: readonly string[];
  /** Absolute folder that relative ones start from. */
  readonly folder: string;
};

/** Endings of what may be played; images are played as folders, too. */
const PLAYABLE = /\.(mp4|m4v|mov|mkv|webm|avi|ts|m2ts|mts|mpg|mpeg|flv|wmv|ogv|3gp|h264|h265|mjpe?g|gif|y4m|jpe?g|png|bmp|webp|tiff?)$/i;
/** Entries that one answer lists, and that are looked at for it. */
const MOST = { listed: 500, seen: 5000 } as const;

/** What lies in a folder, or the folders that are allowed. Rejects with `OPTION_INVALID` for one that lies outside of them, links followed. */
export async function listFiles(shelf: Shelf, folder: string | undefined): Promise<FilesAnswer> {
  const roots = await rootsOf(shelf);
  if (folder === undefined) return { folders: roots.map((root) => ({ name: root, path: root })), files: [], isCut: false };
  const real = await realpath(folder).catch(() => undefined);
  const root = real === undefined || !path.isAbsolute(folder) ? undefined : roots.find((one) => isInside(real, one));
  if (real === undefined || root === undefined) {
    throw new StreamInferError('OPTION_INVALID', `folder: expected one of ${roots.join(', ') || 'none'}, or one in it: allow others in the stream-engine, "Locations by message"`);
  }
  const listed = await entriesOf(real, root);
  return { folder: real, ...(real !== root && { parent: path.dirname(real) }), ...listed };
}

/** Absolute and real; those that are not there are left out. `*` allows every location, but does not open the whole disk to a look. */
async function rootsOf({ allowed, folder }: Shelf): Promise<string[]> {
  const named = allowed.map((entry) => (entry === '*' ? '.' : entry)).filter((entry) => !/^[a-z][a-z0-9+.-]+:/i.test(entry));
  const found = await Promise.all(named.map((entry) => realpath(path.resolve(folder, entry)).then(folderOnly, () => undefined)));
  return [...new Set(found.filter((one) => one !== undefined))];
}

async function folderOnly(full: string): Promise<string | undefined> {
  return (await stat(full)).isDirectory() ? full : undefined;
}

/** In it, and not behind a hidden folder. */
function isInside(real: string, root: string): boolean {
  return isBelow(real, root) && !path.relative(root, real).split(path.sep).some(isHidden);
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

async function entriesOf(folder: string, root: string): Promise<Pick<FilesAnswer, 'folders' | 'files' | 'isCut'>> {
  const folders: { name: string; path: string }[] = [];
  const files: { name: string; path: string; bytes: number }[] = [];
  let seen = 0;
  for await (const { name } of await opendir(folder)) {
    seen += 1;
    if (seen > MOST.seen || folders.length + files.length >= MOST.listed) break;
    if (isHidden(name)) continue;
    const entry = await lookAt(path.join(folder, name), root);
    if (entry === undefined) continue;
    if (entry.isFolder) folders.push({ name, path: path.join(folder, name) });
    else if (PLAYABLE.test(name)) files.push({ name, path: path.join(folder, name), bytes: entry.bytes });
  }
  const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
  return { folders: folders.sort(byName), files: files.sort(byName), isCut: seen > MOST.seen || folders.length + files.length >= MOST.listed };
}

/** Undefined for what is neither file nor folder, cannot be read, or leads out. */
async function lookAt(full: string, root: string): Promise<{ readonly isFolder: boolean; readonly bytes: number } | undefined> {
  try {
    if (!isInside(await realpath(full), root)) return undefined;
    const found = await stat(full);
    return found.isFile() || found.isDirectory() ? { isFolder: found.isDirectory(), bytes: found.size } : undefined;
  } catch {
    return undefined;
  }
}
