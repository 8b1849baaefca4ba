import type { PixelFormat } from '../../../base/index.js';
import type { Samples } from './resample.js';

/** Y, U and V of one size, limited range. */
export type YuvSamples = { readonly width: number; readonly height: number; readonly y: Samples; readonly u: Samples; readonly v: Samples };

/*
 * ITU-R BT.601, 8 bit, limited range: E'Y = (Y − 16) / 219, E'Cb = (U − 128) / 224, E'Cr = (V − 128) / 224, and
 * R = Y + 2 (1 − Kr) Cr, B = Y + 2 (1 − Kb) Cb, G = (Y − Kr R − Kb B) / Kg with Kr 0.299, Kg 0.587, Kb 0.114; all times 255.
 */
const Y_GAIN = 255 / 219;
const R_V = (255 / 224) * 2 * (1 - 0.299);
const B_U = (255 / 224) * 2 * (1 - 0.114);
const G_U = (-B_U * 0.114) / 0.587;
const G_V = (-R_V * 0.299) / 0.587;

/** Where R, G, B and A of a pixel lie. */
const ORDER: Readonly<Record<Exclude<PixelFormat, 'gray8'>, { readonly step: number; readonly r: number; readonly b: number }>> = {
  rgb24: { step: 3, r: 0, b: 2 },
  bgr24: { step: 3, r: 2, b: 0 },
  rgba: { step: 4, r: 0, b: 2 },
};

/** Packed pixels into `target`, rounded; gray8 is full range. */
export function writePacked(yuv: YuvSamples, format: PixelFormat, target: Uint8Array): void {
  const clamped = new Uint8ClampedArray(target.buffer, target.byteOffset, target.byteLength);
  if (format === 'gray8') {
    writeGray(yuv, clamped, 1);
    return;
  }
  const { step, r, b } = ORDER[format];
  if (step === 4) clamped.fill(255, 0, yuv.width * yuv.height * step);
  for (let row = 0, to = 0; row < yuv.height; row += 1) {
    const [yAt, uAt, vAt] = [row * yuv.y.stride, row * yuv.u.stride, row * yuv.v.stride];
    for (let x = 0; x < yuv.width; x += 1, to += step) {
      const luma = ((yuv.y.data[yAt + x] as number) - 16) * Y_GAIN;
      const u = (yuv.u.data[uAt + x] as number) - 128;
      const v = (yuv.v.data[vAt + x] as number) - 128;
      clamped[to + r] = luma + R_V * v;
      clamped[to + 1] = luma + G_U * u + G_V * v;
      clamped[to + b] = luma + B_U * u;
    }
  }
}

/** R, G and B as planes of floats 0…1 without gaps. */
export function rgbPlanes(yuv: YuvSamples): readonly [Float32Array, Float32Array, Float32Array] {
  const count = yuv.width * yuv.height;
  const [red, green, blue] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  for (let row = 0, to = 0; row < yuv.height; row += 1) {
    const [yAt, uAt, vAt] = [row * yuv.y.stride, row * yuv.u.stride, row * yuv.v.stride];
    for (let x = 0; x < yuv.width; x += 1, to += 1) {
      const luma = ((yuv.y.data[yAt + x] as number) - 16) * Y_GAIN;
      const u = (yuv.u.data[uAt + x] as number) - 128;
      const v = (yuv.v.data[vAt + x] as number) - 128;
      red[to] = unit(luma + R_V * v);
      green[to] = unit(luma + G_U * u + G_V * v);
      blue[to] = unit(luma + B_U * u);
    }
  }
  return [red, green, blue];
}

/** Brightness as a plane of floats 0…1 without gaps. */
export function grayPlane(yuv: Pick<YuvSamples, 'width' | 'height' | 'y'>): Float32Array {
  const gray = new Float32Array(yuv.width * yuv.height);
  writeGray(yuv, gray, 1 / 255);
  for (let i = 0; i < gray.length; i += 1) gray[i] = Math.min(1, Math.max(0, gray[i] as number));
  return gray;
}

function writeGray(yuv: Pick<YuvSamples, 'width' | 'height' | 'y'>, target: Uint8ClampedArray | Float32Array, gain: number): void {
  for (let row = 0, to = 0; row < yuv.height; row += 1) {
    const at = row * yuv.y.stride;
    for (let x = 0; x < yuv.width; x += 1, to += 1) target[to] = ((yuv.y.data[at + x] as number) - 16) * Y_GAIN * gain;
  }
}

function unit(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 1 : value / 255;
}
