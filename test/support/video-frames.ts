import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

type Barcoded = { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly strideBytes: number };
export const { numberOf } = createRequire(__filename)('../fixtures/algos/barcode-algo.cjs') as { numberOf: (frame: Barcoded) => number };

/** The numbers that the frames of a video of that size bear as a barcode, as the ffmpeg program decodes it. */
export function frameNumbers(file: string, { width, height }: { readonly width: number; readonly height: number }): number[] {
  const args = ['-v', 'error', '-i', file, '-vsync', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
  const pixels = execFileSync('ffmpeg', args, { maxBuffer: 1 << 28 });
  const bytes = width * height;
  return Array.from({ length: pixels.length / bytes }, (_, i) => numberOf({ data: pixels.subarray(i * bytes, (i + 1) * bytes), width, height, strideBytes: width }));
}

/** When its frames are shown, in seconds. */
export function frameTimes(file: string): number[] {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'json', file];
  const { frames } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8', maxBuffer: 1 << 26 })) as { frames: { pts_time: string }[] };
  return frames.map(({ pts_time: seconds }) => Number(seconds));
}
