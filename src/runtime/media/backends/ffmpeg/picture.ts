import { bytesPerPixel, type PixelFormat, StreamInferError } from '../../../base/index.js';
import { type Letterbox, placeLetterbox, type Region, tensorBytes, type TensorSpec, type YuvPlanes } from '../../../vision/index.js';
import type { Crop, Picture } from '../../backend.js';
import { fillTensor } from '../../tensor.js';
import { grayPlane, rgbPlanes, writePacked, type YuvSamples } from './colour.js';
import { type FrameLayout, FramePool, layoutOf, type Plane, planesOf } from './frame-memory.js';
import { resample, type ResampleKind } from './resample.js';

type Size = { readonly width: number; readonly height: number };

/** When a frame is shown, and the size of its source as displayed; the pixels may be smaller. */
export type PictureFacts = { readonly ptsUs: number; readonly sourceIndex: number; readonly width: number; readonly height: number };

/** Where a picture's pixels are: limited-range BT.601 in memory of the pool. */
export type PicturePixels = { readonly memory: Uint8Array; readonly layout: FrameLayout; readonly pool: FramePool };

/** A frame that came through the pipe. */
export class FfmpegPicture implements Picture {
  readonly ptsUs: number;
  readonly sourceIndex: number;
  readonly width: number;
  readonly height: number;
  readonly #pixels: PicturePixels;
  #owners = 1;

  /** Takes the memory over: it goes back to the pool with the last owner. */
  constructor(facts: PictureFacts, pixels: PicturePixels) {
    this.ptsUs = facts.ptsUs;
    this.sourceIndex = facts.sourceIndex;
    this.width = facts.width;
    this.height = facts.height;
    this.#pixels = pixels;
  }

  /** The same picture at another place in its source, instead of this one. */
  placedAt(place: Pick<PictureFacts, 'ptsUs' | 'sourceIndex'>): FfmpegPicture {
    this.#alive();
    this.#owners = 0;
    return new FfmpegPicture({ width: this.width, height: this.height, ...place }, this.#pixels);
  }

  retain(): void {
    this.#alive();
    this.#owners += 1;
  }

  release(): void {
    this.#alive();
    this.#owners -= 1;
    if (this.#owners === 0) this.#pixels.pool.giveBack(this.#pixels.memory);
  }

  toPixels(size: Size & { readonly format: PixelFormat }, target: Uint8Array): void {
    const bytes = size.width * size.height * bytesPerPixel(size.format);
    if (target.byteLength < bytes) throw tooSmall('pixels', bytes, target.byteLength);
    writePacked(this.#yuvAt(size, 'smooth'), size.format, target);
  }

  toTensor(spec: TensorSpec, stage: Size, target: ArrayBuffer): Letterbox {
    if (target.byteLength < tensorBytes(spec)) throw tooSmall('tensor', tensorBytes(spec), target.byteLength);
    const place = placeLetterbox(spec, this, stage);
    const yuv = this.#yuvAt(place, 'linear');
    const planes = spec.channels === 'gray' ? [grayPlane(yuv)] : [...rgbPlanes(yuv)];
    if (spec.channels === 'bgr') planes.reverse();
    const rasters = planes.map((data) => ({ data, width: place.width, height: place.height, channels: 1, stride: place.width }));
    fillTensor(spec, { planes: rasters, rotation: 0, place }, target);
    return place;
  }

  toYuv(target: YuvPlanes): void {
    this.#alive();
    if (target.width % 2 !== 0 || target.height % 2 !== 0) throw new StreamInferError('OPTION_INVALID', 'YUV planes need even sides');
    const planes = planesOf(this.#pixels.layout, this.#pixels.memory);
    for (const index of [0, 1, 2] as const) {
      const size = index === 0 ? target : { width: target.width / 2, height: target.height / 2 };
      const data = target.planes[index];
      const stride = target.strides[index];
      const needed = stride * (size.height - 1) + size.width;
      if (data.byteLength < needed) throw tooSmall('plane', needed, data.byteLength);
      const from = resample(planes[index], size, 'smooth');
      const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
      for (let y = 0; y < size.height; y += 1) clamped.set(from.data.subarray(y * from.stride, y * from.stride + size.width), y * stride);
    }
  }

  crop(region: Region): Crop {
    this.#alive();
    const { layout, memory } = this.#pixels;
    const [scaleX, scaleY] = [layout.width / this.width, layout.height / this.height];
    const [left, right] = evenSpan(region.x * scaleX, (region.x + region.width) * scaleX, layout.width);
    const [top, bottom] = evenSpan(region.y * scaleY, (region.y + region.height) * scaleY, layout.height);
    const part = layoutOf({ width: right - left, height: bottom - top });
    const pool = new FramePool(part.bytes);
    const copy = pool.lease();
    const [from, to] = [planesOf(layout, memory), planesOf(part, copy)];
    for (const index of [0, 1, 2] as const) copyPart(from[index], index === 0 ? { x: left, y: top } : { x: left / 2, y: top / 2 }, to[index]);
    const place = { x: left / scaleX, y: top / scaleY, width: part.width / scaleX, height: part.height / scaleY };
    const { ptsUs, sourceIndex } = this;
    return { picture: new FfmpegPicture({ ptsUs, sourceIndex, width: place.width, height: place.height }, { memory: copy, layout: part, pool }), region: place };
  }

  #yuvAt(size: Size, kind: ResampleKind): YuvSamples {
    this.#alive();
    const [y, u, v] = planesOf(this.#pixels.layout, this.#pixels.memory);
    return { width: size.width, height: size.height, y: resample(y, size, kind), u: resample(u, size, kind), v: resample(v, size, kind) };
  }

  #alive(): void {
    if (this.#owners < 1) throw new StreamInferError('STATE_INVALID', 'this picture was released');
  }
}

/** From an even sample to an even one, or to the last; what is off a whole number by no more than rounding counts as whole. */
function evenSpan(from: number, to: number, length: number): readonly [number, number] {
  return [Math.floor((from + 1e-6) / 2) * 2, Math.min(length, Math.ceil((to - 1e-6) / 2) * 2)];
}

function copyPart(from: Plane, { x, y }: { readonly x: number; readonly y: number }, to: Plane): void {
  for (let row = 0; row < to.height; row += 1) {
    const start = (y + row) * from.stride + x;
    to.data.set(from.data.subarray(start, start + to.width), row * to.stride);
  }
}

function tooSmall(what: string, needed: number, given: number): StreamInferError {
  return new StreamInferError('OPTION_INVALID', `${what}: expected ${needed} bytes, got ${given}`);
}
