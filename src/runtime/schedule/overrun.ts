/** Runs in a row that must overrun before it is said: one slow run is none. */
const LASTING = 5;

/** Notices an algo that is lastingly slower than its interval, and what interval it could keep. */
export class OverrunWatch {
  #inRow = 0;
  #longestSec = 0;
  #told = false;

  /**
   * After a run of `runSec` seconds at an interval of `intervalSec` (0 asks for as often as it goes: an overrun only
   * where run after run was given up before this one).
   * @returns Once, when the overrun lasts: the interval in seconds that would be kept, its slowest run and a tenth more, in
   * steps of a tenth of a second.
   */
  note(runSec: number, intervalSec: number): number | undefined {
    const isInTime = intervalSec === 0 ? this.#inRow < LASTING : runSec <= intervalSec;
    if (isInTime) {
      this.#inRow = 0;
      this.#longestSec = 0;
      return undefined;
    }
    this.#inRow += 1;
    this.#longestSec = Math.max(this.#longestSec, runSec);
    if (this.#told || this.#inRow < LASTING) return undefined;
    this.#told = true;
    return Math.ceil(this.#longestSec * 1.1 * 10) / 10;
  }

  /** A run was given up because the next turn came: an overrun of unknown length. */
  noteGivenUp(): void {
    this.#inRow += 1;
  }
}
