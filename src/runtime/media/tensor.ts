import type { Letterbox, TensorSpec } from '../vision/index.js';
import { type Raster, type Rotation, walkRotated } from './rotate.js';

/** One plane of a picture, floats 0…1. */
export type FloatPlane = Raster<Float32Array>;

/** Writes `planes` (in the tensor's channel order) into `target` where `place` says, pads the rest. */
export function fillTensor(
  spec: TensorSpec,
  picture: { readonly planes: readonly FloatPlane[]; readonly rotation: Rotation; readonly place: Letterbox },
  target: ArrayBuffer,
): void {
  const count = spec.width * spec.height * picture.planes.length;
  const floats = spec.dtype === 'float32' ? new Float32Array(target, 0, count) : new Float32Array(count);
  picture.planes.forEach((plane, channel) => {
    const numbers = numbersOf(spec, channel);
    const grid = gridOf(spec, { channel, channels: picture.planes.length });
    fillBorder(floats, { spec, grid, place: picture.place, value: numbers.pad });
    writePlane({ plane, rotation: picture.rotation, numbers }, floats, {
      start: grid.start + picture.place.padY * grid.row + picture.place.padX * grid.pixel,
      row: grid.row,
      pixel: grid.pixel,
    });
  });
  if (spec.dtype === 'uint8') new Uint8ClampedArray(target, 0, count).set(floats); // rounds and clamps
  if (spec.dtype === 'float16') writeHalf(floats, new Uint16Array(target, 0, count));
}

/** Value = sample × gain + bias; the padding's own value. */
type Numbers = { readonly gain: number; readonly bias: number; readonly pad: number };

function numbersOf(spec: TensorSpec, channel: number): Numbers {
  if (spec.dtype === 'uint8') return { gain: 255, bias: 0, pad: spec.pad };
  const mean = spec.mean[channel] ?? 0;
  const std = spec.std[channel] ?? 1;
  const gain = (255 * spec.scale) / std;
  // 255 × (1/255) is to be 1 exactly: then rows are copied as they are
  return { gain: Math.abs(gain - 1) < 1e-9 ? 1 : gain, bias: -mean / std, pad: (spec.pad * spec.scale - mean) / std };
}

/** Where a channel's pixels lie: index = start + y × row + x × pixel. */
type Grid = { readonly start: number; readonly row: number; readonly pixel: number };

function gridOf(spec: TensorSpec, { channel, channels }: { readonly channel: number; readonly channels: number }): Grid {
  if (spec.layout === 'NCHW') return { start: channel * spec.width * spec.height, row: spec.width, pixel: 1 };
  return { start: channel, row: spec.width * channels, pixel: channels };
}

type Border = { readonly spec: TensorSpec; readonly grid: Grid; readonly place: Letterbox; readonly value: number };

function fillBorder(floats: Float32Array, { spec, grid, place, value }: Border): void {
  for (let y = 0; y < spec.height; y += 1) {
    const isOutside = y < place.padY || y >= place.padY + place.height;
    const row = grid.start + y * grid.row;
    if (isOutside) fillRun(floats, { from: row, count: spec.width, step: grid.pixel, value });
    if (isOutside) continue;
    const right = place.padX + place.width;
    fillRun(floats, { from: row, count: place.padX, step: grid.pixel, value });
    fillRun(floats, { from: row + right * grid.pixel, count: spec.width - right, step: grid.pixel, value });
  }
}

function fillRun(floats: Float32Array, run: { readonly from: number; readonly count: number; readonly step: number; readonly value: number }): void {
  const { from, count, step, value } = run;
  if (step === 1) floats.fill(value, from, from + count);
  else for (let i = 0; i < count; i += 1) floats[from + i * step] = value;
}

type PlaneSource = { readonly plane: FloatPlane; readonly rotation: Rotation; readonly numbers: Numbers };

function writePlane({ plane, rotation, numbers }: PlaneSource, floats: Float32Array, grid: Grid): void {
  const { data } = plane;
  const { gain, bias } = numbers;
  const walk = walkRotated(plane, rotation);
  const isPlainCopy = rotation === 0 && grid.pixel === 1 && gain === 1 && bias === 0;
  for (let y = 0; y < walk.height; y += 1) {
    let from = walk.start + y * walk.dy;
    let to = grid.start + y * grid.row;
    if (isPlainCopy) {
      floats.set(data.subarray(from, from + walk.width), to);
      continue;
    }
    for (let x = 0; x < walk.width; x += 1) {
      floats[to] = (data[from] as number) * gain + bias;
      from += walk.dx;
      to += grid.pixel;
    }
  }
}

const oneFloat = new Float32Array(1);
const itsBits = new Uint32Array(oneFloat.buffer);

function writeHalf(floats: Float32Array, halves: Uint16Array): void {
  for (let i = 0; i < floats.length; i += 1) halves[i] = halfOf(floats[i] as number);
}

/** The bits of `value` in IEEE 754 binary16, rounded to nearest, ties to even. */
export function halfOf(value: number): number {
  oneFloat[0] = value;
  const bits = itsBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more: infinite
  if (magnitude < 0x38800000) return sign | subnormalHalf(Math.abs(oneFloat[0]));
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

/** Below 2⁻¹⁴ a half counts in steps of 2⁻²⁴. */
function subnormalHalf(magnitude: number): number {
  const steps = magnitude * 2 ** 24;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
