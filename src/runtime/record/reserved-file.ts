import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { StreamInferError } from '../base/index.js';
import { numberedPath, partPath } from './path-template.js';

/** Recordings of the very same name after which we stop looking for a free number. */
const MAX_NUMBER = 10_000;

/** Errors of the system that a user can mend. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'no permission to write there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a part of the path is a file, not a folder',
};

export type ReservedFile = {
  /** What the file is called when it is whole. Free now; nobody else who reserves gets it. */
  readonly path: string;
  /** Where it is written until then; an empty file so far. */
  readonly part: string;
};

/**
 * A free file for `path`: `path` itself, else with `-2`, `-3` … (`numbered`), or `path` whatever is there (`overwrite`).
 * Its folders are made. The temporary file, made exclusively, is the reservation: it holds across processes. One that
 * a crashed run left keeps its name, so that what is in it can still be finished. Throws `RECORD_OPEN_FAILED`.
 */
export async function reserveFile(path: string, existing: 'numbered' | 'overwrite'): Promise<ReservedFile> {
  try {
    await mkdir(dirname(path), { recursive: true });
    for (let number = 1; number <= MAX_NUMBER; number++) {
      const file =
        existing === 'overwrite'
          ? { path, part: partPath(path, number) }
          : { path: numberedPath(path, number), part: partPath(numberedPath(path, number)) };
      if ((await isThere(file.path)) && existing === 'numbered') continue;
      if (await makeExclusively(file.part)) return file;
    }
  } catch (cause) {
    throw new StreamInferError('RECORD_OPEN_FAILED', `open recording ${path}: ${reasonOf(cause)}`, { cause });
  }
  throw new StreamInferError('RECORD_OPEN_FAILED', `open recording ${path}: ${MAX_NUMBER} files of this name are there; put {date} and {time} into the path`);
}

/** Gives the whole file its name; the next free one where another program took it meanwhile. The name it got. */
export async function publishFile(file: ReservedFile, existing: 'numbered' | 'overwrite'): Promise<string> {
  let { path } = file;
  for (let number = 2; existing === 'numbered' && number <= MAX_NUMBER && (await isThere(path)); number++) path = numberedPath(file.path, number);
  await rename(file.part, path);
  return path;
}

/** Removes the temporary file. */
export async function discardFile(file: ReservedFile): Promise<void> {
  await rm(file.part, { force: true });
}

/** What the system says, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''];
  return reason === undefined ? message : `${reason} (${String(code)})`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('this is a folder; add the name of a file');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function makeExclusively(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
