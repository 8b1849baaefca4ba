/** Steps from frame to frame that are looked back on. */
const STEPS = 15;
/** So many of them must be alike before a rate counts as constant. */
const ALIKE = 10;
/** Steps that differ by less than this part of the middle one are alike; cameras stamp their frames unevenly. */
const TOLERANCE = 0.25;

const NONE = { frames: 0, us: 0 } as const;

/**
 * Frames of a live source that never came: a step in time that is a multiple of the usual one. Where the rate is not
 * constant nothing can be told, and nothing is counted.
 */
export class MissingFrames {
  readonly #stepsUs: number[] = [];
  #lastUs: number | undefined;

  /** How many are missing right before the frame of `ptsUs`, and the microseconds that they would have taken. */
  before(ptsUs: number): { readonly frames: number; readonly us: number } {
    const last = this.#lastUs;
    this.#lastUs = ptsUs;
    if (last === undefined) return NONE;
    const step = ptsUs - last;
    const usual = this.#usualStepUs();
    this.#stepsUs.push(step);
    if (this.#stepsUs.length > STEPS) this.#stepsUs.shift();
    if (usual === undefined || step < 1.5 * usual) return NONE;
    return { frames: Math.round(step / usual) - 1, us: step - usual };
  }

  /** The middle one of the last steps; undefined where they are too few or too different. */
  #usualStepUs(): number | undefined {
    if (this.#stepsUs.length < STEPS) return undefined;
    const middle = [...this.#stepsUs].sort((a, b) => a - b)[STEPS >> 1] as number;
    const alike = this.#stepsUs.filter((step) => Math.abs(step - middle) <= TOLERANCE * middle).length;
    return alike >= ALIKE ? middle : undefined;
  }
}
