import type { ClipCause } from '../base/index.js';

/** Microseconds before and behind an event, and how long a clip may become. */
export type ClipRule = { readonly preUs: number; readonly postUs: number; readonly maxUs: number };

/** A clip that is to be: all times in the encoder's microseconds. */
export type ClipWindow = {
  readonly fromUs: number;
  /** The last frame is the last one at or before this. */
  toUs: number;
  /** `toUs` is never moved beyond. */
  readonly limitUs: number;
  readonly cause: ClipCause;
  /** Events in it. */
  triggers: number;
};

/**
 * The windows that events make: an event whose time before it touches a window that is still open moves that window's end, up to its
 * greatest length; any other opens one of its own. One that is behind a window that has become too long follows it without a gap.
 */
export class ClipWindows {
  readonly #rule: ClipRule;
  #open: ClipWindow[] = [];
  /** Where the clip that ended last has ended. */
  #lastToUs = -Infinity;

  constructor({ preUs, postUs, maxUs }: ClipRule) {
    this.#rule = { preUs, postUs, maxUs: Math.max(maxUs, preUs + postUs) };
  }

  /** So many events at a frame; the window where they have opened one. */
  add(atUs: number, cause: ClipCause, count = 1): ClipWindow | undefined {
    const { preUs, postUs, maxUs } = this.#rule;
    const window = this.#open.find(({ fromUs, toUs, limitUs }) => atUs >= fromUs && atUs <= limitUs && atUs - preUs <= toUs);
    if (window !== undefined) {
      window.toUs = Math.max(window.toUs, Math.min(atUs + postUs, window.limitUs));
      window.triggers += count;
      return undefined;
    }
    const endUs = Math.max(this.#lastToUs, ...this.#open.map(({ toUs }) => toUs));
    // behind a clip: what is in that is not repeated, but for the frames back to a key frame
    const fromUs = atUs > endUs ? Math.max(atUs - preUs, endUs) : atUs - preUs;
    const opened = { fromUs, toUs: atUs + postUs, limitUs: fromUs + maxUs, cause, triggers: count };
    this.#open.push(opened);
    return opened;
  }

  /** A window is over. */
  end(window: ClipWindow): void {
    this.#open = this.#open.filter((other) => other !== window);
    this.#lastToUs = Math.max(this.#lastToUs, window.toUs);
  }
}
