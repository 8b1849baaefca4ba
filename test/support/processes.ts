import { readdirSync, readFileSync, statSync } from 'node:fs';

/** A process as every user of a Linux machine sees it, and whether only its owner can read its environment. */
export type SeenProcess = { readonly pid: number; readonly parent: number; readonly command: string; readonly environmentIsPrivate: boolean };

/** `root` and all processes below it (Linux). */
export function processTree(root: number): SeenProcess[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => seen(Number(name))).filter((one) => one !== undefined);
  const found = all.filter(({ pid }) => pid === root);
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid));
  return found;
}

function seen(pid: number): SeenProcess | undefined {
  try {
    const parent = Number(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) \S /s, '').split(' ')[0]);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, parent, command, environmentIsPrivate: (statSync(`/proc/${pid}/environ`).mode & 0o077) === 0 };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
