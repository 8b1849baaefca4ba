import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Encoder, MediaBackend, OpenEncoderOptions } from '../../../../../dist/runtime/media/backend.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { paintTestPattern } from '../../../../../dist/runtime/media/test-pattern.js';
import type { YuvPlanes } from '../../../../../dist/runtime/vision/index.js';
import { boxTypes } from '../../../../support/mp4.js';
import { decoderOptions, readAll, readBarcode, withDecoder } from '../ffmpeg/support.js';

const DIST = resolve(__dirname, '..', '..', '..', '..', '..', 'dist', 'runtime', 'media');

function makePlanes(width: number, height: number, padding = 0): YuvPlanes {
  const strides = [width + padding, width / 2 + padding, width / 2 + padding] as const;
  const planes = [new Uint8Array(strides[0] * height), new Uint8Array((strides[1] * height) / 2), new Uint8Array((strides[2] * height) / 2)] as const;
  return { width, height, planes, strides };
}

describe('media/libav: encoder', () => {
  let backend: MediaBackend;
  let folder: string;
  before(async () => {
    backend = await openLibavBackend();
    folder = mkdtempSync(join(tmpdir(), 'libav-encoder-'));
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  const optionsFor = (name: string, given: Partial<OpenEncoderOptions> = {}): OpenEncoderOptions =>
    ({ path: join(folder, name), width: 320, height: 180, fps: { num: 25, den: 1 }, crf: 23, preset: 'veryfast', threads: 1, ...given });

  async function writePattern(encoder: Encoder, times: readonly number[], planes = makePlanes(320, 180)): Promise<void> {
    for (const [number, us] of times.entries()) {
      paintTestPattern(number, planes);
      await encoder.write(planes, us);
    }
  }

  async function readBack(path: string): Promise<{ numbers: number[]; times: number[]; frameCount: number | undefined; duration: number | undefined }> {
    return withDecoder(backend, decoderOptions(path), async (decoder) => {
      const seen = await readAll(decoder, (picture) => [readBarcode(picture), picture.ptsUs]);
      return { numbers: seen.map(([number = -1]) => number), times: seen.map(([, us = -1]) => us), frameCount: decoder.info.frameCount, duration: decoder.info.duration };
    });
  }

  const regular = (count: number, fromUs = 0): number[] => Array.from({ length: count }, (_, n) => fromUs + n * 40_000);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

  for (const count of [1, 2, 15, 126]) {
    it(`${count} frames in, the same ${count} out, in an ordinary mp4`, async () => {
      const options = optionsFor(`count${count}.mp4`);
      const encoder = await backend.openEncoder(options);
      await writePattern(encoder, regular(count, 7_000_000));
      await encoder.close();
      await encoder.close();
      const read = await readBack(options.path);
      assert.deepEqual(read.numbers, upTo(count));
      assert.deepEqual(read.times, regular(count));
      assert.equal(read.frameCount, count);
      assert.ok(Math.abs((read.duration ?? 0) - count * 0.04) < 0.001, `${read.duration}`);
      assert.deepEqual(boxTypes(options.path), ['ftyp', 'mdat', 'moov']);
    });
  }

  it('another reader agrees, on frames, duration and colours', async () => {
    const options = optionsFor('other.mp4');
    const encoder = await backend.openEncoder(options);
    await writePattern(encoder, regular(60));
    await encoder.close();
    const entries = 'stream=codec_name,nb_read_frames,duration,avg_frame_rate,color_space,color_range,pix_fmt';
    const facts = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', options.path], { encoding: 'utf8' })) as { streams: Record<string, string>[] };
    assert.deepEqual(facts.streams, [{ codec_name: 'h264', pix_fmt: 'yuv420p', color_range: 'tv', color_space: 'smpte170m', avg_frame_rate: '25/1', duration: '2.400000', nb_read_frames: '60' }]);
  });

  it('keeps every time stamp of a variable rate to the microsecond', async () => {
    const steps = [40_000, 13_333, 200_000, 1_000_000, 333];
    const times = [0];
    for (let n = 0; n < 59; n += 1) times.push((times[n] ?? 0) + (steps[n % steps.length] ?? 0));
    const options = optionsFor('variable.mp4');
    const encoder = await backend.openEncoder(options);
    await writePattern(encoder, times);
    await encoder.close();
    const read = await readBack(options.path);
    assert.deepEqual(read.numbers, upTo(60));
    assert.deepEqual(read.times, times);
  });

  it('reads planes whose rows are wider than the picture, and does not keep them', async () => {
    const options = optionsFor('strides.mp4');
    const encoder = await backend.openEncoder(options);
    await writePattern(encoder, regular(30), makePlanes(320, 180, 13));
    await encoder.close();
    assert.deepEqual((await readBack(options.path)).numbers, upTo(30));
  });

  it('small and odd sizes and rates', async () => {
    for (const given of [{ width: 16, height: 16 }, { width: 1366, height: 768 }, { fps: { num: 0, den: 1 } }, { fps: { num: 30_000, den: 1001 } }, { crf: 0, preset: 'ultrafast', threads: 0 }]) {
      const options = optionsFor(`size-${JSON.stringify(given).replace(/\W/g, '')}.mp4`, given);
      const encoder = await backend.openEncoder(options);
      await writePattern(encoder, regular(5), makePlanes(options.width, options.height));
      await encoder.close();
      const read = await readBack(options.path);
      assert.deepEqual(read.times, regular(5));
    }
  });

  it('without a frame: closes all the same', async () => {
    const encoder = await backend.openEncoder(optionsFor('none.mp4'));
    await encoder.close();
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('none')), ['none.mp4']);
  });

  it('destroyed or killed, the file plays up to its last second', async () => {
    const options = optionsFor('destroyed.mp4');
    const encoder = await backend.openEncoder(options);
    await writePattern(encoder, regular(200));
    await encoder.destroy();
    await encoder.destroy();
    const { numbers } = await readBack(options.path);
    assert.ok(numbers.length >= 150, `${numbers.length} frames`);
    assert.deepEqual(numbers, upTo(numbers.length));
  });

  it('a process killed while it writes leaves a file that plays', async () => {
    const path = join(folder, 'killed.mp4');
    const script = join(folder, 'writer.js');
    writeFileSync(script, `
      const { openLibavBackend } = require(${JSON.stringify(join(DIST, 'backends', 'libav', 'index.js'))});
      const { paintTestPattern } = require(${JSON.stringify(join(DIST, 'test-pattern.js'))});
      const planes = { width: 320, height: 180, planes: [new Uint8Array(57600), new Uint8Array(14400), new Uint8Array(14400)], strides: [320, 160, 160] };
      openLibavBackend().then(async (backend) => {
        const encoder = await backend.openEncoder({ path: ${JSON.stringify(path)}, width: 320, height: 180, fps: { num: 25, den: 1 }, crf: 23, preset: 'veryfast', threads: 1 });
        for (let n = 0; n < 200; n += 1) { paintTestPattern(n, planes); await encoder.write(planes, n * 40000); }
        process.stdout.write('written');
        setInterval(() => undefined, 1000);
      });`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { numbers } = await readBack(path);
    assert.ok(numbers.length >= 150, `${numbers.length} frames`);
    assert.deepEqual(numbers, upTo(numbers.length));
  });

  it('what cannot be written to: RECORD_OPEN_FAILED, and nothing is left', async () => {
    for (const given of [{ path: join(folder, 'no', 'such', 'folder.mp4') }, { path: folder }, { width: 321 }]) {
      await assert.rejects(backend.openEncoder(optionsFor('bad.mp4', given)), { code: 'RECORD_OPEN_FAILED' });
    }
    assert.ok(!existsSync(join(folder, 'bad.mp4')));
  });

  it('a full disk: RECORD_OPEN_FAILED or RECORD_WRITE_FAILED, and no more', async function () {
    if (!existsSync('/dev/full')) this.skip();
    symlinkSync('/dev/full', join(folder, 'full.mp4'));
    await assert.rejects(async () => {
      const encoder = await backend.openEncoder(optionsFor('full.mp4'));
      await writePattern(encoder, regular(200));
      await encoder.close();
    }, { code: /RECORD_(OPEN|WRITE)_FAILED/, message: /No space left/ });
  });

  it('a folder that goes away: close says so, and may be called again', async () => {
    const gone = mkdtempSync(join(tmpdir(), 'libav-gone-'));
    const encoder = await backend.openEncoder(optionsFor('x.mp4', { path: join(gone, 'x.mp4') }));
    await writePattern(encoder, regular(30));
    rmSync(gone, { recursive: true });
    await assert.rejects(encoder.close(), { code: 'RECORD_WRITE_FAILED' });
    await encoder.close();
  });

  it('refuses what is not its picture, time that goes back, and frames after the end', async () => {
    const encoder = await backend.openEncoder(optionsFor('refuses.mp4'));
    const planes = makePlanes(320, 180);
    await encoder.write(planes, 1000);
    await assert.rejects(encoder.write(makePlanes(320, 182), 2000), { code: 'OPTION_INVALID' });
    for (const us of [1000, 0, NaN]) await assert.rejects(encoder.write(planes, us), { code: 'OPTION_INVALID' });
    await encoder.write(planes, 2000);
    await encoder.close();
    await assert.rejects(encoder.write(planes, 3000), { code: 'STATE_INVALID' });
    assert.equal((await readBack(join(folder, 'refuses.mp4'))).numbers.length, 2);
  });
});
