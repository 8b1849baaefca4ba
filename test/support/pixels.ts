import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { producerSchema, sourceSchema } from '../../dist/runtime/base/plan.js';
import { openBackend } from '../../dist/runtime/media/index.js';
import type { Letterbox, TensorSpec } from '../../dist/runtime/vision/index.js';

/** A picture in packed RGB, 8 bits. */
export type RgbPicture = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/**
 * The picture in a file, pixel for pixel as libjpeg and libpng (and so OpenCV) give it: FFmpeg's own way from a JPEG's
 * halved chroma to RGB differs by up to 24 in 255, which moves a detector's scores by 0.05.
 */
export function decodeImage(path: string): RgbPicture {
  const facts = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=width,height,pix_fmt', '-of', 'csv=p=0', path], { encoding: 'utf8' });
  const [width, height, format = ''] = facts.trim().split(',');
  const size = { width: Number(width), height: Number(height) };
  const raw = (pixelFormat: string): Uint8Array =>
    execFileSync('ffmpeg', ['-v', 'error', '-idct', 'int', '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', pixelFormat, '-'], { maxBuffer: 1 << 28 });
  if (!format.startsWith('yuvj')) return { ...size, data: raw('rgb24') };
  const halves = { yuvj444p: [1, 1], yuvj422p: [2, 1], yuvj440p: [1, 2], yuvj420p: [2, 2] }[format];
  if (!halves) throw new Error(`${path}: no test decodes ${format}`);
  return fromJpegPlanes(raw(format), size, { across: halves[0] ?? 1, down: halves[1] ?? 1 });
}

/** The pixels of a JPEG, as this package's own decoder reads images. */
export async function decodeJpeg(jpeg: Uint8Array): Promise<RgbPicture> {
  const folder = mkdtempSync(join(tmpdir(), 'stream-infer-jpeg-'));
  try {
    const location = join(folder, 'a.jpg');
    writeFileSync(location, jpeg);
    const producer = producerSchema.parse({ backend: 'libav' });
    const { backend } = await openBackend(producer);
    const decoder = await backend.openDecoder({ source: sourceSchema.parse({ location }), producer, threads: 1, realtime: false });
    const picture = await decoder.next();
    if (picture === undefined) throw new Error('there is no picture in it');
    const { width, height } = picture;
    const data = new Uint8Array(width * height * 3);
    picture.toPixels({ width, height, format: 'rgb24' }, data);
    picture.release();
    await decoder.close();
    return { width, height, data };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Size = { readonly width: number; readonly height: number };

/** JFIF's conversion of full-range Y, Cb, Cr. */
function fromJpegPlanes(planes: Uint8Array, { width, height }: Size, halved: { readonly across: number; readonly down: number }): RgbPicture {
  const chroma = { width: Math.ceil(width / halved.across), height: Math.ceil(height / halved.down) };
  const area = chroma.width * chroma.height;
  const [cb, cr] = [0, 1].map((plane) => {
    const samples = planes.subarray(width * height + plane * area, width * height + (plane + 1) * area);
    return upsample(samples, chroma, halved);
  });
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const luma = planes[y * width + x] ?? 0;
      const at = y * chroma.width * halved.across + x;
      const blue = (cb?.[at] ?? 128) - 128;
      const red = (cr?.[at] ?? 128) - 128;
      const to = (y * width + x) * 3;
      data[to] = luma + 1.402 * red;
      data[to + 1] = luma - 0.344136 * blue - 0.714136 * red;
      data[to + 2] = luma + 1.772 * blue;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** libjpeg's "fancy upsampling": each new sample is 3/4 of the nearest old one and 1/4 of the next, along each halved side. */
function upsample(samples: Uint8Array, size: Size, { across, down }: { readonly across: number; readonly down: number }): Uint8Array {
  const width = size.width * across;
  const result = new Uint8Array(width * size.height * down);
  const shift = (across + down - 2) * 2;
  for (let y = 0; y < size.height * down; y++) {
    const near = Math.floor(y / down);
    const far = Math.min(size.height - 1, Math.max(0, y % 2 === 0 ? near - 1 : near + 1));
    const sum = (x: number): number => {
      const nearest = samples[near * size.width + x] ?? 0;
      return down === 2 ? 3 * nearest + (samples[far * size.width + x] ?? 0) : nearest;
    };
    for (let x = 0; x < width; x++) {
      const place = Math.floor(x / across);
      const next = Math.min(size.width - 1, Math.max(0, x % 2 === 0 ? place - 1 : place + 1));
      const value = across === 2 ? 3 * sum(place) + sum(next) : sum(place);
      // What rounds to nearest and spreads the halves over both neighbours.
      const odd = across === 2 ? x % 2 : y % 2;
      const bias = { 0: [0, 0], 2: [1, 2], 4: [8, 7] }[shift]?.[odd] ?? 0;
      result[y * width + x] = (value + bias) >> shift;
    }
  }
  return result;
}

/** Resized as OpenCV's INTER_LINEAR does: centres aligned, four neighbours, weights in 1/2048. */
export function resizeLinear(picture: RgbPicture, width: number, height: number): RgbPicture {
  const columns = taps(picture.width, width);
  const rows = taps(picture.height, height);
  const data = new Uint8Array(width * height * 3);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let c = 0; c < 3; c++) {
        const value = (y: number, x: number): number => picture.data[(y * picture.width + x) * 3 + c] ?? 0;
        const upper = value(row.first, column.first) * (2048 - column.weight) + value(row.first, column.second) * column.weight;
        const lower = value(row.second, column.first) * (2048 - column.weight) + value(row.second, column.second) * column.weight;
        data[at++] = (mulHigh(upper, 2048 - row.weight) + mulHigh(lower, row.weight) + 2) >> 2;
      }
    }
  }
  return { width, height, data };
}

