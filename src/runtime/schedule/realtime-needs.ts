import type { FrameTimes } from '../media/index.js';
import { isReached, type RealtimeCadence } from './realtime-cadence.js';

/** What is known of one algo at this moment. Frames are those delivered, numbered from 0 from the last jump in time on. */
export type RealtimeState = {
  readonly cadence: Pick<RealtimeCadence, 'next' | 'nextAfter' | 'isDue'>;
  readonly frameCount: number;
  /** At least 1. */
  readonly frameStep: number;
  /** The frame that comes next. */
  readonly from: number;
  /** Frames that must come before a window is full. */
  readonly missing: number;
  /** Seconds of the frame that came last. */
  readonly now: number;
  /** Whether a run is under way that may last beyond the next turn: that one then gets the newest frames at its end. */
  readonly isBusy: boolean;
};

/**
 * The first frame at or after `count` that a turn of the algo may get. Each turn gets the window that ends at its own frame, which
 * its time tells; but one that must wait for the run before gets whatever is newest then. So these are used: the window of the
 * next turn, and everything from where the earliest window begins that a turn may get which had to wait.
 */
export function nextUsedInRealtime(count: number, state: RealtimeState, times: FrameTimes): number {
  const { cadence, frameCount, frameStep, from, missing } = state;
  // its turn is overdue: it comes as soon as all frames of a window are there
  if (missing === 0 && cadence.isDue(state.now)) return count;
  const span = (frameCount - 1) * frameStep;
  const turn = firstAt(times, Math.max(from, from + missing - 1), cadence.next);
  if (state.isBusy || turn >= times.end) return Math.max(count, turn - span);
  const following = firstAt(times, turn + 1, cadence.nextAfter(times.usOf(turn) / 1e6));
  let next = Math.max(count, following - span);
  for (let used = turn; used >= Math.max(count, turn - span); used -= frameStep) next = Math.min(next, used);
  return next;
}

/** The first frame at or after `from` at which a turn of `due` seconds comes; the first unknown one where it is none of those known, Infinity where there is none. */
function firstAt(times: FrameTimes, from: number, due: number): number {
  let [low, high] = [from, Math.max(from, times.end)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isReached(due, times.usOf(middle) / 1e6)) high = middle;
    else low = middle + 1;
  }
  return times.isAll && low >= times.end ? Infinity : low;
}
