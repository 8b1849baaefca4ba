import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { StreamInferError } from '../base/index.js';
import { signPart, unsignPart } from '../work/index.js';
import { syncFolder } from './part-keeper.js';
import { numberedPath, partPath } from './path-template.js';

/** Recordings of the very same name after which we stop looking for a free number. */
const MAX_NUMBER = 10_000;

/** Errors of the system that a user can mend. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'no permission to write there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file may not become larger',
  EIO: 'the disk does not work',
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
      if (await makeExclusively(file.part)) return await signed(file);
    }
  } catch (cause) {
    throw new StreamInferError('RECORD_OPEN_FAILED', `open recording ${path}: ${reasonOf(cause)}`, { cause });
  }
  throw new StreamInferError('RECORD_OPEN_FAILED', `open recording ${path}: ${MAX_NUMBER} files of this name are there; put {date} and {time} into the path`);
}

export type PublishOptions = {
  readonly existing: 'numbered' | 'overwrite';
  /** Lowest number of the name; default 1, the name itself. */
  readonly firstNumber?: 1 | 2;
};

/** Gives the whole file its name; the next free one where another program took it meanwhile. The name it got. */
export async function publishFile(file: ReservedFile, { existing, firstNumber = 1 }: PublishOptions): Promise<string> {
  let number: number = firstNumber;
  while (existing === 'numbered' && number < MAX_NUMBER && (await isThere(numberedPath(file.path, number)))) number += 1;
  const path = numberedPath(file.path, number);
  await rename(file.part, path);
  await unsignPart(file.part);
  await syncFolder(dirname(path));
  return path;
}

/** Removes the temporary file. */
export async function discardFile(file: ReservedFile): Promise<void> {
  await rm(file.part, { force: true });
  await unsignPart(file.part);
}

/** With its owner beside it, or not at all. */
async function signed(file: ReservedFile): Promise<ReservedFile> {
  try {
    await signPart(file.part);
    return file;
  } catch (error) {
    await discardFile(file);
    throw error;
  }
}

/** Whether an error, or what caused it, is a disk or a quota without room. FFmpeg tells it in the system's words only. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device|Disk quota exceeded/.test(error.message) || isDiskFull(error.cause);
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
