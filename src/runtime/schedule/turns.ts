import type { LatePolicy } from '../base/index.js';

/** Runs in a row that `restart` gives up; the one after them is let finish, or an algo that is always too slow would give nothing at all. */
const RESTARTS_IN_ROW = 5;

export type TurnsOptions<Window> = {
  /** What becomes of a turn that comes due during a run. */
  readonly late: LatePolicy;
  /** Turns that `queue` lets wait, at least 1. */
  readonly limit: number;
  /** Runs that may be under way at a time, at least 1. */
  readonly atOnce: number;
  /** A turn gives no result: it never ran (`busy`), or its run was given up for a newer one (`restarted`). */
  readonly onSkipped: (cause: 'busy' | 'restarted', turns: number) => void;
  /** Gets the frames of a waiting turn that will not run. */
  readonly release: (window: Window) => void;
};

/** A turn whose run is under way. */
export type Turn<Window> = {
  readonly window: Window;
  /** Whether what the run gives is thrown away. */
  readonly isGivenUp: boolean;
};

/**
 * Turns of one algo in realtime, one run at a time or as many as it may have. A turn that comes due while no more may be under
 * way waits for an end:
 *
 * - `skip`: one waits, and runs on the newest frames there are when it begins; the next one takes its place.
 * - `queue`: up to `limit` wait with the frames of their own moment; the oldest gives way.
 * - `restart`: as `skip`, and all runs under way are given up for it.
 */
export class Turns<Window> {
  readonly #options: TurnsOptions<Window>;
  readonly #limit: number;
  /** Oldest first; undefined: a turn that takes its frames when it begins. */
  readonly #waiting: (Window | undefined)[] = [];
  readonly #running = new Set<{ readonly window: Window; isGivenUp: boolean }>();
  #restarts = 0;

  constructor(options: TurnsOptions<Window>) {
    this.#options = options;
    this.#limit = options.late === 'queue' ? options.limit : 1;
  }

  /** Whether a turn waits that takes its frames when it begins. */
  get wantsNewest(): boolean {
    return this.#options.late !== 'queue' && this.#waiting.length > 0;
  }

  /** Whether no more runs may be under way: at the end of one a turn may take the frames there are then. */
  get isBusy(): boolean {
    return this.#options.late !== 'queue' && this.#running.size >= this.#options.atOnce;
  }

  /** Whether one waits, and one more may be under way. */
  get mayBegin(): boolean {
    return this.#waiting.length > 0 && this.#running.size < this.#options.atOnce;
  }

  /**
   * A turn has come due; `keep` gives its frames, to be kept until it begins.
   * @returns Whether the runs under way are to be given up now.
   */
  add(keep: () => Window): boolean {
    const { late, atOnce, onSkipped } = this.#options;
    this.#waiting.push(late === 'queue' ? keep() : undefined);
    if (this.#waiting.length > this.#limit) this.#skip(this.#waiting.splice(0, 1));
    const wanted = [...this.#running].filter(({ isGivenUp }) => !isGivenUp);
    if (late !== 'restart' || this.#running.size < atOnce || wanted.length === 0 || this.#restarts >= RESTARTS_IN_ROW) return false;
    for (const turn of wanted) turn.isGivenUp = true;
    this.#restarts += 1;
    onSkipped('restarted', wanted.length);
    return true;
  }

  /** Begins the oldest waiting turn, with its frames or what `newest` gives; undefined where none waits, no more may be under way, or its frames are not there. */
  begin(newest: () => Window | undefined): Turn<Window> | undefined {
    if (this.#running.size >= this.#options.atOnce || this.#waiting.length === 0) return undefined;
    const window = this.#waiting[0] ?? newest();
    if (window === undefined) return undefined;
    this.#waiting.shift();
    const turn = { window, isGivenUp: false };
    this.#running.add(turn);
    return turn;
  }

  /** The run of that turn has come to its end. */
  end(turn: Turn<Window>): void {
    if (!turn.isGivenUp) this.#restarts = 0;
    this.#running.delete(turn);
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
