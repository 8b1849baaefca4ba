import type { Clock } from '../../base/index.js';
import { isSegmented } from '../../media/index.js';
import { Lateness, MissingFrames } from '../../schedule/index.js';

/** What is known of a live source. */
type LiveSource = { readonly container: string; readonly fps: { readonly num: number } };

export type LiveVerdict = {
  /** Frames of the source that should have come since the one before. */
  readonly missing: number;
  /** Why they did not: they were lost on their way, or this machine was so far behind that they were left out. */
  readonly cause: 'network' | 'late';
  readonly isInTime: boolean;
};

/** Judges the frames of a live source as they come: which are missing, which come too late to be used. */
export class LiveGate {
  readonly #clock: Clock;
  #lateness: Lateness | undefined;
  #missing: MissingFrames | undefined;
  #undecoded = 0;
  /** Frames were being left out before the one that comes next. */
  #wasBehind = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True: only key frames should be decoded until this is over. */
  get isBehind(): boolean {
    return this.#lateness?.isBehind ?? false;
  }

  /** The source begins, or begins anew; `undecoded` frames of it could not be decoded so far. */
  reset({ container, fps }: LiveSource, undecoded: number): void {
    // of what comes in a heap it cannot be told what came late
    this.#lateness = isSegmented({ container }) ? undefined : new Lateness(this.#clock);
    this.#missing = fps.num > 0 ? new MissingFrames() : undefined;
    this.#undecoded = undecoded;
    this.#wasBehind = false;
  }

  /** Judges the frame of `ptsUs`, which comes now; `undecoded` frames could not be decoded so far: those did come. */
  judge(ptsUs: number, undecoded: number): LiveVerdict {
    const { lateMs, isInTime } = this.#lateness?.take(ptsUs) ?? { lateMs: 0, isInTime: true };
    const cause = this.#wasBehind ? 'late' : 'network';
    const { frames, us } = this.#missing?.before(ptsUs) ?? { frames: 0, us: 0 };
    // a frame that comes from the future shows that the source set its clock forward
    const isClockSet = -lateMs > us / 2000;
    const missing = isClockSet ? 0 : Math.max(0, frames - (undecoded - this.#undecoded));
    this.#undecoded = undecoded;
    this.#wasBehind = this.isBehind;
    return { missing, cause, isInTime };
  }
}
