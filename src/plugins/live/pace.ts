import { availableParallelism, loadavg } from 'node:os';

/** Times longer than was asked for that the time between two pictures becomes at most. */
const SLOWEST = 4;

/**
 * Times longer than was asked for that the time between two pictures is to be, on a machine with more to do than its cores can: those who
 * look give way to what streams are for. 1 where the system tells no load (Windows).
 */
export function slowdown(load = loadavg()[0] ?? 0, cores = availableParallelism()): number {
  return Math.min(SLOWEST, Math.max(1, load / cores));
}
