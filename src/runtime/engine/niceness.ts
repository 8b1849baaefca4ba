/*
 * Who gets the cores where they do not suffice, by niceness: of two that want one, each step down means a quarter more of it (sched(7)).
 * An engine's process lets those go first who started it, Node-RED and what it serves; within it, models that streams share, whose runs
 * are given by priority (`LaneQueue`), go before the threads of single streams, and those by their priority. A thread cannot be raised
 * again without rights, so that each has its niceness from its start.
 */

/** Above the niceness of who started the engine's process: its own, and that of models that streams share. */
const SHARED = 1;
/** Of the threads of a stream of priority 0, and how much less a step of priority makes it: from 6 to 18. */
const STREAM = 12;
const STREAM_PER_PRIORITY = 0.6;
/** Where threads have none of their own: what Windows takes for below normal. */
const PROCESS = 10;
const MOST = 19;

/** Niceness of an engine's process, of one that was started with `base`; not `byThread`: of all of it. */
export function processNice(base: number, byThread: boolean): number {
  return Math.min(MOST, base + (byThread ? SHARED : PROCESS));
}

/** Niceness of the threads of a stream of that priority, −10…10, in a process that was started with `base`. */
export function streamNice(base: number, priority: number): number {
  return Math.min(MOST, base + Math.round(STREAM - priority * STREAM_PER_PRIORITY));
}
