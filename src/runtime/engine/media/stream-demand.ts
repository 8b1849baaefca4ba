import type { FrameDemand, Thinner } from '../../media/index.js';

/** Frames from one jump in time to the next. */
export type DemandedRun = {
  readonly thinner: Thinner;
  /** Frames that would have been delivered before it, from the start of the source. */
  readonly countBefore: number;
  /** Frames of it that had passed before the stream came. */
  readonly passedBefore: number;
};

/** What one stream uses. */
export interface StreamDemand extends FrameDemand {
  /** A run begins. */
  begin(run: DemandedRun): void;
  /** The algos want other frames from now on. */
  change(): void;
}