/** OpenCV drops the lower bits here instead of rounding (VResizeLinear for 8 bits), which is why it is a little dark. */
function mulHigh(sum: number, weight: number): number {
  return ((sum >> 4) * weight) >> 16;
}

/** For each place of the result: two neighbours in the source and the weight of the second, of 2048. */
function taps(from: number, to: number): { readonly first: number; readonly second: number; readonly weight: number }[] {
  return Array.from({ length: to }, (_, place) => {
    const exact = Math.min(from - 1, Math.max(0, ((place + 0.5) * from) / to - 0.5));
    const first = Math.floor(exact);
    return { first, second: Math.min(from - 1, first + 1), weight: Math.round((exact - first) * 2048) };
  });
}

/** The tensor's numbers, made slowly and plainly from a picture. */
export function tensorNumbers(picture: RgbPicture, spec: TensorSpec, place: Letterbox): Float32Array {
  const resized = resizeLinear(picture, place.width, place.height);
  const numbers = new Float32Array(spec.width * spec.height * 3);
  for (let y = 0; y < spec.height; y++) {
    for (let x = 0; x < spec.width; x++) {
      for (let c = 0; c < 3; c++) {
        const pixel = pixelAt(resized, { x: x - place.padX, y: y - place.padY, c: spec.channels === 'bgr' ? 2 - c : c }) ?? spec.pad;
        const at = spec.layout === 'NCHW' ? (c * spec.height + y) * spec.width + x : (y * spec.width + x) * 3 + c;
        numbers[at] = (pixel * spec.scale - (spec.mean[c] ?? 0)) / (spec.std[c] ?? 1);
      }
    }
  }
  return numbers;
}

/** One channel of a pixel; undefined outside the picture. */
function pixelAt(picture: RgbPicture, { x, y, c }: { readonly x: number; readonly y: number; readonly c: number }): number | undefined {
  const isInside = x >= 0 && y >= 0 && x < picture.width && y < picture.height;
  return isInside ? picture.data[(y * picture.width + x) * 3 + c] : undefined;
}

/** The tensor as a lane gets it, in the spec's own dtype. */
export function tensorData(picture: RgbPicture, spec: TensorSpec, place: Letterbox): ArrayBuffer {
  const numbers = tensorNumbers(picture, spec, place);
  if (spec.dtype === 'uint8') return Uint8Array.from(numbers).buffer;
  return spec.dtype === 'float16' ? Uint16Array.from(numbers, halfBits).buffer : (numbers.buffer as ArrayBuffer);
}

/** IEEE 754 binary16 of a number in its normal range, rounded to nearest; smaller ones become 0. */
function halfBits(value: number): number {
  if (Math.abs(value) < 2 ** -14) return 0;
  const sign = value < 0 ? 0x8000 : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}
