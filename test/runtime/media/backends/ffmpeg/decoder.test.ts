import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend } from '../../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, makeFile, readAll, readBarcode, withDecoder } from './support.js';

type Probe = { width: number; height: number; avg_frame_rate: string; r_frame_rate: string; codec_name: string; pix_fmt: string; duration?: string; nb_read_frames: string };

/** Frames a second: the average, else the base rate. */
function rateOf(probe: Probe): number {
  const [num = 0, den = 1] = (probe.avg_frame_rate === '0/0' ? probe.r_frame_rate : probe.avg_frame_rate).split('/').map(Number);
  return num / den;
}


/** File, code of the error, and what its text must say. */
const BAD: readonly (readonly [file: string, code: string, text: RegExp])[] = [
  ['empty.mp4', 'SOURCE_OPEN_FAILED', /empty/],
  ['random_bytes.mp4', 'SOURCE_OPEN_FAILED', /random_bytes\.mp4/],
  ['truncated.mp4', 'SOURCE_OPEN_FAILED', /moov atom not found/],
  ['no_video_audio_only.m4a', 'SOURCE_NO_VIDEO', /audio_only/],
  ['not-there.mp4', 'SOURCE_NOT_FOUND', /not-there/],
];

const expected = hasData ? (JSON.parse(readFileSync(dataPath('videos/odd/expected.json'), 'utf8')) as { files: Record<string, { probe: Probe | null }> }).files : {};
const odd = Object.entries(expected).flatMap(([file, { probe }]) => (probe && existsSync(dataPath(`videos/odd/${file}`)) ? [[file, probe] as const] : []));

