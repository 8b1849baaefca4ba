import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend, Picture } from '../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { openLibavBackend } from '../../../../dist/runtime/media/backends/libav/index.js';
import { type Region, tensorBytes, type TensorSpec } from '../../../../dist/runtime/vision/index.js';
import { decoderOptions, difference, makeFile, withDecoder } from './ffmpeg/support.js';

const BYTES = { rgb24: 3, bgr24: 3, gray8: 1, rgba: 4 } as const;
type Format = keyof typeof BYTES;

function pixelsOf(picture: Picture, format: Format): Uint8Array {
  const size = { width: Math.round(picture.width), height: Math.round(picture.height) };
  const pixels = new Uint8Array(size.width * size.height * BYTES[format]);
  picture.toPixels({ ...size, format }, pixels);
  return pixels;
}

const SPEC: TensorSpec = { width: 40, height: 20, fit: 'letterbox-center', pad: 0, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };

function tensorOf(picture: Picture): Uint8Array {
  const target = new ArrayBuffer(tensorBytes(SPEC));
  picture.toTensor(SPEC, picture, target);
  return new Uint8Array(target);
}

function hash(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Whole pixels of `region`, `inset` of them left out on each side. */
function partOf(pixels: Uint8Array, { width, bytes, inset = 0 }: { width: number; bytes: number; inset?: number | undefined }, region: Region): Uint8Array {
  const rows: Uint8Array[] = [];
  for (let y = region.y + inset; y < region.y + region.height - inset; y += 1) {
    rows.push(pixels.subarray((y * width + region.x + inset) * bytes, (y * width + region.x + region.width - inset) * bytes));
  }
  return Buffer.concat(rows);
}

const REGIONS: readonly Region[] = [
  { x: 0, y: 0, width: 20, height: 10 },
  { x: 33, y: 17, width: 21, height: 13 },
  { x: 40, y: 30, width: 1, height: 1 },
  { x: 31, y: 3, width: 29, height: 58 },
];

/** libswscale converts these pixel by pixel, or group by group of pixels that share chroma. */
const LOCAL = ['yuv420p', 'gray', 'rgb24', 'bgra', 'rgb0', 'gbrp', 'yuv444p'];
/** Where a part's pixels come from is all the same to these too, but beyond its border there is nothing to interpolate chroma with. */
const ALL = [...LOCAL, 'nv12', 'nv21', 'yuv422p', 'yuyv422', 'uyvy422', 'yuv411p', 'yuv410p', 'yuv440p', 'yuva420p', 'yuv420p10le', 'yuv422p10le', 'yuv444p12le',
  'gbrp10le', 'gray10le', 'rgb48le'];

type Allowed = { readonly mean: number; /** Pixels at the border that are not compared. */ readonly inset?: number };

type Whole = { readonly picture: Picture; readonly whole: Uint8Array; readonly format: Format };

function compareOne({ picture, whole, format }: Whole, wanted: Region, { mean, inset }: Allowed): void {
  const { picture: crop, region } = picture.crop(wanted);
  assert.ok(region.x <= wanted.x && region.y <= wanted.y, 'it begins no later');
  assert.ok(region.x + region.width >= wanted.x + wanted.width && region.y + region.height >= wanted.y + wanted.height, 'it ends no earlier');
  assert.ok(region.width <= wanted.width + 6 && region.height <= wanted.height + 6, 'nor much later');
  assert.deepEqual([crop.width, crop.height], [region.width, region.height]);
  const theirs = partOf(whole, { width: picture.width, bytes: BYTES[format], inset }, region);
  const ours = partOf(pixelsOf(crop, format), { width: crop.width, bytes: BYTES[format], inset }, { ...region, x: 0, y: 0 });
  assert.equal(ours.length, theirs.length);
  if (theirs.length > 0) assert.ok(difference(ours, theirs).mean <= mean, `${format} ${JSON.stringify(region)}: ${difference(ours, theirs).mean}`);
  crop.release();
}

describe('media: crops of a picture', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crop-'));
  const backends: Partial<Record<'libav' | 'ffmpeg', MediaBackend>> = {};
  before(async () => {
    backends.libav = await openLibavBackend();
    backends.ffmpeg = await openFfmpegBackend();
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  async function withFirst(name: 'libav' | 'ffmpeg', path: string | ReturnType<typeof decoderOptions>, use: (picture: Picture) => void): Promise<void> {
    const backend = backends[name] ?? assert.fail();
    await withDecoder(backend, typeof path === 'string' ? decoderOptions(path) : path, async (decoder) => {
      const picture = await decoder.next();
      assert.ok(picture);
      try {
        use(picture);
      } finally {
        picture.release();
      }
    });
  }

  function raw(pixelFormat: string, size: string): string {
    const path = join(folder, `${pixelFormat}-${size}.nut`);
    if (!existsSync(path)) makeFile('-f', 'lavfi', '-i', `testsrc2=size=128x96,scale=${size.replace('x', ':')}`, '-frames:v', '1', '-pix_fmt', pixelFormat, '-c:v', 'rawvideo', path);
    return path;
  }

  /** Each region's pixels, in each format, beside those of the whole picture. */
  function compare(picture: Picture, allowed: Allowed): void {
    for (const format of ['bgr24', 'rgb24', 'gray8', 'rgba'] as const) {
      const whole = pixelsOf(picture, format);
      for (const wanted of REGIONS) compareOne({ picture, whole, format }, wanted, allowed);
    }
  }

  for (const pixelFormat of LOCAL) {
    it(`libav, ${pixelFormat}: the pixels of the whole picture, to the bit`, async () => {
      await withFirst('libav', raw(pixelFormat, '98x62'), (picture) => { compare(picture, { mean: 0 }); });
    });
  }

  for (const size of ['98x62', '97x61']) {
    for (const pixelFormat of ALL) {
      it(`libav, ${pixelFormat} of ${size}: the picture of a file that has only that part, to the bit`, async () => {
        const path = raw(pixelFormat, size);
        for (const wanted of REGIONS) {
          let ours: Uint8Array[] = [];
          let place = wanted;
          const looks = (picture: Picture): Uint8Array[] => [pixelsOf(picture, 'bgr24'), pixelsOf(picture, 'gray8'), tensorOf(picture)];
          await withFirst('libav', path, (picture) => {
            const { picture: crop, region } = picture.crop(wanted);
            place = region;
            ours = looks(crop);
            crop.release();
          });
          const part = join(folder, 'part.nut');
          makeFile('-i', path, '-vf', `crop=${place.width}:${place.height}:${place.x}:${place.y}:exact=1`, '-pix_fmt', pixelFormat, '-c:v', 'rawvideo', part);
          await withFirst('libav', part, (picture) => { assert.deepEqual(looks(picture).map(hash), ours.map(hash), JSON.stringify(place)); });
        }
      });
    }
  }

  it('libav, a palette: the picture is made RGB first', async () => {
    await withFirst('libav', raw('pal8', '98x62'), (picture) => { compare(picture, { mean: 1 }); });
  });

  it('ffmpeg: the pixels of the whole picture', async () => {
    await withFirst('ffmpeg', raw('yuv420p', '98x62'), (picture) => { compare(picture, { mean: 0.5, inset: 2 }); });
  });

  for (const name of ['libav', 'ffmpeg'] as const) {
    for (const turn of [90, 180, 270]) {
      it(`${name}, turned by ${turn}: the pixels of the whole picture as it is shown`, async () => {
        const plain = join(folder, 'plain.mp4');
        const path = join(folder, `turned${turn}.mp4`);
        makeFile('-f', 'lavfi', '-i', 'testsrc2=size=98x62', '-frames:v', '1', '-pix_fmt', 'yuv420p', plain);
        makeFile('-i', plain, '-c', 'copy', '-metadata:s:v', `rotate=${turn}`, path);
        await withFirst(name, path, (picture) => {
          assert.equal(picture.width, turn === 180 ? 98 : 62);
          compare(picture, name === 'libav' ? { mean: 0 } : { mean: 0.5, inset: 2 });
        });
      });
    }

    it(`${name}: the same place in a tensor as the whole picture has, and it lives on after that`, async () => {
      let crop: Picture | undefined;
      await withFirst(name, raw('yuv420p', '98x62'), (picture) => { crop = picture.crop({ x: 20, y: 10, width: 20, height: 10 }).picture; });
      assert.ok(crop);
      const target = new ArrayBuffer(tensorBytes(SPEC));
      const place = crop.toTensor(SPEC, crop, target);
      assert.deepEqual([place.scaleX, place.scaleY, place.padX, place.padY], [2, 2, 0, 0]);
      const tensor = new Float32Array(target);
      const pixels = pixelsOf(crop, 'rgb24');
      const middle = [0, 1, 2].map((channel) => tensor[channel * 800 + 10 * 40 + 20] ?? NaN);
      for (const [channel, value] of middle.entries()) assert.ok(Math.abs(value - (pixels[(5 * 20 + 10) * 3 + channel] ?? NaN)) < 40, `${value}`);
      crop.release();
      assert.throws(() => crop?.crop({ x: 0, y: 0, width: 2, height: 2 }), /released/);
    });
  }

  it('ffmpeg, frames kept smaller than the source: the place is in pixels of the source', async () => {
    await withFirst('ffmpeg', decoderOptions(raw('yuv420p', '96x64'), { producer: { width: 48 } }), (picture) => {
      assert.deepEqual([picture.width, picture.height], [96, 64]);
      const { picture: crop, region } = picture.crop({ x: 33, y: 18, width: 20, height: 10 });
      assert.deepEqual(region, { x: 32, y: 16, width: 24, height: 12 });
      assert.deepEqual([crop.width, crop.height], [24, 12]);
      crop.release();
    });
  });
});
