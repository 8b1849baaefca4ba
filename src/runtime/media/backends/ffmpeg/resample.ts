import type { Plane } from './frame-memory.js';

type Size = { readonly width: number; readonly height: number };

/**
 * `smooth` averages the area that an output pixel covers when shrinking, and interpolates when enlarging; `linear`
 * takes two neighbours and nothing else, as the training pipelines of most detectors do.
 */
export type ResampleKind = 'smooth' | 'linear';

/** Samples in rows, `stride` samples apart. */
export type Samples = { readonly data: Uint8Array | Float32Array; readonly stride: number };

/** `plane` at `size`, 0…255 unrounded; the plane itself where it has that size. Sample centres of both cover the same area. */
export function resample(plane: Plane, size: Size, kind: ResampleKind): Samples {
  if (plane.width === size.width && plane.height === size.height) return plane;
  const columns = tapsOf(plane.width, size.width, kind);
  const rows = tapsOf(plane.height, size.height, kind);
  const mixed = new Float32Array(plane.width);
  const data = new Float32Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1) {
    mixRows(plane, { taps: rows, at: y }, mixed);
    mixColumns(mixed, columns, data.subarray(y * size.width, (y + 1) * size.width));
  }
  return { data, stride: size.width };
}

/** Output i is the sum of `count` inputs from `starts[i]` on, times `weights[i × count …]`. */
type Taps = { readonly starts: Int32Array; readonly weights: Float32Array; readonly count: number };

function mixRows(plane: Plane, { taps, at }: { taps: Taps; at: number }, mixed: Float32Array): void {
  const { data, width, stride } = plane;
  const first = taps.starts[at] as number;
  mixed.fill(0);
  for (let k = 0; k < taps.count; k += 1) {
    const weight = taps.weights[at * taps.count + k] as number;
    if (weight === 0) continue;
    const from = (first + k) * stride;
    for (let x = 0; x < width; x += 1) mixed[x] = (mixed[x] as number) + (data[from + x] as number) * weight;
  }
}

function mixColumns(row: Float32Array, { starts, weights, count }: Taps, target: Float32Array): void {
  for (let x = 0, w = 0; x < target.length; x += 1) {
    const from = starts[x] as number;
    let sum = 0;
    for (let k = 0; k < count; k += 1, w += 1) sum += (row[from + k] as number) * (weights[w] as number);
    target[x] = sum;
  }
}

function tapsOf(from: number, to: number, kind: ResampleKind): Taps {
  return kind === 'smooth' && from > to ? areaTaps(from, to) : linearTaps(from, to);
}

function areaTaps(from: number, to: number): Taps {
  const ratio = from / to;
  const count = Math.min(from, Math.ceil(ratio) + 1);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * count);
  for (let i = 0; i < to; i += 1) {
    const start = Math.min(Math.floor(i * ratio), from - count);
    starts[i] = start;
    for (let k = 0; k < count; k += 1) {
      const covered = Math.min(start + k + 1, (i + 1) * ratio) - Math.max(start + k, i * ratio);
      weights[i * count + k] = Math.max(0, covered) / ratio;
    }
  }
  return { starts, weights, count };
}

function linearTaps(from: number, to: number): Taps {
  const count = Math.min(2, from);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * count);
  for (let i = 0; i < to; i += 1) {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const start = Math.min(Math.floor(centre), from - count);
    starts[i] = start;
    weights[i * count] = 1 - (centre - start);
    if (count === 2) weights[i * count + 1] = centre - start;
  }
  return { starts, weights, count };
}
