import { execFileSync } from 'node:child_process';

import { producerSchema, sourceSchema } from '../../../../../dist/runtime/base/plan.js';
import type { Decoder, MediaBackend, OpenDecoderOptions, Picture } from '../../../../../dist/runtime/media/backend.js';

export type Given = {
  readonly source?: Record<string, unknown>;
  readonly producer?: Record<string, unknown>;
  readonly realtime?: boolean;
  readonly signal?: AbortSignal;
};

/** Options for `location`, defaults filled in. */
export function decoderOptions(location: string, given: Given = {}): OpenDecoderOptions {
  return {
    source: sourceSchema.parse({ location, ...given.source }),
    producer: producerSchema.parse({ ...given.producer }),
    threads: 0,
    realtime: given.realtime ?? false,
    ...(given.signal && { signal: given.signal }),
  };
}

/** Runs `use` on an open decoder and closes it. */
export async function withDecoder<T>(backend: MediaBackend, options: OpenDecoderOptions, use: (decoder: Decoder) => Promise<T>): Promise<T> {
  const decoder = await backend.openDecoder(options);
  try {
    return await use(decoder);
  } finally {
    await decoder.close();
  }
}

/** What `look` sees of each picture up to the end, or of the first `limit`. */
export async function readAll<T>(decoder: Decoder, look: (picture: Picture) => T, limit = Infinity): Promise<T[]> {
  const seen: T[] = [];
  while (seen.length < limit) {
    const picture = await decoder.next();
    if (!picture) break;
    seen.push(look(picture));
    picture.release();
  }
  return seen;
}

/** The number that the clips of `oracle/videos` and the test pattern carry in their pictures. */
export function readBarcode(picture: Picture): number {
  const width = 320;
  const height = 180;
  const gray = new Uint8Array(width * height);
  picture.toPixels({ width, height, format: 'gray8' }, gray);
  let number = 0;
  for (let bit = 0; bit < 12; bit += 1) {
    const level = gray[Math.floor(height / 18) * width + Math.floor(((bit + 0.5) * width) / 16)] ?? 0;
    if (level > 128) number += 2 ** bit;
  }
  return number;
}

/** What the ffmpeg program writes to stdout. */
export function ffmpegOutput(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args, 'pipe:1'], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The ffmpeg program makes a file. */
export function makeFile(...args: string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Largest and mean absolute difference of two lists of numbers of one length. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): { max: number; mean: number } {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length}, ${b.length}`);
  let max = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const gap = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    if (gap > max) max = gap;
    sum += gap;
  }
  return { max, mean: sum / a.length };
}
