import { isDeepStrictEqual } from 'node:util';

/** A side that did other work than it was asked for is not measured: throws, with `what`. */
export function expectEqual(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) throw new Error(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
}

/** The same for a number that may lie in a range, its ends included. */
export function expectBetween(what: string, got: number, [least, most]: readonly [number, number]): void {
  if (!(got >= least && got <= most)) throw new Error(`${what}: expected ${least} to ${most}, got ${got}`);
}
