import { expectEqual } from './expect.js';
import type { Ran } from './program.js';

/** What an algo does: nothing; sees the same box in every frame; detects with YOLOX. */
export type BenchAlgo = {
  readonly kind: 'noop' | 'box' | 'yolox';
  /** Frames a run gets. Default 1. */
  readonly frameCount?: number;
  /** Frames from one to the next. Default 0. */
  readonly frameStep?: number;
  /** Seconds from run to run; 0: every frame. */
  readonly interval: number;
  /** For `yolox`. */
  readonly model?: string;
  readonly threads?: number;
};

/** Work that both we and the reference library can do. */
export type BenchJob = {
  readonly mode: 'offline' | 'realtime';
  readonly source: string;
  /** Pixels of the frames; absent: the source's. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Seconds from the start. Default 0. */
  readonly position?: number;
  /** Every frame goes into this mp4, with what the algos saw drawn on it. */
  readonly record?: string;
  readonly algos: readonly BenchAlgo[];
};

/** A job that was done, with how often each algo ran. */
export type JobRan = { readonly sample: Ran['sample']; readonly runs: readonly number[] };

/** What was measured, of a job whose only algo ran as often as it was to. */
export function sampleOf({ sample, runs }: JobRan, wanted: number): Ran['sample'] {
  expectEqual('runs of the algo', runs, [wanted]);
  return sample;
}
