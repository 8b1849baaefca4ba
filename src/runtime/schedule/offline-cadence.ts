/** Which delivered frames an algo is due at, offline. */
export type OfflineCadence = {
  /** Runs at every so many delivered frames, at least 1. */
  readonly everyFrames: number;
};

/**
 * max(1, floor(interval × fps)) frames from run to run: the seed's rule, with the rate that is delivered.
 * `interval` seconds ≥ 0, `fps` > 0; an unknown rate (0) runs at every frame.
 */
export function offlineCadence(interval: number, fps: number): OfflineCadence {
  return { everyFrames: Math.max(1, Math.floor(interval * fps)) };
}

/** Whether the `count`-th delivered frame (from 1, counted from the start of the source) is due. */
export function isDue(cadence: OfflineCadence, count: number): boolean {
  return count % cadence.everyFrames === 0;
}

/**
 * How many of the frames that a source gives at `fps` lie before `position` (seconds), so that after a seek an algo is due where it
 * would be without. Times count in whole microseconds, as time stamps do.
 */
export function countBefore(position: number, fps: number): number {
  return Math.max(0, Math.ceil((position - 0.5e-6) * fps));
}
