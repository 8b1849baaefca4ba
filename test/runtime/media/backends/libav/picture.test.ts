import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend, Picture } from '../../../../../dist/runtime/media/backend.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { halfOf } from '../../../../../dist/runtime/media/tensor.js';
import { tensorBytes, type TensorSpec } from '../../../../../dist/runtime/vision/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, difference, ffmpegOutput, makeFile, withDecoder } from '../ffmpeg/support.js';

const SPEC: TensorSpec = { width: 416, height: 416, fit: 'letterbox-topleft', pad: 114, layout: 'NCHW', channels: 'bgr', dtype: 'float32', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };

function pixelsOf(picture: Picture, format: 'rgb24' | 'bgr24' | 'gray8' | 'rgba' = 'rgb24', size: { width: number; height: number } = picture): Uint8Array {
  const bytes = { rgb24: 3, bgr24: 3, gray8: 1, rgba: 4 }[format];
  const pixels = new Uint8Array(size.width * size.height * bytes);
  picture.toPixels({ width: size.width, height: size.height, format }, pixels);
  return pixels;
}

function floatsOf(picture: Picture, spec: TensorSpec): Float32Array {
  const target = new ArrayBuffer(tensorBytes(spec));
  picture.toTensor(spec, picture, target);
  return new Float32Array(target);
}

/** The k-th channel of an NCHW tensor's pixel. */
function at(floats: Float32Array, { width, height }: TensorSpec, [x, y, channel]: readonly [number, number, number]): number {
  return floats[channel * width * height + y * width + x] ?? NaN;
}

