import type { Clock } from '../base/index.js';
import { Backoff } from './backoff.js';

/** Times a pause of `Backoff`: shorter ones than two seconds shed next to nothing. */
const LONGER = 4;
/** A source that kept up for so long, in milliseconds, begins its pauses anew. */
const STABLE_MS = 60_000;

/**
 * When a source in realtime has only its key frames decoded: as soon as it is lastingly behind, and then for a while more, or it
 * would be behind again in a moment and take cores that others need. The while grows with each time, from two seconds to two
 * minutes, and no two are alike: of many sources that are too much, as many play whole as the cores carry, in turns.
 */
export class Shedding {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #untilMs = -Infinity;

  /** `random` gives 0…1. */
  constructor(clock: Clock, random?: () => number) {
    this.#clock = clock;
    this.#backoff = new Backoff(random);
  }

  /** Whether only key frames are to be decoded, from now on; `isBehind`: whether the source is, now. */
  judge(isBehind: boolean): boolean {
    const now = this.#clock.now();
    if (now >= this.#untilMs) {
      if (!isBehind && now - this.#untilMs > STABLE_MS) this.#backoff.reset();
      if (isBehind) this.#untilMs = now + LONGER * this.#backoff.next() * 1000;
    }
    return now < this.#untilMs;
  }
}
