import { type Fraction, fractionOf, reduce } from './fraction.js';

/** Which frames of a run are delivered. Frames read are numbered from 0 in their order, frames delivered likewise. */
export type Thinner = {
  /** Whether frame `n` is delivered. */
  readonly isDelivered: (n: number) => boolean;
  /** How many of the frames before `n` are delivered: the number of the first delivered one at or after `n`. */
  readonly deliveredBefore: (n: number) => number;
  /** Number of the frame that is the `k`-th delivered. */
  readonly sourceOf: (k: number) => number;
};

/** Delivers every frame. */
export const everyFrame: Thinner = { isDelivered: () => true, deliveredBefore: (n) => n, sourceOf: (k) => k };

/**
 * Thins a source of `source` frames a second down to `fps`: of the frames of a run, numbered from 0, the k-th one
 * delivered is number ceil(k × source / fps), exactly. Without `fps`, with an unknown source rate, or with an `fps` at or above the
 * source's, every frame is delivered. Time stamps play no part, so that a variable rate thins evenly by number.
 */
export function openThinner(source: Fraction, fps?: number): Thinner {
  const wanted = deliveredFps(source, fps);
  // n is delivered when n = ceil(k × s) for some k, s = source / wanted ≥ 1: when a multiple of s lies in (n − 1, n]
  const num = BigInt(source.num) * BigInt(wanted.den);
  const den = BigInt(source.den) * BigInt(wanted.num);
  if (num <= den) return everyFrame;
  return {
    isDelivered: (n) => (BigInt(n) * den) % num < den,
    deliveredBefore: (n) => (n === 0 ? 0 : Number((BigInt(n - 1) * den) / num) + 1),
    sourceOf: (k) => Number((BigInt(k) * num + den - 1n) / den),
  };
}

/** Frames a second that are delivered of a source with `source` frames a second; 0/1 where it does not say. */
export function deliveredFps(source: Fraction, fps?: number): Fraction {
  const rate = reduce(source);
  if (fps === undefined || rate.num === 0) return rate;
  const wanted = fractionOf(fps);
  const isLower = BigInt(wanted.num) * BigInt(rate.den) < BigInt(rate.num) * BigInt(wanted.den);
  return isLower ? wanted : rate;
}
