import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { z } from 'zod';

import { StreamInferError, toWire } from '../base/index.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const checkpointSchema = z.strictObject({
  /** Of this format. */
  checkpoint: z.literal(1),
  /** What the run was of, see `identityOf`. */
  identity: z.strictObject({
    /** Version of this package. */
    version: z.string().max(64),
    /** SHA-256 of the job as it was resolved, credentials left out. */
    job: sha256,
    /** Size and time of change of the files that it reads, by path; `none`: there was no such file. */
    files: z.record(z.string().max(8192), z.string().max(128)),
  }),
  /** Bytes of the result file that are on the disk: whole lines. */
  bytes: z.int().min(0),
  /** SHA-256 of these bytes. */
  sha256,
});

/** How far a run had come: so much of its result file is safe. */
export type Checkpoint = z.output<typeof checkpointSchema>;
/** What makes two runs the same. */
export type RunIdentity = Checkpoint['identity'];

/** More than any checkpoint of ours: whoever put that there did not mean a checkpoint. */
const MOST_BYTES = 1024 * 1024;

/** Where the checkpoint of a result file is: beside it. */
export function checkpointPath(results: string): string {
  return `${results}.checkpoint`;
}

/** Whoever reads it meets the old one or the new one, whole, also after a power cut. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(`${JSON.stringify(checkpoint)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Absent: undefined. Throws `OPTION_INVALID` where what is there is no checkpoint. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    return checkpointSchema.parse(JSON.parse(await textOf(path)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = cause instanceof z.ZodError ? (cause.issues[0]?.message ?? 'not valid') : toWire(cause).message;
    throw new StreamInferError('OPTION_INVALID', `--resume: ${path} is no checkpoint of this version (${why}); run without --resume to begin anew`, { cause });
  }
}

/** Of a run that is over. */
export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.tmp`, { force: true });
}

/** What tells a run from the one of the checkpoint, in words; undefined: it is the same. */
export function differenceOf(before: RunIdentity, now: RunIdentity): string | undefined {
  if (before.version !== now.version) return `it was begun with version ${before.version}, this is ${now.version}`;
  if (before.job !== now.job) return 'it is of another job, or of other options';
  const paths = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])];
  const changed = paths.find((path) => before.files[path] !== now.files[path]);
  return changed === undefined ? undefined : `${changed} has changed since`;
}

async function textOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes`);
    return await readFile(file, 'utf8');
  } finally {
    await file.close();
  }
}

/** The new name is on the disk, too. Windows opens no folders, and needs it not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
