import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { endedChildrenCpuMs, memoryMiBOf, treeOf } from './process-tree.js';

export type Ran = {
  /** From before the program's start to after its end, with all processes that it started and waited for; the most memory that they had together. */
  readonly sample: { readonly wallMs: number; readonly cpuMs: number; readonly memoryMiB: number };
  /** Last line of its standard output; empty where there was none. */
  readonly lastLine: string;
};

/** Milliseconds between two looks at the memory. */
const LOOK_MS = 500;

/** Runs a program to its end; one at a time. Rejects when it fails, with what it wrote to standard error. */
export async function runProgram(program: string, args: readonly string[]): Promise<Ran> {
  const cpuBefore = endedChildrenCpuMs();
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
  const memory = watchMemory(child.pid);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    const wallMs = performance.now() - start;
    if (code !== 0) throw new Error(`${program} ${args.join(' ').slice(0, 300)}: exit code ${String(code)}: ${errors.slice(-2000)}`);
    return {
      sample: { wallMs, cpuMs: endedChildrenCpuMs() - cpuBefore, memoryMiB: memory.most },
      lastLine: output.trimEnd().split('\n').at(-1) ?? '',
    };
  } finally {
    memory.end();
  }
}

/** Looks now and then at what the process and its children have; one that could not be started has nothing. */
function watchMemory(pid: number | undefined): { readonly most: number; end(): void } {
  let most = 0;
  const look = (): void => { if (pid !== undefined) most = Math.max(most, memoryMiBOf(treeOf(pid))); };
  const timer = setInterval(look, LOOK_MS);
  return {
    get most() { return most; },
    end: () => { clearInterval(timer); },
  };
}
