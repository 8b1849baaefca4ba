import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend, OpenEncoderOptions } from '../../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { paintTestPattern } from '../../../../../dist/runtime/media/test-pattern.js';
import { boxTypes } from '../../../../support/mp4.js';
import { decoderOptions, readAll, readBarcode, withDecoder } from './support.js';

type Planes = Parameters<typeof paintTestPattern>[1];

function pattern(number: number, size = { width: 320, height: 180 }, padding = 0): Planes {
  const { width, height } = size;
  const strides = [width + padding, width / 2 + padding, width / 2 + padding] as const;
  const planes = [new Uint8Array(strides[0] * height), new Uint8Array((strides[1] * height) / 2), new Uint8Array((strides[2] * height) / 2)] as const;
  const target = { width, height, planes, strides };
  paintTestPattern(number, target);
  return target;
}

describe('media/ffmpeg: encoder', () => {
  let backend: MediaBackend;
  let folder: string;
  before(async () => {
    backend = await openFfmpegBackend();
    folder = mkdtempSync(join(tmpdir(), 'ffmpeg-encoder-'));
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  function options(name: string, given: Partial<OpenEncoderOptions> = {}): OpenEncoderOptions {
    return { path: join(folder, name), width: 320, height: 180, fps: { num: 25, den: 1 }, crf: 23, preset: 'ultrafast', threads: 1, ...given };
  }

  /** Number and time of every frame in the file. */
  function written(path: string): Promise<number[][]> {
    return withDecoder(backend, decoderOptions(path), (decoder) => readAll(decoder, (picture) => [readBarcode(picture), picture.ptsUs]));
  }

  const rates = [['25', { num: 25, den: 1 }], ['29.97', { num: 30_000, den: 1001 }], ['unknown', { num: 0, den: 1 }]] as const;
  for (const [label, fps] of rates) {
    it(`keeps every frame and time: ${label} frames a second`, async () => {
      const given = options(`rate-${label}.mp4`, { fps });
      const encoder = await backend.openEncoder(given);
      const frameUs = fps.num > 0 ? (1e6 * fps.den) / fps.num : 40_000;
      const times = Array.from({ length: 60 }, (_, n) => Math.round(n * frameUs));
      for (const [n, us] of times.entries()) await encoder.write(pattern(n, undefined, 13), 5_000_000 + us);
      await encoder.close();
      await encoder.close();
      assert.deepEqual(await written(given.path), times.map((us, n) => [n, us]));
    });
  }

  it('keeps a variable rate, long pauses too', async () => {
    const given = options('variable.mp4');
    const encoder = await backend.openEncoder(given);
    const times = [0, 33_333, 33_334, 100_000, 1_100_000, 60_000_000, 60_040_000];
    for (const [n, us] of times.entries()) await encoder.write(pattern(n), us);
    await encoder.close();
    assert.deepEqual(await written(given.path), times.map((us, n) => [n, us]));
  });

  it('one frame, odd chroma sizes, B-frames by preset: a plain mp4', async () => {
    for (const [name, size, preset, count] of [['one', { width: 320, height: 180 }, 'veryfast', 1], ['odd', { width: 322, height: 182 }, 'medium', 30]] as const) {
      const given = options(`${name}.mp4`, { ...size, preset });
      const encoder = await backend.openEncoder(given);
      for (let n = 0; n < count; n += 1) await encoder.write(pattern(n, size), n * 40_000);
      await encoder.close();
      assert.deepEqual(await written(given.path), Array.from({ length: count }, (_, n) => [n, n * 40_000]));
      assert.deepEqual(boxTypes(given.path), ['ftyp', 'mdat', 'moov']);
      const facts = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', given.path], { encoding: 'utf8' })) as { streams: Record<string, string>[] };
      const [stream] = facts.streams;
      assert.deepEqual([stream?.['codec_name'], stream?.['pix_fmt'], stream?.['color_space'], stream?.['width']], ['h264', 'yuv420p', 'smpte170m', size.width]);
      assert.ok(Math.abs(Number(stream?.['duration']) - count * 0.04) < 0.002, stream?.['duration']);
    }
  });

  it('a file that is given up plays up to its last whole fragment', async () => {
    const given = options('killed.mp4', { fps: { num: 5, den: 1 } });
    const encoder = await backend.openEncoder(given);
    for (let n = 0; n < 120; n += 1) await encoder.write(pattern(n), n * 200_000);
    await encoder.destroy();
    await encoder.destroy();
    const frames = await written(given.path);
    assert.ok(frames.length >= 10, `${frames.length} frames`);
    assert.deepEqual(frames, frames.map((_, n) => [n, n * 200_000]));
  });

  it('no frame at all: close does not fail', async () => {
    const encoder = await backend.openEncoder(options('none.mp4'));
    await encoder.close();
  });

  it('a place that cannot be written: RECORD_OPEN_FAILED', async () => {
    await assert.rejects(backend.openEncoder(options('no-such-folder/a.mp4')), { code: 'RECORD_OPEN_FAILED' });
    await assert.rejects(backend.openEncoder(options('.')), { code: 'RECORD_OPEN_FAILED' });
  });

  it('a program without libx264: RECORD_OPEN_FAILED', async function () {
    if (process.platform === 'win32') this.skip();
    const path = join(folder, 'ffmpeg-without');
    writeFileSync(path, '#!/bin/sh\ncase "$*" in *version*) echo "ffmpeg version 6.0 x";; *) echo " V..... mpeg4  MPEG-4";; esac\n');
    chmodSync(path, 0o755);
    const poor = await openFfmpegBackend({ ffmpegPath: path });
    await assert.rejects(poor.openEncoder(options('x.mp4')), { code: 'RECORD_OPEN_FAILED', message: /libx264/ });
  });

  it('a full disk: RECORD_WRITE_FAILED', async function () {
    if (process.platform !== 'linux') this.skip();
    const encoder = await backend.openEncoder(options('', { path: '/dev/full', width: 640, height: 360 }));
    const noise = { ...pattern(0, { width: 640, height: 360 }) };
    await assert.rejects(async () => {
      for (let n = 0; n < 500; n += 1) await encoder.write(noise, n * 40_000);
      await encoder.close();
    }, { code: 'RECORD_WRITE_FAILED', message: /No space left/ });
    await encoder.destroy();
  });

  it('a wrong size, a time that goes back, a write after close: errors', async () => {
    const encoder = await backend.openEncoder(options('wrong.mp4'));
    await encoder.write(pattern(0), 1000);
    await assert.rejects(encoder.write(pattern(0), 1000), { code: 'OPTION_INVALID' });
    await assert.rejects(encoder.write(pattern(0, { width: 322, height: 180 }), 2000), { code: 'OPTION_INVALID' });
    await encoder.close();
    await assert.rejects(encoder.write(pattern(1), 3000), { code: 'STATE_INVALID' });
  });
});
