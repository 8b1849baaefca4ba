import { type Fraction, fractionOf, reduce } from './fraction.js';

/** Tells of the frame that is `n`-th in the run, from 0 and in order, whether it is delivered. */
export type Thinner = (n: number) => boolean;

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
  if (num <= den) return () => true;
  return (n) => (BigInt(n) * den) % num < den;
}

/** Frames a second that are delivered of a source with `source` frames a second; 0/1 where it does not say. */
export function deliveredFps(source: Fraction, fps?: number): Fraction {
  const rate = reduce(source);
  if (fps === undefined || rate.num === 0) return rate;
  const wanted = fractionOf(fps);
  const isLower = BigInt(wanted.num) * BigInt(rate.den) < BigInt(rate.num) * BigInt(wanted.den);
  return isLower ? wanted : rate;
}
