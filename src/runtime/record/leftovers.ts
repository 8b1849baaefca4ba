import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { type Clock, toWire } from '../base/index.js';
import { type FinishedMp4, finishMp4 } from '../media/index.js';
import { isOwnerGone, ownerPath, signPart, unsignPart } from '../work/index.js';
import { PartKeeper } from './part-keeper.js';
import { foldersOf, type PathTemplate } from './path-template.js';
import { publishFile } from './reserved-file.js';

/** Milliseconds in which who writes a file is sure to set its time (`PartKeeper`), also on a busy machine and a shared disk. */
const WATCH_MS = 30_000;

/** `.clip.mp4.part.mp4`, with a number or what a process that finishes it has put there. */
const PART = /^\.(.+\.mp4)\.part(?:-[\w-]+)?\.mp4$/i;

export type LeftoverOptions = {
  readonly template: PathTemplate;
  /** Lowest number that a name gets: 2 leaves the name itself to the next recording. */
  readonly firstNumber: 1 | 2;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A file is whole, and has its name. */
  readonly onFinished: (file: { readonly path: string; readonly frames: number }) => void;
  /** For people: what could not be finished, and why. */
  readonly onTrouble: (message: string) => void;
};

/**
 * Finishes what processes that crashed, or a power cut, left of recordings in the folders that the template's paths are in: everything up
 * to the last whole fragment, under the final name, with `-2`, `-3` … where that is taken. A leftover without a whole fragment is
 * removed; one that is no video stays as `….broken`. What a process of this machine left is finished at once; of others a file counts
 * as left when its time has stood still for half a minute. Several processes may do this at the same time: each file is for the one
 * that renames it first. Rejects only with the signal's reason.
 */
export async function finishLeftovers(options: LeftoverOptions): Promise<void> {
  const undecided: string[] = [];
  for (const part of await findParts(options.template)) {
    options.signal.throwIfAborted();
    if (await isOwnerGone(part)) await finishLeftover(part, options);
    else undecided.push(part);
  }
  if (undecided.length === 0) return;
  const before = await Promise.all(undecided.map(timeOf));
  await options.clock.sleep(WATCH_MS, options.signal);
  for (const [index, part] of undecided.entries()) {
    options.signal.throwIfAborted();
    if (before[index] !== undefined && (await timeOf(part)) === before[index]) await finishLeftover(part, options);
  }
}

async function findParts(template: PathTemplate): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await foldersOf(template)) {
    const names = await readdir(folder).catch(() => []);
    found.push(...names.filter((name) => PART.test(name)).map((name) => join(folder, name)));
    // a file that has got its name, or was removed, and then its process ended
    const there = new Set(names);
    const orphans = names.filter((name) => name.endsWith('.owner') && PART.test(name.slice(0, -6)) && !there.has(name.slice(0, -6)));
    for (const name of orphans) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
  return found;
}

async function finishLeftover(left: string, options: LeftoverOptions): Promise<void> {
  try {
    const part = await claim(left);
    if (part !== undefined) await finishClaimed(part, options);
  } catch (error) {
    options.onTrouble(`the recording left in ${left} is not finished: ${toWire(error).message}`);
  }
}

/** Makes the file this process's own; undefined where another one was quicker. */
async function claim(left: string): Promise<string | undefined> {
  const name = PART.exec(basename(left))?.[1] ?? '';
  const part = join(dirname(left), `.${name}.part-${randomUUID().slice(0, 8)}.mp4`);
  try {
    await rename(left, part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  await rm(ownerPath(left), { force: true });
  await signPart(part);
  return part;
}

async function finishClaimed(part: string, { firstNumber, clock, onFinished, onTrouble }: LeftoverOptions): Promise<void> {
  const { frames, isEmpty } = await finishKept(part, clock);
  if (frames > 0) {
    const path = join(dirname(part), PART.exec(basename(part))?.[1] ?? '');
    onFinished({ path: await publishFile({ path, part }, { existing: 'numbered', firstNumber }), frames });
    return;
  }
  if (isEmpty) await rm(part, { force: true });
  else {
    await rename(part, `${part}.broken`);
    onTrouble(`what a recording left is no video that can be read, and stays as ${part}.broken`);
  }
  await unsignPart(part);
}

/** A long file on a slow disk takes its time: nobody else may take it for left meanwhile. */
async function finishKept(part: string, clock: Clock): Promise<FinishedMp4> {
  const keeper = await PartKeeper.open(part, clock);
  try {
    return await finishMp4(part, 'torn');
  } finally {
    await keeper.close();
  }
}

/** When the file was written or touched; undefined: it is gone. Opened, so that a shared disk's own word is asked for and not a memory of it. */
async function timeOf(path: string): Promise<number | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
