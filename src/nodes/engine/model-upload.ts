import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { MAX_MODEL_BYTES, MAX_NAMES_FILE_BYTES, StreamInferError, systemClock } from '../../runtime/index.js';

/** Bytes that a file may have, by the ending of its name: models, and lists of class names or characters. */
const MOST_BYTES: Readonly<Record<string, number>> = { '.onnx': MAX_MODEL_BYTES, '.txt': MAX_NAMES_FILE_BYTES, '.names': MAX_NAMES_FILE_BYTES, '.labels': MAX_NAMES_FILE_BYTES };
/** A plain name on every system: nothing hidden, no folder in it, no device of Windows. */
const PLAIN_NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)\.)[\p{L}\p{N}_][\p{L}\p{M}\p{N} ._()+-]*$/iu;
const MOST_NAME_BYTES = 200;
/** What is being written, until it is whole. */
const PART = /^\.upload-[0-9a-f-]{36}\.part$/;
/** Milliseconds after which one that has not grown is what a crash left. */
const LEFT_AFTER_MS = 3_600_000;

export type Upload = {
  /** Absolute; made where it lacks. */
  readonly folder: string;
  readonly name: string;
  /** Bytes that are announced; `undefined`: not told. */
  readonly bytes: number | undefined;
  /** What becomes of a file that has the name. */
  readonly existing: 'keep' | 'replace';
};

/** Bytes that a file of this name may have. Throws `OPTION_INVALID` for a name that is none, or of something else. */
export function mostBytesOf(name: string): number {
  const most = Object.entries(MOST_BYTES).find(([ending]) => name.toLowerCase().endsWith(ending))?.[1];
  if (most !== undefined && PLAIN_NAME.test(name) && Buffer.byteLength(name) <= MOST_NAME_BYTES) return most;
  throw new StreamInferError('OPTION_INVALID', `name: expected the plain name of a file that ends with ${Object.keys(MOST_BYTES).join(', ')}, got ${JSON.stringify(name.slice(0, 100))}: rename the file`);
}

/** What has that name in the folder. */
export async function whatIsThere(folder: string, name: string): Promise<'nothing' | 'file' | 'other'> {
  const found = await lstat(path.join(folder, name)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannotWrite(name, folder, error);
  });
  if (found === undefined) return 'nothing';
  return found.isFile() ? 'file' : 'other';
}

/**
 * Writes what comes in under its name in the folder, where others see it whole or not at all. Links are neither followed nor replaced.
 * Throws `OPTION_INVALID`, and `STATE_INVALID` where something has that name already.
 */
export async function receiveFile(content: Readable, upload: Upload): Promise<void> {
  const { folder, name } = upload;
  checkSize(upload);
  await checkPlace(upload);
  const part = path.join(folder, `.upload-${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder);
    await pipeline(content, createWriteStream(part, { flags: 'wx', flush: true }));
    await checkPlace(upload);
    if (upload.existing === 'keep') await reserve(path.join(folder, name), name);
    await rename(part, path.join(folder, name));
  } catch (error) {
    throw error instanceof StreamInferError ? error : cannotWrite(name, folder, error);
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

function checkSize({ name, bytes }: Upload): void {
  const most = mostBytesOf(name);
  if (bytes !== undefined && bytes > 0 && bytes <= most) return;
  throw new StreamInferError('OPTION_INVALID', `Content-Length: expected 1 to ${most} bytes for ${name}, got ${bytes ?? 'none'}`);
}

async function checkPlace({ folder, name, existing }: Upload): Promise<void> {
  const there = await whatIsThere(folder, name);
  if (there === 'other') throw new StreamInferError('STATE_INVALID', `a folder or a link is called ${name} in ${folder}: rename the file`);
  if (there === 'file' && existing === 'keep') throw taken(name);
}

/** Takes the name, unless another has just taken it. */
async function reserve(target: string, name: string): Promise<void> {
  const file = await open(target, 'wx').catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(name) : error;
  });
  await file.close();
}

function taken(name: string): StreamInferError {
  return new StreamInferError('STATE_INVALID', `${name} is there already: replace it, or rename the file`);
}

function cannotWrite(name: string, folder: string, error: unknown): StreamInferError {
  const message = error instanceof Error ? error.message : String(error);
  return new StreamInferError('OPTION_INVALID', `modelFolder: cannot write ${name} into ${folder} (${message}): make room there, or let Node-RED's user write there`, { cause: error });
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const found = PART.test(name) ? await lstat(file).catch(() => undefined) : undefined;
    if (found !== undefined && systemClock.date().getTime() - found.mtimeMs > LEFT_AFTER_MS) await rm(file, { force: true });
  }
}
