import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** Runs a program to its end, its output thrown away by the system. Gives the milliseconds from start to end; rejects when it fails. */
export async function runProgram(program: string, args: readonly string[]): Promise<number> {
  const sink = openSync(devNull, 'w');
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', sink, 'inherit'] });
  closeSync(sink);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${String(code)}`);
  return performance.now() - start;
}