describe('media/ffmpeg: decoder', function () {
  let backend: MediaBackend;
  let folder: string;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openFfmpegBackend();
    folder = mkdtempSync(join(tmpdir(), 'ffmpeg-decoder-'));
  });
  after(() => { if (folder) rmSync(folder, { recursive: true, force: true }); });

  it('the table of odd files has its files', () => {
    assert.ok(odd.length >= 20, `${odd.length} files`);
  });

  for (const [file, probe] of odd) {
    it(`${file}: every frame once, in order, from 0`, async () => {
      const { info, frames } = await withDecoder(backend, decoderOptions(dataPath(`videos/odd/${file}`)), async (decoder) => ({
        info: decoder.info,
        frames: await readAll(decoder, ({ ptsUs, sourceIndex, width, height }) => ({ ptsUs, sourceIndex, width, height })),
      }));
      assert.equal(frames.length, Number(probe.nb_read_frames));
      assert.deepEqual(frames.map(({ sourceIndex }) => sourceIndex), frames.map((_, n) => n));
      assert.equal(frames[0]?.ptsUs, 0);
      assert.ok(frames.every(({ ptsUs }, n) => n === 0 || ptsUs > (frames[n - 1]?.ptsUs ?? 0)), 'times grow');
      const turned = file.startsWith('rotated_90');
      const [width, height] = turned ? [probe.height, probe.width] : [probe.width, probe.height];
      assert.ok(frames.every((frame) => frame.width === width && frame.height === height));
      assert.deepEqual([info.width, info.height, info.codec, info.pixelFormat], [width, height, probe.codec_name, probe.pix_fmt]);
      assert.deepEqual([info.backend, info.live, info.rotation], ['ffmpeg', false, turned ? 270 : 0]);
      assert.ok(Math.abs(info.fps.num / info.fps.den - rateOf(probe)) < 0.005, `${info.fps.num}/${info.fps.den}`);
      if (probe.duration !== undefined) assert.ok(Math.abs((info.duration ?? 0) - Number(probe.duration)) < 0.011);
    });
  }

  for (const [file, code, text] of BAD) {
    it(`${file}: ${code}`, async () => {
      await assert.rejects(backend.openDecoder(decoderOptions(dataPath(`videos/odd/${file}`))), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, text);
        return true;
      });
    });
  }

  it('a clock that jumps in the middle of an MPEG-TS is put straight', async () => {
    const parts = [0, 500].map((offset) => {
      const part = join(folder, `part${offset}.ts`);
      makeFile('-i', dataPath('videos/odd/bframes.ts'), '-c', 'copy', '-output_ts_offset', String(offset), part);
      return readFileSync(part);
    });
    const path = join(folder, 'jump.ts');
    writeFileSync(path, Buffer.concat(parts));
    const times = await withDecoder(backend, decoderOptions(path), (decoder) => readAll(decoder, ({ ptsUs }) => ptsUs));
    assert.equal(times.length, 60);
    assert.equal(times[59], 5_900_000);
  });

  it('a text named .mp4, an audio file with a cover, an unknown codec, a folder: errors', async () => {
    const cases: [string, string][] = [];
    const text = join(folder, 'text.mp4');
    writeFileSync(text, 'this is no video\n'.repeat(500));
    cases.push([text, 'SOURCE_OPEN_FAILED']);
    const cover = join(folder, 'cover.mp3');
    const picture = join(folder, 'cover.png');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '1', picture);
    makeFile('-f', 'lavfi', '-i', 'sine=duration=1', '-i', picture, '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic', cover);
    cases.push([cover, 'SOURCE_NO_VIDEO']);
    const codec = join(folder, 'codec.mkv');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '5', '-c:v', 'mpeg4', codec);
    const bytes = readFileSync(codec, 'latin1').replace('V_MPEG4/ISO/ASP', 'V_NOBODY/KNOWSIT');
    writeFileSync(codec, bytes.replace('V_NOBODY/KNOWSIT', 'V_NOBODY/KNOWS_'), 'latin1');
    cases.push([codec, 'SOURCE_CODEC_UNSUPPORTED']);
    for (const [path, code] of cases) await assert.rejects(backend.openDecoder(decoderOptions(path)), { code }, path);
    await assert.rejects(backend.openDecoder(decoderOptions(tmpdir() + '/no-such-folder/*.png')), { code: 'SOURCE_NOT_FOUND' });
  });

  it('a name full of signs that mean something to the program is only a name', async () => {
    for (const name of ['-i.mp4', 'a b;c\'d"e%03d.mp4', 'concat:x|y.mp4', 'http:evil.mp4', '名前.mp4']) {
      const path = join(folder, name);
      writeFileSync(path, readFileSync(dataPath('videos/odd/tiny_64x48.mp4')));
      const count = await withDecoder(backend, decoderOptions(path), (decoder) => readAll(decoder, () => 1));
      assert.equal(count.length, 20, name);
    }
  });

  for (const [clip, fps, count] of [['v360_30_short', [30, 1], 0], ['v360_2997', [30_000, 1001], 599], ['v360_125', [25, 2], 0]] as const) {
    it(`${clip}: frame n shows number n`, async () => {
      await withDecoder(backend, decoderOptions(dataPath(`oracle/videos/${clip}.mp4`)), async (decoder) => {
        assert.deepEqual([decoder.info.fps.num, decoder.info.fps.den], [...fps]);
        const seen = await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture), picture.ptsUs]);
        assert.ok(seen.length > count);
        seen.forEach(([index, barcode, ptsUs], n) => {
          assert.deepEqual([index, barcode], [n, n]);
          assert.ok(Math.abs((ptsUs ?? 0) - (n * 1e6 * fps[1]) / fps[0]) <= 1, `frame ${n} at ${ptsUs}`);
        });
      });
    });
  }

  it('a size asked for is scaled by the program; pictures keep the source\'s size', async () => {
    for (const producer of [{ width: 320, height: 320 }, { width: 320 }, { height: 90 }]) {
      await withDecoder(backend, decoderOptions(dataPath('oracle/videos/v360_30_short.mp4'), { producer }), async (decoder) => {
        const seen = await readAll(decoder, (picture) => [picture.width, picture.height, readBarcode(picture)], 10);
        assert.deepEqual(seen, Array.from({ length: 10 }, (_, n) => [640, 360, n]));
        assert.deepEqual([decoder.info.width, decoder.info.height], [640, 360]);
      });
    }
  });

  for (const [clip, fps] of [['v360_30', 30], ['v360_2997', 30_000 / 1001], ['v360_125', 12.5]] as const) {
    it(`${clip}: seeks to the first frame at or after the position, forth and back`, async () => {
      await withDecoder(backend, decoderOptions(dataPath(`oracle/videos/${clip}.mp4`)), async (decoder) => {
        for (const position of [5, 0.5, 12.3456, 0, 19]) {
          await decoder.seek(position);
          const wanted = Math.ceil(position * fps - 1e-6 * fps);
          const seen = await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture), Math.round((picture.ptsUs * fps) / 1e6)], 3);
          assert.deepEqual(seen, [0, 1, 2].map((n) => [wanted + n, wanted + n, wanted + n]), `position ${position}`);
        }
        await decoder.seek(1000);
        assert.equal(await decoder.next(), undefined);
      });
    });
  }

  it('seeks where the container starts late and where it has no time stamps', async () => {
    for (const file of ['bframes.ts', 'raw_annexb.h264', 'mjpeg.avi', 'fragmented.mp4', 'vp9.webm', 'hls/index.m3u8']) {
      const path = dataPath(`videos/odd/${file}`);
      const all = await withDecoder(backend, decoderOptions(path), (decoder) => readAll(decoder, fingerprint));
      const after = await withDecoder(backend, decoderOptions(path), async (decoder) => {
        await decoder.seek(1.5);
        return readAll(decoder, fingerprint);
      });
      assert.deepEqual(after, all.slice(15), file);
    }
  });

  it('ends a waiting next at once when interrupted, and says so; close may be called twice', async () => {
    const decoder = await backend.openDecoder(decoderOptions(dataPath('videos/odd/tiny_64x48.mp4')));
    const reading = readAll(decoder, () => 0);
    decoder.interrupt();
    await assert.rejects(reading, { code: 'SOURCE_READ_FAILED' });
    await decoder.close();
    await decoder.close();
    await assert.rejects(decoder.next(), { code: 'STATE_INVALID' });
  });

  it('an aborted signal opens nothing', async () => {
    const reason = new Error('changed my mind');
    await assert.rejects(backend.openDecoder(decoderOptions(dataPath('videos/odd/tiny_64x48.mp4'), { signal: AbortSignal.abort(reason) })), reason);
  });

  it('a picture dies with its last owner', async () => {
    await withDecoder(backend, decoderOptions(dataPath('videos/odd/tiny_64x48.mp4')), async (decoder) => {
      const picture = await decoder.next();
      assert.ok(picture);
      picture.retain();
      picture.release();
      picture.release();
      const use = (): void => { picture.toPixels({ width: 8, height: 8, format: 'gray8' }, new Uint8Array(64)); };
      assert.throws(use, { code: 'STATE_INVALID' });
      assert.throws(() => { picture.release(); }, { code: 'STATE_INVALID' });
      assert.throws(() => { picture.retain(); }, { code: 'STATE_INVALID' });
    });
  });

  it('pictures kept are not written over by later ones', async () => {
    await withDecoder(backend, decoderOptions(dataPath('oracle/videos/v360_30_short.mp4')), async (decoder) => {
      const kept = [];
      for (let n = 0; n < 12; n += 1) kept.push(await decoder.next());
      assert.deepEqual(kept.map((picture) => picture && readBarcode(picture)), kept.map((_, n) => n));
      kept.forEach((picture) => picture?.release());
    });
  });

  it('damaged packets are left out and counted, as are those that FFmpeg mends', async () => {
    const path = join(folder, 'damaged.mp4');
    makeFile('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-frames:v', '50', '-c:v', 'mpeg4', '-g', '1', path);
    const bytes = readFileSync(path);
    const start = bytes.indexOf('mdat') + 4;
    bytes.fill(0, start + 20_000, start + 60_000);
    writeFileSync(path, bytes);
    await withDecoder(backend, decoderOptions(path), async (decoder) => {
      const times = await readAll(decoder, ({ ptsUs }) => ptsUs);
      assert.ok(times.length < 50 && times.length > 10, `${times.length} frames`);
      const leftOut = 50 - times.length;
      assert.ok(decoder.damaged >= leftOut && decoder.damaged < leftOut + 3, `${decoder.damaged} damaged, ${leftOut} left out`);
      assert.ok(times.every((us, n) => n === 0 || us > (times[n - 1] ?? 0)));
    });
  });

  it('hardware decoding where there is none falls back', async () => {
    const options = decoderOptions(dataPath('videos/odd/hevc_8bit.mp4'), { producer: { hardware: 'auto' } });
    assert.equal((await withDecoder(backend, options, (decoder) => readAll(decoder, () => 0))).length, 30);
  });

  it('images: each its own size, a damaged one is left out and counted', async () => {
    const images = join(folder, 'images');
    mkdirSync(images);
    copyFileSync(dataPath('images/bus.jpg'), join(images, '2.jpg'));
    copyFileSync(dataPath('images/frames/vtest_f0000.png'), join(images, '10.png'));
    writeFileSync(join(images, '5.png'), 'no picture');
    await withDecoder(backend, decoderOptions(images, { source: { imageFps: 2 } }), async (decoder) => {
      assert.deepEqual([decoder.info.fps, decoder.info.frameCount, decoder.info.duration], [{ num: 2, den: 1 }, 3, 1.5]);
      const seen = await readAll(decoder, (picture) => [picture.sourceIndex, picture.ptsUs, picture.width, picture.height]);
      assert.deepEqual(seen, [[0, 0, 810, 1080], [2, 1_000_000, 768, 576]]);
      assert.equal(decoder.damaged, 1);
      await decoder.seek(1);
      assert.deepEqual(await readAll(decoder, (picture) => picture.sourceIndex), [2]);
    });
    await assert.rejects(backend.openDecoder(decoderOptions(join(images, '5.png'))), { code: 'SOURCE_OPEN_FAILED' });
  });

  it('the test pattern shows its numbers, ends and seeks', async () => {
    await withDecoder(backend, decoderOptions('test:?width=320&height=180&fps=10&seconds=2'), async (decoder) => {
      assert.deepEqual([decoder.info.frameCount, decoder.info.duration], [20, 2]);
      assert.deepEqual(await readAll(decoder, readBarcode), Array.from({ length: 20 }, (_, n) => n));
      await decoder.seek(1.5);
      assert.deepEqual(await readAll(decoder, readBarcode), [15, 16, 17, 18, 19]);
    });
  });

  function fingerprint(picture: Parameters<typeof readBarcode>[0]): string {
    const gray = new Uint8Array(32 * 24);
    picture.toPixels({ width: 32, height: 24, format: 'gray8' }, gray);
    return `${picture.sourceIndex} ${Math.round(picture.ptsUs / 10)} ${Buffer.from(gray).toString('base64')}`;
  }
});
