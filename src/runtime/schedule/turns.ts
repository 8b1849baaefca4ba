import type { LatePolicy } from '../base/index.js';

/** Runs in a row that `restart` gives up; the one after them is let finish, or an algo that is always too slow would give nothing at all. */
const RESTARTS_IN_ROW = 5;

export type TurnsOptions<Window> = {
  /** What becomes of a turn that comes due during a run. */
  readonly late: LatePolicy;
  /** Turns that `queue` lets wait, at least 1. */
  readonly limit: number;
  /** A turn gives no result: it never ran (`busy`), or its run was given up for a newer one (`restarted`). */
  readonly onSkipped: (cause: 'busy' | 'restarted', turns: number) => void;
  /** Gets the frames of a waiting turn that will not run. */
  readonly release: (window: Window) => void;
};

/**
 * Turns of one algo in realtime, one run at a time. A turn that comes due during a run waits for its end:
 *
 * - `skip`: one waits, and runs on the newest frames there are when it begins; the next one takes its place.
 * - `queue`: up to `limit` wait with the frames of their own moment; the oldest gives way.
 * - `restart`: as `skip`, and the run under way is given up for it.
 */
export class Turns<Window> {
  readonly #options: TurnsOptions<Window>;
  readonly #limit: number;
  /** Oldest first; undefined: a turn that takes its frames when it begins. */
  readonly #waiting: (Window | undefined)[] = [];
  #run: 'none' | 'under way' | 'given up' = 'none';
  #restarts = 0;

  constructor(options: TurnsOptions<Window>) {
    this.#options = options;
    this.#limit = options.late === 'queue' ? options.limit : 1;
  }

  /** Whether what the run under way gives is thrown away. */
  get isGivenUp(): boolean {
    return this.#run === 'given up';
  }

  /** Whether a turn waits that takes its frames when it begins. */
  get wantsNewest(): boolean {
    return this.#options.late !== 'queue' && this.#waiting.length > 0;
  }

  /** Whether a run is under way, at whose end a turn may take the frames there are then. */
  get isBusy(): boolean {
    return this.#options.late !== 'queue' && this.#run !== 'none';
  }

  /**
   * A turn has come due; `keep` gives its frames, to be kept until it begins.
   * @returns Whether the run under way is to be given up now.
   */
  add(keep: () => Window): boolean {
    const { late, onSkipped } = this.#options;
    this.#waiting.push(late === 'queue' ? keep() : undefined);
    if (this.#waiting.length > this.#limit) this.#skip(this.#waiting.splice(0, 1));
    if (late !== 'restart' || this.#run !== 'under way' || this.#restarts >= RESTARTS_IN_ROW) return false;
    this.#run = 'given up';
    this.#restarts += 1;
    onSkipped('restarted', 1);
    return true;
  }

  /** Begins the oldest waiting turn: its frames, or what `newest` gives; undefined where none waits, a run is under way, or its frames are not there. */
  begin(newest: () => Window | undefined): Window | undefined {
    if (this.#run !== 'none' || this.#waiting.length === 0) return undefined;
    const window = this.#waiting[0] ?? newest();
    if (window === undefined) return undefined;
    this.#waiting.shift();
    this.#run = 'under way';
    return window;
  }

  /** The run under way has come to its end. */
  end(): void {
    if (this.#run === 'under way') this.#restarts = 0;
    this.#run = 'none';
  }

  /** No waiting turn runs any more. */
  clear(): void {
    this.#skip(this.#waiting.splice(0));
  }

  #skip(turns: readonly (Window | undefined)[]): void {
    if (turns.length === 0) return;
    for (const window of turns) if (window !== undefined) this.#options.release(window);
    this.#options.onSkipped('busy', turns.length);
  }
}