/** The value a binary16's bits stand for. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('media/libav: picture', function () {
  let backend: MediaBackend;
  let folder: string;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openLibavBackend();
    folder = mkdtempSync(join(tmpdir(), 'libav-picture-'));
  });
  after(() => { if (folder) rmSync(folder, { recursive: true, force: true }); });

  const withFirst = <T>(path: string, use: (picture: Picture) => T): Promise<T> =>
    withDecoder(backend, decoderOptions(path), async (decoder) => {
      const picture = await decoder.next();
      assert.ok(picture);
      try {
        return use(picture);
      } finally {
        picture.release();
      }
    });

  for (const file of ['rotated_90.mp4', 'full_range_yuvj420p.mp4', 'gray.mp4', 'odd_size_385x289_yuv444.mp4', 'hevc_10bit.mkv', 'mpeg2_interlaced_tff.ts', 'anim.gif', 'av1.mp4']) {
    it(`${file}: the colours that the ffmpeg program gives, turned as it turns`, async () => {
      const path = dataPath(`videos/odd/${file}`);
      const pixels = await withFirst(path, (picture) => pixelsOf(picture));
      const theirs = ffmpegOutput('-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24');
      assert.ok(difference(pixels, theirs).mean < 1.2, `${difference(pixels, theirs).mean}`);
    });
  }

  for (const turn of [90, 180, 270]) {
    it(`turned by ${turn}: the same picture in every conversion`, async () => {
      const path = join(folder, `turned${turn}.mp4`);
      makeFile('-f', 'lavfi', '-i', 'testsrc2=size=320x192', '-frames:v', '3', '-pix_fmt', 'yuv420p', join(folder, 'plain.mp4'));
      makeFile('-i', join(folder, 'plain.mp4'), '-c', 'copy', '-metadata:s:v', `rotate=${turn}`, path);
      const [width, height] = turn === 180 ? [320, 192] : [192, 320];
      await withFirst(path, (picture) => {
        assert.deepEqual([picture.width, picture.height], [width, height]);
        const size = { width: width / 2, height: height / 2 };
        const theirs = ffmpegOutput('-i', path, '-frames:v', '1', '-vf', `scale=${size.width}:${size.height}:flags=area+accurate_rnd+full_chroma_int`, '-f', 'rawvideo', '-pix_fmt', 'rgb24');
        const pixels = pixelsOf(picture, 'rgb24', size);
        assert.ok(difference(pixels, theirs).mean < 2, 'pixels');
        const spec: TensorSpec = { ...SPEC, ...size, fit: 'stretch', channels: 'rgb' };
        const floats = floatsOf(picture, spec);
        const planar = Float32Array.from(floats, (_, i) => theirs[(i % (size.width * size.height)) * 3 + Math.floor(i / (size.width * size.height))] ?? 0);
        assert.ok(difference(floats, planar).mean < 12, `tensor ${difference(floats, planar).mean}`);
        const luma = new Uint8Array(size.width * size.height);
        picture.toYuv({ ...size, planes: [luma, new Uint8Array(luma.length / 4), new Uint8Array(luma.length / 4)], strides: [size.width, size.width / 2, size.width / 2] });
        const gray = pixelsOf(picture, 'gray8', size);
        assert.ok(difference(Float32Array.from(luma, (y) => ((y - 16) * 255) / 219), gray).mean < 2, 'yuv');
      });
    });
  }

  for (const [colorspace, range] of [['bt709', 'tv'], ['bt709', 'pc'], ['bt470bg', 'tv'], ['bt470bg', 'pc']] as const) {
    it(`${colorspace} in ${range} range: red is red in every conversion`, async () => {
      const path = join(folder, `${colorspace}-${range}.mkv`);
      makeFile('-f', 'lavfi', '-i', 'color=0xd02040:size=64x64', '-frames:v', '2', '-vf', `scale=out_color_matrix=${colorspace}:out_range=${range}:flags=accurate_rnd`, '-pix_fmt', 'yuv420p',
        '-colorspace', colorspace, '-color_range', range, '-c:v', 'ffv1', path);
      await withFirst(path, (picture) => {
        const near = (got: readonly number[], wanted: readonly number[], what: string): void => {
          assert.ok(got.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) <= 4), `${what}: ${got.join(' ')}`);
        };
        near([...pixelsOf(picture).subarray(0, 3)], [0xd0, 0x20, 0x40], 'own size');
        near([...pixelsOf(picture, 'bgr24', { width: 32, height: 32 }).subarray(0, 3)], [0x40, 0x20, 0xd0], 'scaled');
        near([...pixelsOf(picture, 'rgba', { width: 32, height: 32 }).subarray(0, 4)], [0xd0, 0x20, 0x40, 255], 'rgba');
        const spec: TensorSpec = { ...SPEC, width: 32, height: 32, channels: 'rgb' };
        const floats = floatsOf(picture, spec);
        near([0, 1, 2].map((channel) => at(floats, spec, [5, 5, channel])), [0xd0, 0x20, 0x40], 'tensor');
        const [y, u, v] = [new Uint8Array(1024), new Uint8Array(256), new Uint8Array(256)];
        picture.toYuv({ width: 32, height: 32, planes: [y, u, v], strides: [32, 16, 16] });
        near([y[0] ?? 0, u[0] ?? 0, v[0] ?? 0], [92, 115, 201], 'BT.601 in limited range');
      });
    });
  }

  for (const [name, fit, side, pad] of [
    ['yolox_nano_416', 'letterbox-topleft', 416, 114],
    ['yolox_nano_yolov8fmt', 'letterbox-center', 416, 114],
    ['nanodet_m_320', 'letterbox-center', 320, 0],
    ['FastestDet_352', 'stretch', 352, 0],
    ['yunet_n_320_320', 'letterbox-topleft', 320, 0],
  ] as const) {
    it(`${name}: within 0.7 of what OpenCV makes of the same picture`, async () => {
      const golden = await withFirst(dataPath(`golden/inputs/${name}_bus.png`), (picture) => pixelsOf(picture, 'bgr24'));
      const planar = new Float32Array(golden.length);
      golden.forEach((value, i) => { planar[(i % 3) * side * side + Math.floor(i / 3)] = value; });
      const floats = await withFirst(dataPath('images/bus.jpg'), (picture) => floatsOf(picture, { ...SPEC, width: side, height: side, fit, pad }));
      assert.ok(difference(floats, planar).mean < 0.7, `${difference(floats, planar).mean}`);
    });
  }

  describe('tensors', () => {
    const bus = (): string => dataPath('images/bus.jpg');

    it('scale, mean and std in the tensor\'s order, the padding too', async () => {
      await withFirst(bus(), (picture) => {
        const plain = floatsOf(picture, SPEC);
        const spec: TensorSpec = { ...SPEC, scale: 1 / 255, mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] };
        const floats = floatsOf(picture, spec);
        for (const [x, y] of [[10, 10], [200, 300], [411, 5]] as const) {
          for (const channel of [0, 1, 2]) {
            const wanted = (at(plain, SPEC, [x, y, channel]) / 255 - (spec.mean[channel] ?? 0)) / (spec.std[channel] ?? 1);
            assert.ok(Math.abs(at(floats, spec, [x, y, channel]) - wanted) < 1e-5);
          }
        }
        assert.equal(at(plain, SPEC, [411, 5, 1]), 114);
        const unit = floatsOf(picture, { ...SPEC, scale: 1 / 255 });
        assert.ok(difference(unit.map((value) => value * 255), plain).max < 1e-3);
      });
    });

    it('rgb is bgr backwards, NHWC is NCHW by the pixel, gray is the brightness', async () => {
      await withFirst(bus(), (picture) => {
        const bgr = floatsOf(picture, SPEC);
        const rgb = floatsOf(picture, { ...SPEC, channels: 'rgb' });
        const nhwc = floatsOf(picture, { ...SPEC, layout: 'NHWC' });
        const gray = floatsOf(picture, { ...SPEC, channels: 'gray' });
        const area = SPEC.width * SPEC.height;
        assert.deepEqual(rgb.subarray(0, area), bgr.subarray(2 * area));
        for (const i of [0, 1000, 90_000, area - 1]) {
          for (const channel of [0, 1, 2]) assert.equal(nhwc[i * 3 + channel], bgr[channel * area + i]);
        }
        const luma = gray.map((_, i) => 0.114 * (bgr[i] ?? 0) + 0.587 * (bgr[area + i] ?? 0) + 0.299 * (bgr[2 * area + i] ?? 0));
        assert.ok(difference(gray, luma).mean < 1.5, `${difference(gray, luma).mean}`);
      });
    });

    it('uint8 takes pixels as they are, float16 is float32 rounded', async () => {
      await withFirst(bus(), (picture) => {
        const floats = floatsOf(picture, SPEC);
        const bytes = new ArrayBuffer(tensorBytes({ ...SPEC, dtype: 'uint8' }));
        picture.toTensor({ ...SPEC, dtype: 'uint8', scale: 1 / 255, mean: [1, 2, 3] }, picture, bytes);
        assert.ok(difference(new Uint8Array(bytes), floats).max <= 0.51);
        const halves = new ArrayBuffer(tensorBytes({ ...SPEC, dtype: 'float16' }));
        picture.toTensor({ ...SPEC, dtype: 'float16', scale: 1 / 255 }, picture, halves);
        const unit = floatsOf(picture, { ...SPEC, scale: 1 / 255 });
        assert.ok(difference(Float32Array.from(new Uint16Array(halves), fromHalf), unit).max <= 2 ** -11);
      });
    });

    it('a second picture overwrites all of the first, padding too', async () => {
      const target = new ArrayBuffer(tensorBytes(SPEC));
      new Float32Array(target).fill(-7);
      await withFirst(bus(), (picture) => picture.toTensor({ ...SPEC, fit: 'letterbox-center' }, picture, target));
      assert.ok(new Float32Array(target).every((value) => value >= 0));
    });

    it('a stage of another aspect stretches the picture in the one scaling', async () => {
      await withFirst(bus(), (picture) => {
        const place = picture.toTensor(SPEC, { width: 640, height: 640 }, new ArrayBuffer(tensorBytes(SPEC)));
        assert.deepEqual([place.width, place.height, place.padX, place.padY], [416, 416, 0, 0]);
        assert.ok(Math.abs(place.scaleX - 416 / 810) < 1e-9 && Math.abs(place.scaleY - 416 / 1080) < 1e-9);
      });
    });
  });

  describe('float16', () => {
    for (const [value, bits] of [[0, 0], [-0, 0x8000], [1, 0x3c00], [-2, 0xc000], [65504, 0x7bff], [65520, 0x7c00], [1e9, 0x7c00], [-Infinity, 0xfc00], [2 ** -14, 0x0400], [2 ** -24, 1], [2 ** -25, 0], [3 * 2 ** -25, 2], [1 / 3, 0x3555], [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02]] as const) {
      it(`${value}`, () => { assert.equal(halfOf(value), bits); });
    }
    it('not a number stays one', () => { assert.ok(Number.isNaN(fromHalf(halfOf(NaN)))); });
  });

  it('lives as long as its last owner, beyond its decoder, and then refuses', async () => {
    const picture = await withDecoder(backend, decoderOptions(dataPath('videos/odd/bframes.ts')), async (decoder) => {
      const first = await decoder.next();
      for (let i = 0; i < 5; i += 1) (await decoder.next())?.release();
      return first;
    });
    assert.ok(picture);
    picture.retain();
    const before = pixelsOf(picture);
    picture.release();
    assert.deepEqual(pixelsOf(picture), before);
    picture.release();
    for (const call of [() => pixelsOf(picture), () => floatsOf(picture, SPEC), () => { picture.retain(); }, () => { picture.release(); }]) {
      assert.throws(call, { code: 'STATE_INVALID' });
    }
  });

  it('memory that is too small is refused, never written beyond', async () => {
    await withFirst(dataPath('videos/odd/bframes.ts'), (picture) => {
      assert.throws(() => { picture.toPixels({ width: 64, height: 64, format: 'rgb24' }, new Uint8Array(64 * 64)); }, { code: 'OPTION_INVALID' });
      assert.throws(() => picture.toTensor(SPEC, picture, new ArrayBuffer(100)), { code: 'OPTION_INVALID' });
      const planes = [new Uint8Array(64 * 64), new Uint8Array(10), new Uint8Array(1024)] as const;
      assert.throws(() => { picture.toYuv({ width: 64, height: 64, planes, strides: [64, 32, 32] }); }, { code: 'OPTION_INVALID' });
      assert.throws(() => { picture.toYuv({ width: 63, height: 64, planes, strides: [64, 32, 32] }); }, { code: 'OPTION_INVALID' });
    });
  });
});
