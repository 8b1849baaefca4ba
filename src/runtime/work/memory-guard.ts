import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Milliseconds between two looks. */
const LOOK_MS = 100;

/** No file that is looked at by itself needs more. */
const MOST_MIB = 8192;

/** A thread of its own looks, because native code holds the one that called it. */
const WATCH = `
const { workerData } = require('node:worker_threads');
setInterval(() => { if (process.memoryUsage.rss() > workerData.bytes) process.kill(process.pid, 'SIGKILL'); }, workerData.everyMs);
`;

/** MiB that a process which looks at one file may take: 8192, on a small machine, or in a small container, half of its memory. */
export function lookLimitMib(): number {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(MOST_MIB, Math.floor(bytes / 2 ** 21));
}

/** Ends this process by SIGKILL as soon as it holds more memory, native memory included. For processes that do one thing and may be lost. */
export function limitMemory(mebibytes: number): void {
  const bytes = mebibytes * 2 ** 20;
  // before the thread has started it may have done its one thing
  if (process.memoryUsage.rss() > bytes) process.kill(process.pid, 'SIGKILL');
  new Worker(WATCH, { eval: true, workerData: { bytes, everyMs: LOOK_MS } }).unref();
}

/** How a process that `limitMemory` watched has ended, for people; `how` as `ProcessOptions.onExit` has it. */
export function endOf(how: string, mebibytes: number): string {
  return how === 'signal SIGKILL' ? `${how} (it took more than ${mebibytes} MiB of memory, or somebody ended it)` : how;
}
