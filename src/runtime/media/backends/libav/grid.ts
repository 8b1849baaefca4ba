import type { Input } from './input.js';

/** Time stamps that are evenly spaced: frame n of the file, of `frames`, has `origin` + n × `step`. */
export type Grid = { readonly origin: bigint; readonly step: bigint; readonly frames: number };

/**
 * The grid of a file all of whose frames are known to lie on one: an mp4 whose number of frames, each as long as its rate says,
 * fills exactly its duration. Other containers do not say how many frames there are. `origin` is the first frame's time stamp.
 */
export function gridOf({ context, stream }: Input, origin: bigint): Grid | undefined {
  const { nbFrames, duration, timeBase, avgFrameRate, rFrameRate } = stream;
  if (!(context.iformat?.name ?? '').includes('mp4') || nbFrames <= 0n) return undefined;
  if (avgFrameRate.num <= 0 || avgFrameRate.num * rFrameRate.den !== rFrameRate.num * avgFrameRate.den) return undefined;
  const ticks = BigInt(timeBase.den) * BigInt(avgFrameRate.den);
  const perTick = BigInt(timeBase.num) * BigInt(avgFrameRate.num);
  if (ticks % perTick !== 0n || nbFrames * (ticks / perTick) !== duration) return undefined;
  return { origin, step: ticks / perTick, frames: Number(nbFrames) };
}

/** Number of the frame with that time stamp; undefined where it lies beside the grid. */
export function numberOnGrid({ origin, step }: Grid, stamp: bigint): number | undefined {
  const ticks = stamp - origin;
  return ticks >= 0n && ticks % step === 0n ? Number(ticks / step) : undefined;
}

/** Time stamp of frame `number`. */
export function stampOnGrid({ origin, step }: Grid, number: number): bigint {
  return origin + BigInt(number) * step;
}
