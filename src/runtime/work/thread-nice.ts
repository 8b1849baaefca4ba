import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';
/** A link to the thread that looks at it: `PID/task/TID`. */
const THIS_THREAD = '/proc/thread-self';

/** Whether threads have a niceness of their own here: Linux, where each begins with that of the thread that starts it. */
export const hasThreadNice: boolean = existsSync(THREADS);

/** Niceness of all threads of this process (nice(2): −20 first … 19 last); elsewhere than on Linux of the process. */
export function setProcessNice(nice: number): void {
  // V8 has started some threads already
  const threads = hasThreadNice ? readdirSync(THREADS).map(Number) : [process.pid];
  for (const thread of threads) yieldAs(thread, nice);
}

/** Niceness of the calling thread and of those that it will start; nothing where threads have none, or where it is lower than this one's and the system refuses. */
export function setThreadNice(nice: number): void {
  if (!hasThreadNice) return;
  yieldAs(Number(readlinkSync(THIS_THREAD).split('/').at(-1)), nice);
}

function yieldAs(thread: number, nice: number): void {
  try {
    setPriority(thread, nice);
  } catch {
    // it has just ended, or stays as it is: slower or quicker, not wrong
  }
}
