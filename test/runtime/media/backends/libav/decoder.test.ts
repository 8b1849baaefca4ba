import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend, Picture } from '../../../../../dist/runtime/media/backend.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, makeFile, readAll, readBarcode, withDecoder } from '../ffmpeg/support.js';

type Probe = { width: number; height: number; avg_frame_rate: string; r_frame_rate: string; codec_name: string; pix_fmt: string; duration?: string; nb_read_frames: string; side_data_list?: { rotation?: number }[] };

const expected = hasData ? (JSON.parse(readFileSync(dataPath('videos/odd/expected.json'), 'utf8')) as { files: Record<string, { probe: Probe | null }> }).files : {};
const odd = Object.entries(expected).flatMap(([file, { probe }]) => (probe && existsSync(dataPath(`videos/odd/${file}`)) ? [{ file, probe }] : []));
const CLIP = 'oracle/videos/v360_30.mp4';

/** A number that stands for the picture's pixels. */
function signature(picture: Picture): number {
  const pixels = new Uint8Array(64 * 48);
  picture.toPixels({ width: 64, height: 48, format: 'gray8' }, pixels);
  return pixels.reduce((sum, level) => (sum * 31 + level) | 0, 0);
}

describe('media/libav: decoder', function () {
  let backend: MediaBackend;
  let folder: string;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openLibavBackend();
    folder = mkdtempSync(join(tmpdir(), 'libav-decoder-'));
  });
  after(() => { if (folder) rmSync(folder, { recursive: true, force: true }); });

  it('the table of odd files has its files', () => { assert.ok(odd.length >= 20, `${odd.length} files`); });

  for (const { file, probe } of odd) {
    it(`${file}: every frame once, in order, from 0`, async () => {
      await withDecoder(backend, decoderOptions(dataPath(`videos/odd/${file}`)), async (decoder) => {
        const { info } = decoder;
        const frames = await readAll(decoder, ({ ptsUs, sourceIndex, width, height }) => ({ ptsUs, sourceIndex, width, height }));
        assert.equal(frames.length, Number(probe.nb_read_frames));
        assert.deepEqual(frames.map(({ sourceIndex }) => sourceIndex), frames.map((_, n) => n));
        assert.equal(frames[0]?.ptsUs, 0);
        assert.ok(frames.every(({ ptsUs }, n) => n === 0 || ptsUs > (frames[n - 1]?.ptsUs ?? 0)), 'times grow');
        const rotation = (360 - (probe.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0)) % 360;
        const [width, height] = rotation % 180 === 90 ? [probe.height, probe.width] : [probe.width, probe.height];
        assert.deepEqual([info.width, info.height, info.rotation], [width, height, rotation]);
        if (file !== 'resolution_change.ts') assert.ok(frames.every((frame) => frame.width === width && frame.height === height));
        assert.deepEqual([info.codec, info.pixelFormat, info.live, info.backend], [probe.codec_name, probe.pix_fmt, false, 'libav']);
        const rate = probe.avg_frame_rate === '0/0' ? probe.r_frame_rate : probe.avg_frame_rate;
        assert.equal(`${info.fps.num}/${info.fps.den}`, rate);
        if (probe.duration !== undefined) assert.ok(Math.abs((info.duration ?? 0) - Number(probe.duration)) < 0.1, `${info.duration}`);
      });
    });

    // what the decoder paints over the part that is cut off depends on what its threads decoded before
    if (file === 'truncated.ts') continue;
    it(`${file}: after a seek the same frames as without`, async () => {
      await withDecoder(backend, decoderOptions(dataPath(`videos/odd/${file}`)), async (decoder) => {
        const look = (picture: Picture): number[] => [picture.ptsUs, signature(picture)];
        const all = await readAll(decoder, look);
        for (const position of [0, 1.71, 0.35, 1000]) {
          await decoder.seek(position);
          assert.deepEqual(await readAll(decoder, look), all.filter(([us = 0]) => us >= position * 1e6), `position ${position}`);
        }
      });
    });
  }

  it('a size that changes in the middle is the pictures\', not the stream\'s', async () => {
    await withDecoder(backend, decoderOptions(dataPath('videos/odd/resolution_change.ts')), async (decoder) => {
      const sizes = await readAll(decoder, (picture) => {
        picture.toPixels({ width: 64, height: 48, format: 'bgr24' }, new Uint8Array(64 * 48 * 3));
        return `${picture.width}×${picture.height}`;
      });
      assert.deepEqual([...new Set(sizes)], ['384×288', '256×192']);
      assert.equal(decoder.info.width, 384);
    });
  });

  for (const [file, code, text] of [
    ['empty.mp4', 'SOURCE_OPEN_FAILED', /is empty/],
    ['random_bytes.mp4', 'SOURCE_OPEN_FAILED', /random_bytes\.mp4/],
    ['truncated.mp4', 'SOURCE_OPEN_FAILED', /cut off before its index/],
    ['no_video_audio_only.m4a', 'SOURCE_NO_VIDEO', /audio_only/],
    ['not-there.mp4', 'SOURCE_NOT_FOUND', /not-there/],
  ] as const) {
    it(`${file}: ${code}`, async () => {
      await assert.rejects(backend.openDecoder(decoderOptions(dataPath(`videos/odd/${file}`))), { code, message: text });
    });
  }

  it('a text named .mp4, a text named .txt, an audio file with a cover, an unknown codec: errors', async () => {
    const cases: [path: string, code: string][] = [];
    for (const name of ['text.mp4', 'text.txt']) {
      writeFileSync(join(folder, name), 'this is no video\n'.repeat(500));
      cases.push([join(folder, name), 'SOURCE_OPEN_FAILED']);
    }
    const cover = join(folder, 'cover.mp3');
    const picture = join(folder, 'cover.png');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '1', picture);
    makeFile('-f', 'lavfi', '-i', 'sine=duration=1', '-i', picture, '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic', cover);
    cases.push([cover, 'SOURCE_NO_VIDEO']);
    const codec = join(folder, 'codec.mkv');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '5', '-c:v', 'mpeg4', codec);
    writeFileSync(codec, readFileSync(codec, 'latin1').replace('V_MPEG4/ISO/ASP', 'V_NOBODY/KNOWS_'), 'latin1');
    cases.push([codec, 'SOURCE_CODEC_UNSUPPORTED']);
    for (const [path, code] of cases) await assert.rejects(backend.openDecoder(decoderOptions(path)), { code }, path);
  });

  it('a name full of signs that mean something to FFmpeg is only a name', async () => {
    for (const name of ['-i.mp4', 'a b;c\'d"e%03d.mp4', 'concat:x|y.mp4', 'http:evil.mp4', '名前.mp4']) {
      copyFileSync(dataPath('videos/odd/tiny_64x48.mp4'), join(folder, name));
      const count = await withDecoder(backend, decoderOptions(join(folder, name)), (decoder) => readAll(decoder, () => 1));
      assert.equal(count.length, 20, name);
    }
  });

  it('bits that went wrong cost frames at most, and are counted', async () => {
    const bytes = readFileSync(dataPath('videos/odd/bframes.ts'));
    for (let at = 5000; at < bytes.length; at += 1500) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    const path = join(folder, 'bit-errors.ts');
    writeFileSync(path, bytes);
    await withDecoder(backend, decoderOptions(path), async (decoder) => {
      const frames = await readAll(decoder, signature);
      assert.ok(frames.length > 10 && frames.length <= 30, `${frames.length} frames`);
      assert.ok(decoder.damaged > 0 && decoder.damaged <= 30, `${decoder.damaged} damaged`);
    });
  });

  it('in a hurry only key frames are decoded, and the first ones after it are whole', async () => {
    const path = join(folder, 'gop10.mp4');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-frames:v', '60', '-c:v', 'libx264', '-g', '10', '-bf', '0', '-sc_threshold', '0', path);
    const look = (picture: Picture): [number, number] => [picture.ptsUs / 40_000, signature(picture)];
    const whole = await withDecoder(backend, decoderOptions(path), (decoder) => readAll(decoder, look));
    await withDecoder(backend, { ...decoderOptions(path), threads: 1 }, async (decoder) => {
      const seen = await readAll(decoder, look, 3);
      decoder.hurry?.(true);
      seen.push(...(await readAll(decoder, look, 2)));
      decoder.hurry?.(false);
      seen.push(...(await readAll(decoder, look, 5)));
      decoder.hurry?.(true);
      seen.push(...(await readAll(decoder, look, 1)));
      decoder.hurry?.(false);
      seen.push(...(await readAll(decoder, look)));
      const expected = [0, 1, 2, 10, 20, 21, 22, 23, 24, 25, ...Array.from({ length: 30 }, (_, i) => 30 + i)];
      assert.deepEqual(seen, expected.map((n) => whole[n]));
      assert.equal(decoder.damaged, 0);
    });
  });

  it('a clock that jumps in the middle of an MPEG-TS is put straight', async () => {
    const parts = [0, 500].map((offset) => {
      const part = join(folder, `part${offset}.ts`);
      makeFile('-i', dataPath('videos/odd/bframes.ts'), '-c', 'copy', '-output_ts_offset', String(offset), part);
      return readFileSync(part);
    });
    writeFileSync(join(folder, 'jump.ts'), Buffer.concat(parts));
    const times = await withDecoder(backend, decoderOptions(join(folder, 'jump.ts')), (decoder) => readAll(decoder, ({ ptsUs }) => ptsUs));
    assert.deepEqual([times.length, times[59]], [60, 5_900_000]);
  });

  for (const [clip, num, den] of [['v360_30_short', 30, 1], ['v360_2997', 30_000, 1001], ['v360_125', 25, 2]] as const) {
    it(`${clip}: frame n shows number n at its time, from any position`, async () => {
      await withDecoder(backend, decoderOptions(dataPath(`oracle/videos/${clip}.mp4`)), async (decoder) => {
        assert.deepEqual(decoder.info.fps, { num, den });
        const seen = await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture), picture.ptsUs]);
        assert.equal(seen.length, decoder.info.frameCount);
        assert.deepEqual(seen, seen.map((_, n) => [n, n, Math.round((n * 1e6 * den) / num)]));
        for (const position of [5, 0, 12.3456, 0.2, 19.9]) {
          const wanted = seen.filter(([, , us = 0]) => us >= Math.round(position * 1e6));
          await decoder.seek(position);
          assert.deepEqual(await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture), picture.ptsUs], 4), wanted.slice(0, 4));
        }
      });
    });
  }

  it('realtime threading gives the same frames', async () => {
    const numbers = await withDecoder(backend, decoderOptions(dataPath(CLIP), { realtime: true }), (decoder) => readAll(decoder, readBarcode, 100));
    assert.deepEqual(numbers, Array.from({ length: 100 }, (_, n) => n));
  });

  it('in realtime a file is decoded in other threads, however few it may have: the asking one does little', async function () {
    const usage = '/proc/thread-self/schedstat';
    if (!existsSync(usage)) this.skip();
    const ownMs = (): number => Number(readFileSync(usage, 'utf8').split(' ')[0]) / 1e6;
    await withDecoder(backend, { ...decoderOptions(dataPath(CLIP), { realtime: true }), threads: 1 }, async (decoder) => {
      const before = { own: ownMs(), all: process.cpuUsage() };
      assert.equal((await readAll(decoder, () => 1, 300)).length, 300);
      const all = process.cpuUsage(before.all);
      const allMs = (all.user + all.system) / 1000;
      const own = ownMs() - before.own;
      assert.ok(own < allMs / 2, `${own} of ${allMs} ms of CPU`);
    });
  });

  it('hardware that is not there does not matter', async () => {
    const numbers = await withDecoder(backend, decoderOptions(dataPath(CLIP), { producer: { hardware: 'auto' } }), (decoder) => readAll(decoder, readBarcode, 30));
    assert.deepEqual(numbers, Array.from({ length: 30 }, (_, n) => n));
  });

  for (const realtime of [false, true]) {
    it(`is closed twice, while it reads${realtime ? ' in realtime' : ''}, and then says so`, async () => {
      const decoder = await backend.openDecoder(decoderOptions(dataPath(CLIP), { realtime }));
      const reading = decoder.next().then((picture) => { picture?.release(); });
      const late = decoder.next().then((picture) => picture?.release(), (error: unknown) => error);
      await Promise.all([reading.catch(() => undefined), decoder.close(), decoder.close(), late]);
      await assert.rejects(decoder.next(), { code: 'STATE_INVALID' });
      await assert.rejects(decoder.seek(0), { code: 'STATE_INVALID' });
    });
  }

  it('interrupted or aborted: fails at once', async () => {
    await withDecoder(backend, decoderOptions(dataPath(CLIP)), async (decoder) => {
      decoder.interrupt();
      await assert.rejects(decoder.next(), { code: 'SOURCE_READ_FAILED', message: /interrupted/ });
    });
    await assert.rejects(backend.openDecoder(decoderOptions(dataPath(CLIP), { signal: AbortSignal.abort(new Error('enough')) })), /enough/);
  });

  it('memory stays where it is over thousands of frames', async () => {
    await withDecoder(backend, decoderOptions(dataPath(CLIP)), async (decoder) => {
      const round = async (): Promise<number> => {
        await decoder.seek(0);
        await readAll(decoder, (picture) => { picture.toPixels({ width: 320, height: 180, format: 'bgr24' }, new Uint8Array(320 * 180 * 3)); });
        return process.memoryUsage().rss / 1e6;
      };
      const before = await round();
      for (let i = 0; i < 3; i += 1) await round();
      const grown = (await round()) - before;
      // frames kept would be 0.35 MB each: 840 MB
      assert.ok(grown < 100, `${grown} MB more`);
    });
  });

  describe('images', () => {
    const frames = (): string => join(folder, 'frames');
    before(() => {
      mkdirSync(frames());
      for (const n of [1, 2, 9, 10, 11]) {
        makeFile('-ss', String(n), '-i', dataPath(CLIP), '-frames:v', '1', join(frames(), `f${n}.png`));
      }
      writeFileSync(join(frames(), 'f5.png'), readFileSync(join(frames(), 'f9.png')).subarray(0, 900));
    });

    it('are played in natural order at imageFps, damaged ones left out and counted', async () => {
      await withDecoder(backend, decoderOptions(frames(), { source: { imageFps: 2 } }), async (decoder) => {
        const look = (picture: Picture): number[] => [readBarcode(picture), picture.sourceIndex, picture.ptsUs];
        const all = [[30, 0, 0], [60, 1, 500_000], [270, 3, 1_500_000], [300, 4, 2_000_000], [330, 5, 2_500_000]];
        assert.deepEqual(await readAll(decoder, look), all);
        assert.equal(decoder.damaged, 1);
        assert.deepEqual([decoder.info.frameCount, decoder.info.duration, decoder.info.live, decoder.info.fps], [6, 3, false, { num: 2, den: 1 }]);
        await decoder.seek(1.1);
        assert.deepEqual(await readAll(decoder, look), all.slice(2));
        await decoder.seek(2);
        assert.deepEqual(await readAll(decoder, look), all.slice(3));
      });
    });

    it('every kind of image opens, each with its own size', async () => {
      const kinds = ['jpg', 'png', 'bmp', 'webp', 'tiff'];
      const mixed = join(folder, 'mixed');
      mkdirSync(mixed);
      for (const [n, kind] of kinds.entries()) makeFile('-f', 'lavfi', '-i', `testsrc2=size=${64 + 2 * n}x64`, '-frames:v', '1', join(mixed, `${n}.${kind}`));
      const widths = await withDecoder(backend, decoderOptions(mixed), (decoder) => readAll(decoder, ({ width }) => width));
      assert.deepEqual(widths, [64, 66, 68, 70, 72]);
    });

    it('a single damaged image is SOURCE_OPEN_FAILED', async () => {
      await assert.rejects(backend.openDecoder(decoderOptions(join(frames(), 'f5.png'))), { code: 'SOURCE_OPEN_FAILED', message: /f5\.png/ });
    });
  });

  describe('test pattern', () => {
    it('carries its number, ends where asked, and is the same every time', async () => {
      await withDecoder(backend, decoderOptions('test:?width=320&height=180&fps=12.5&seconds=8'), async (decoder) => {
        const look = (picture: Picture): number[] => [readBarcode(picture), picture.sourceIndex, picture.ptsUs, signature(picture)];
        const all = await readAll(decoder, look);
        assert.deepEqual(all.map(([number]) => number), Array.from({ length: 100 }, (_, n) => n));
        assert.equal(new Set(all.map((row) => row[3])).size, 100, 'something moves');
        assert.equal(all[99]?.[2], 7_920_000);
        assert.deepEqual([decoder.info.duration, decoder.info.frameCount, decoder.info.live], [8, 100, false]);
        await decoder.seek(4);
        assert.deepEqual(await readAll(decoder, look), all.slice(50));
      });
    });

    it('without seconds has no end', async () => {
      await withDecoder(backend, decoderOptions('test:?width=32&height=32'), async (decoder) => {
        await decoder.seek(10_000);
        assert.equal((await readAll(decoder, () => 1, 50)).length, 50);
        assert.equal(decoder.info.duration, undefined);
      });
    });
  });
});
