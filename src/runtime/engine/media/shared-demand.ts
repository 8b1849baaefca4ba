import type { FrameDemand, FrameTimes } from '../../media/index.js';

/** The frames that any of several streams uses, for the decoder that they share. Until `begin` it wants all: another stream may come. */
export class SharedDemand implements FrameDemand {
  readonly #demands = new Set<FrameDemand>();
  /** Grows with each change of who wants something. */
  #changes = 0;
  #hasBegun = false;

  get version(): number {
    let version = this.#changes;
    for (const demand of this.#demands) version += demand.version;
    return version;
  }

  get reach(): number {
    return Math.max(0, ...[...this.#demands].map(({ reach = 0 }) => reach));
  }

  add(demand: FrameDemand): void {
    this.#demands.add(demand);
    this.#changes += 1;
  }

  /** What it wanted is not wanted any more. */
  remove(demand: FrameDemand): void {
    if (this.#demands.delete(demand)) this.#changes += demand.version + 1;
  }

  /** All streams are there. */
  begin(): void {
    this.#hasBegun = true;
    this.#changes += 1;
  }

  nextUsed(n: number, times?: FrameTimes): number {
    if (!this.#hasBegun) return n;
    let next = Infinity;
    for (const demand of this.#demands) next = Math.min(next, demand.nextUsed(n, times));
    return next;
  }
}
