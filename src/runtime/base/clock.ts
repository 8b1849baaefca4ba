import { setTimeout as sleep } from 'node:timers/promises';

/** Where wall time comes from. Everything that waits or measures takes one, so that tests can bring their own. */
export interface Clock {
  /** Milliseconds on a monotonic clock, the same in all threads of a process; only differences have a meaning. */
  now(): number;
  /** The date, for names of files. */
  date(): Date;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => {
    // performance.now() would begin anew in every thread
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  date: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : undefined),
};
