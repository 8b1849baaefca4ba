import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of a clock tick in /proc; the same on every Linux. */
const TICK_MS = 10;

/** `pid` and all that descend from it. */
export function treeOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), Number(statOf(name)?.[1])]),
  );
  const tree = [pid];
  for (const parent of tree) tree.push(...[...parents].filter(([, its]) => its === parent).map(([child]) => child));
  return tree;
}

/** Milliseconds of CPU that living processes have used, their threads included, children not. */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticks(statOf(pid), 11), 0) * TICK_MS;
}

/** Milliseconds of CPU of this process's children that have ended, with those of their own that they waited for. */
export function endedChildrenCpuMs(): number {
  return ticks(statOf('self'), 13) * TICK_MS;
}

/** Memory of processes in MiB, what they share counted once (PSS). */
export function memoryMiBOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0) / 1024;
}

/** User and system time, which stand beside each other. */
function ticks(stat: readonly string[] | undefined, at: number): number {
  return Number(stat?.[at] ?? 0) + Number(stat?.[at + 1] ?? 0);
}

/** Fields of proc(5) from the third on: the second, a name in parentheses, may hold spaces. */
function statOf(pid: number | string): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty where the process has ended meanwhile. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
