import { everyFrame, type Thinner } from '../../media/index.js';
import type { Tally } from './tally.js';

/** Frames that did not come, and whether for load that the source sheds. */
export type PassedOver = { readonly frames: number; readonly shed: number };

/** What becomes of the frames of a source's run, from one jump in time to the next, for one stream: which its producer delivers, which have not come. */
export class Passage {
  readonly #tally: Tally;
  /** Frames that a window may reach over, those left out included. */
  readonly #reach: () => number;
  #thinner: Thinner = everyFrame;
  #passedBefore = 0;
  #passed = 0;
  /** That a live source should have brought and that did not come. */
  #missing = 0;
  #allUntil = 0;

  constructor(tally: Tally, reach: () => number) {
    this.#tally = tally;
    this.#reach = reach;
  }

  /** A run begins, of which `passedBefore` frames had passed before the stream came. */
  begin(thinner: Thinner, passedBefore: number): void {
    this.#thinner = thinner;
    this.#passedBefore = passedBefore;
    this.#passed = 0;
    this.#missing = 0;
    this.#allUntil = 0;
  }

  /** Frames since the stream came that were delivered, left out or thinned. */
  get passed(): number {
    return this.#passed;
  }

  /** Whether all frames are used for now: one was dropped, and windows are not where they were foretold. */
  get usesAll(): boolean {
    return this.#passed < this.#allUntil;
  }

  /** Of so many frames of the source's run those that are delivered. */
  deliveredBefore(frames: number): number {
    return this.#thinner.deliveredBefore(frames);
  }

  /** Whether the frame that comes is delivered: thins. */
  take(): boolean {
    const isDelivered = this.#thinner.isDelivered(this.#missing + this.#passed++);
    if (!isDelivered) this.#tally.thinned += 1;
    return isDelivered;
  }

  /** Frames that have passed in the source's run by now and were not seen here. */
  leftOutOf(passedInRun: number): number {
    return Math.max(0, passedInRun - this.#passedBefore - this.#passed);
  }

  /** Thins frames that did not come, and gives how many would have been delivered and are not late. */
  passOver({ frames, shed }: PassedOver): number {
    if (shed > 0) this.dropLate(this.#pass(shed));
    return this.#pass(frames - shed);
  }

  /** So many frames that would be delivered were too late. */
  dropLate(frames: number): void {
    if (frames > 0) this.#tally.drop('late', frames);
    this.#allUntil = this.#passed + 2 * this.#reach();
  }

  /** A live source should have brought so many frames more before the one that comes; those that would have been delivered are counted. */
  noteMissing(missing: number, cause: string): void {
    const from = this.#missing + this.#passed;
    const lost = this.#thinner.deliveredBefore(from + missing) - this.#thinner.deliveredBefore(from);
    if (lost > 0) this.#tally.drop(cause, lost);
    this.#missing += missing;
  }

  #pass(frames: number): number {
    const delivered = this.#thinner.deliveredBefore(this.#passed + frames) - this.#thinner.deliveredBefore(this.#passed);
    this.#passed += frames;
    this.#tally.thinned += frames - delivered;
    return delivered;
  }
}
