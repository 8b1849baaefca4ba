import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend, Picture } from '../../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { tensorBytes, type TensorSpec } from '../../../../../dist/runtime/vision/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, difference, ffmpegOutput, makeFile, withDecoder } from './support.js';

const EXACT = 'flags=area+accurate_rnd+full_chroma_int+full_chroma_inp';

describe('media/ffmpeg: colours', function () {
  let backend: MediaBackend;
  let folder: string;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openFfmpegBackend();
    folder = mkdtempSync(join(tmpdir(), 'ffmpeg-colour-'));
  });
  after(() => { if (folder) rmSync(folder, { recursive: true, force: true }); });

  async function first<T>(path: string, use: (picture: Picture) => T, producer = {}): Promise<T> {
    return withDecoder(backend, decoderOptions(path, { producer }), async (decoder) => {
      const picture = await decoder.next();
      assert.ok(picture);
      const seen = use(picture);
      picture.release();
      return seen;
    });
  }

  function pixels(picture: Picture, size: { width: number; height: number; format: 'rgb24' | 'bgr24' | 'gray8' | 'rgba' }): Uint8Array {
    const bytes = { rgb24: 3, bgr24: 3, gray8: 1, rgba: 4 }[size.format];
    const target = new Uint8Array(size.width * size.height * bytes);
    picture.toPixels(size, target);
    return target;
  }

  /** Name, clip, and the mean difference of 255 that its own rounding allows. */
  const clips = [
    ['limited range', 'videos/car-detection.mp4', 0.1],
    ['full range', 'videos/odd/full_range_yuvj420p.mp4', 0.8],
    ['gray', 'videos/odd/gray.mp4', 0.3],
    ['10 bit', 'videos/odd/hevc_10bit.mkv', 0.8],
    ['odd size, 4:4:4', 'videos/odd/odd_size_385x289_yuv444.mp4', 0.8],
    ['turned', 'videos/odd/rotated_90.mp4', 0.4],
    ['BT.709 said', 'bt709', 1.5],
  ] as const;
  for (const [name, clip, tolerance] of clips) {
    it(`${name}: rgb24, bgr24, rgba and gray8 as the program itself makes them`, async () => {
      const path = clip === 'bt709' ? join(folder, 'bt709.mp4') : dataPath(clip);
      if (clip === 'bt709') makeFile('-f', 'lavfi', '-i', 'testsrc2=size=640x360', '-frames:v', '2', '-vf', 'scale=out_color_matrix=bt709,format=yuv420p', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-c:v', 'libx264', '-crf', '1', path);
      const shown = await first(path, (picture) => ({ size: { width: picture.width, height: picture.height }, rgb: pixels(picture, { width: picture.width, height: picture.height, format: 'rgb24' }), bgr: pixels(picture, { width: picture.width, height: picture.height, format: 'bgr24' }), rgba: pixels(picture, { width: picture.width, height: picture.height, format: 'rgba' }), gray: pixels(picture, { width: picture.width, height: picture.height, format: 'gray8' }) }));
      const golden = ffmpegOutput('-i', path, '-frames:v', '1', '-vf', `scale=${EXACT}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo');
      const { mean } = difference(shown.rgb, golden);
      assert.ok(mean < tolerance, `mean ${mean}`);
      assert.deepEqual(shown.bgr, shown.rgb.map((_, i) => shown.rgb[i - (i % 3) + 2 - (i % 3)] ?? 0));
      assert.deepEqual(shown.rgba, Uint8Array.from({ length: shown.rgba.length }, (_, i) => (i % 4 === 3 ? 255 : (shown.rgb[Math.floor(i / 4) * 3 + (i % 4)] ?? 0))));
      if (clip === 'bt709') return; // its brightness is another one by definition
      const goldenGray = ffmpegOutput('-i', path, '-frames:v', '1', '-vf', `scale=${EXACT}`, '-pix_fmt', 'gray', '-f', 'rawvideo');
      assert.ok(difference(shown.gray, goldenGray).mean < tolerance);
    });
  }

  it('scales down and up like the program, here and pushed down', async () => {
    const path = dataPath('videos/car-detection.mp4');
    for (const size of [{ width: 320, height: 180 }, { width: 321, height: 107 }, { width: 1000, height: 600 }]) {
      const golden = ffmpegOutput('-i', path, '-frames:v', '1', '-vf', `scale=${size.width}:${size.height}:${EXACT}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo');
      const here = await first(path, (picture) => pixels(picture, { ...size, format: 'rgb24' }));
      const pushed = await first(path, (picture) => pixels(picture, { ...size, format: 'rgb24' }), size);
      assert.ok(difference(here, golden).mean < 0.05, `here ${difference(here, golden).mean}`);
      assert.ok(difference(pushed, golden).mean < 0.5, `pushed ${difference(pushed, golden).mean}`);
    }
  });

  const base: TensorSpec = { width: 416, height: 416, fit: 'letterbox-center', pad: 114, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };

  function tensorOf(picture: Picture, spec: TensorSpec): { data: ArrayBuffer; place: ReturnType<Picture['toTensor']> } {
    const data = new ArrayBuffer(tensorBytes(spec));
    const place = picture.toTensor(spec, { width: picture.width, height: picture.height }, data);
    return { data, place };
  }

  it('tensors: letterboxed planar floats as the program scales them, padding and place right', async () => {
    const path = dataPath('videos/car-detection.mp4');
    const { floats, place } = await first(path, (picture) => {
      const { data, place: where } = tensorOf(picture, base);
      return { floats: new Float32Array(data), place: where };
    });
    assert.deepEqual([place.width, place.height, place.padX, place.padY], [416, 234, 0, 91]);
    const golden = ffmpegOutput('-i', path, '-frames:v', '1', '-vf', 'scale=416:234:flags=fast_bilinear+accurate_rnd+full_chroma_int+full_chroma_inp', '-pix_fmt', 'gbrp', '-f', 'rawvideo');
    const plane = 416 * 234;
    for (const [channel, source] of [[0, 2], [1, 0], [2, 1]] as const) {
      const ours = floats.subarray(channel * 416 * 416 + 91 * 416, channel * 416 * 416 + (91 + 234) * 416);
      const theirs = Float32Array.from(golden.subarray(source * plane, (source + 1) * plane), (byte) => byte / 255);
      assert.ok(difference(ours, theirs).mean < 4 / 255, `channel ${channel}: ${difference(ours, theirs).mean * 255}`);
      assert.ok(Math.abs((floats[channel * 416 * 416] ?? 0) - 114 / 255) < 1e-6, 'padding');
      assert.ok(Math.abs((floats[(channel + 1) * 416 * 416 - 1] ?? 0) - 114 / 255) < 1e-6, 'padding');
    }
  });

  it('tensors: every layout, order and type tells the same picture', async () => {
    await first(dataPath('videos/car-detection.mp4'), (picture) => {
      const floats = new Float32Array(tensorOf(picture, base).data);
      const area = 416 * 416;
      const nhwc = new Float32Array(tensorOf(picture, { ...base, layout: 'NHWC' }).data);
      const bgr = new Float32Array(tensorOf(picture, { ...base, channels: 'bgr' }).data);
      const bytes = new Uint8Array(tensorOf(picture, { ...base, dtype: 'uint8' }).data);
      const halves = new Uint16Array(tensorOf(picture, { ...base, dtype: 'float16' }).data);
      const normal = new Float32Array(tensorOf(picture, { ...base, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }).data);
      for (let pixel = 0; pixel < area; pixel += 997) {
        for (const channel of [0, 1, 2]) {
          const value = floats[channel * area + pixel] ?? NaN;
          assert.equal(nhwc[pixel * 3 + channel], value);
          assert.equal(bgr[(2 - channel) * area + pixel], value);
          assert.equal(bytes[channel * area + pixel], Math.round(value * 255));
          assert.ok(Math.abs(fromHalf(halves[channel * area + pixel] ?? 0) - value) < 0.0005);
          const expected = (value - ([0.5, 0.4, 0.3][channel] ?? 0)) / ([0.2, 0.3, 0.4][channel] ?? 1);
          assert.ok(Math.abs((normal[channel * area + pixel] ?? NaN) - expected) < 1e-5);
        }
      }
      const gray = new Float32Array(tensorOf(picture, { ...base, channels: 'gray' }).data);
      assert.equal(gray.length, area);
      const middle = 208 * 416 + 208;
      const luma = 0.299 * (floats[middle] ?? 0) + 0.587 * (floats[area + middle] ?? 0) + 0.114 * (floats[2 * area + middle] ?? 0);
      assert.ok(Math.abs((gray[middle] ?? 0) - luma) < 0.02);
    });
  });

  it('planes: the size asked for, any stride', async () => {
    await first(dataPath('videos/car-detection.mp4'), (picture) => {
      for (const [width, height] of [[768, 432], [320, 180]] as const) {
        const strides = [width + 32, width / 2 + 16, width / 2 + 8] as const;
        const planes = [new Uint8Array(strides[0] * height), new Uint8Array((strides[1] * height) / 2), new Uint8Array((strides[2] * height) / 2)] as const;
        picture.toYuv({ width, height, planes, strides });
        const golden = ffmpegOutput('-i', dataPath('videos/car-detection.mp4'), '-frames:v', '1', '-vf', `scale=${width}:${height}:${EXACT}`, '-pix_fmt', 'yuv420p', '-f', 'rawvideo');
        const packed = [0, 1, 2].flatMap((plane) => {
          const [columns, rows] = plane === 0 ? [width, height] : [width / 2, height / 2];
          return Array.from({ length: rows }, (_, y) => [...(planes[plane as 0]).subarray(y * (strides[plane as 0]), y * (strides[plane as 0]) + columns)]).flat();
        });
        assert.ok(difference(packed, golden).mean < 0.6, `${difference(packed, golden).mean}`);
      }
    });
  });

  it('memory that is too small and odd planes: errors', async () => {
    await first(dataPath('videos/odd/tiny_64x48.mp4'), (picture) => {
      assert.throws(() => { picture.toPixels({ width: 64, height: 48, format: 'rgb24' }, new Uint8Array(10)); }, { code: 'OPTION_INVALID' });
      assert.throws(() => picture.toTensor(base, picture, new ArrayBuffer(10)), { code: 'OPTION_INVALID' });
      const planes = [new Uint8Array(9), new Uint8Array(9), new Uint8Array(9)] as const;
      assert.throws(() => { picture.toYuv({ width: 3, height: 3, planes, strides: [3, 2, 2] }); }, { code: 'OPTION_INVALID' });
      assert.throws(() => { picture.toYuv({ width: 64, height: 48, planes, strides: [64, 32, 32] }); }, { code: 'OPTION_INVALID' });
    });
  });
});

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}
