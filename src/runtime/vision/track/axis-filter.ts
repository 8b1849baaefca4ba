/** Spreads (standard deviations) of what a filter believes, in the unit of its axis; speeds by the second. */
export type AxisNoise = {
  /** Of a measured position. */
  readonly measured: number;
  /** By which the position drifts in a second beside its speed. */
  readonly drift: number;
  /** By which the speed changes in a second. */
  readonly acceleration: number;
};

/** What is believed at first of a position seen once, whose speed nobody knows. */
export type AxisStart = { readonly position: number; readonly spread: number; readonly speedSpread: number };

/**
 * Where something is along one axis and how fast it moves: a Kalman filter of constant speed. The filter of SORT (Bewley and
 * others, 2016) and of those after it has four such axes in one matrix; as nothing in it couples them, four of these give the same.
 */
export class AxisFilter {
  #position: number;
  #speed = 0;
  /** Covariance: of the position, of both, of the speed. */
  #pp: number;
  #pv = 0;
  #vv: number;

  constructor({ position, spread, speedSpread }: AxisStart) {
    this.#position = position;
    this.#pp = spread ** 2;
    this.#vv = speedSpread ** 2;
  }

  get position(): number {
    return this.#position;
  }

  /** Goes on by so many seconds. */
  predict(seconds: number, noise: AxisNoise): void {
    this.#position += this.#speed * seconds;
    this.#pp += 2 * this.#pv * seconds + this.#vv * seconds ** 2 + noise.drift ** 2 * seconds;
    this.#pv += this.#vv * seconds;
    this.#vv += noise.acceleration ** 2 * seconds;
  }

  /** It was seen there. */
  correct(position: number, noise: AxisNoise): void {
    const spread = this.#pp + noise.measured ** 2;
    const gain = this.#pp / spread;
    const speedGain = this.#pv / spread;
    const surprise = position - this.#position;
    this.#position += gain * surprise;
    this.#speed += speedGain * surprise;
    this.#vv -= speedGain * this.#pv;
    this.#pp *= 1 - gain;
    this.#pv *= 1 - gain;
  }
}
