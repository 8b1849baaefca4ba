import { readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/*
 * Who writes a file that is not whole yet stands in a small file beside it: the process, and the machine (or container) whose processes are
 * numbered together. That the process is gone tells at once that the file was left; of another machine's it cannot be known.
 */

type Owner = {
  readonly machine: string;
  readonly pid: number;
  /** The program through which the process writes, which outlives it for a moment. */
  readonly programPid?: number;
};

/** `.clip.mp4.part.mp4.owner` for `.clip.mp4.part.mp4`. */
export function ownerPath(part: string): string {
  return `${part}.owner`;
}

/** Says that this process writes `part`, maybe through a program. */
export async function signPart(part: string, programPid?: number): Promise<void> {
  await sign(part, { ...(programPid !== undefined && { programPid }) }, 'w');
}

/** The same, unless somebody has said so before. Tells whether it could. */
export async function signNew(part: string): Promise<boolean> {
  try {
    await sign(part, {}, 'wx');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function sign(part: string, program: Pick<Owner, 'programPid'>, flag: 'w' | 'wx'): Promise<void> {
  const owner: Owner = { machine: await thisMachine(), pid: process.pid, ...program };
  await writeFile(ownerPath(part), JSON.stringify(owner), { flag });
}

export async function unsignPart(part: string): Promise<void> {
  await rm(ownerPath(part), { force: true });
}

/** Whether who wrote `part` was a process of this machine that has ended, and its program. False: they live, or that is not known. */
export async function isOwnerGone(part: string): Promise<boolean> {
  const owner = await readOwner(part);
  if (owner?.machine !== (await thisMachine())) return false;
  return !isRunning(owner.pid) && (owner.programPid === undefined || !isRunning(owner.programPid));
}

async function readOwner(part: string): Promise<Partial<Owner> & { readonly pid: number } | undefined> {
  try {
    const owner = JSON.parse(await readFile(ownerPath(part), 'utf8')) as Partial<Owner> | null;
    return isPid(owner?.pid) && (owner?.programPid === undefined || isPid(owner.programPid)) ? (owner as Owner) : undefined;
  } catch {
    return undefined; // there is none, or it is not whole
  }
}

function isPid(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

/** Differs where a process number means another process: on another machine, after a restart, in a container. */
async function thisMachine(): Promise<string> {
  const [boot, space] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return [hostname(), boot.trim(), space].join(' ');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
