import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Frame, openProducer, type ProducerSettings } from '../../../dist/runtime/index.js';
import { dataPath, hasData } from '../../support/data.js';

const PATTERN = 'test:?width=64&height=32&fps=25&seconds=1';
const CLIP = dataPath('oracle/videos/v360_25.mp4');

/** The frame's number in the source as the clip's barcode shows it: bit k is a square at (k + 0.5)/16 of the width, 1/18 of the height. */
function barcodeOf(frame: Frame): number {
  const row = Math.floor(frame.height / 18) * frame.strideBytes;
  const isWhite = (k: number): boolean => (frame.data[row + Math.floor(((k + 0.5) * frame.width) / 16)] ?? 0) > 127;
  return Array.from({ length: 12 }, (_, k) => (isWhite(k) ? 2 ** k : 0)).reduce((sum, bit) => sum + bit, 0);
}

async function takeAll(options: ProducerSettings): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of openProducer(options)) frames.push(frame);
  return frames;
}

/** Whether this process holds the file open (as Linux tells). */
function holdsOpen(path: string): boolean {
  const folder = '/proc/self/fd';
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === path;
    } catch {
      return false;
    }
  });
}

describe('openProducer', function () {
  this.timeout(60_000);

  it('gives every frame, numbered, in the size and format asked for, each in memory of its own', async () => {
    const frames = await takeAll({ source: PATTERN, producer: { width: 32, format: 'rgba' } });
    assert.deepEqual(
      frames.map(({ data, ...facts }) => ({ ...facts, bytes: data.length })),
      Array.from({ length: 25 }, (_, n) => ({ index: n + 1, sourceIndex: n, pts: n / 25, position: n / 25, width: 32, height: 16, format: 'rgba', strideBytes: 128, bytes: 2048 })),
    );
    assert.equal(new Set(frames.map(({ data }) => data.buffer)).size, 25);
  });

  it('in realtime plays in order from the first frame', async () => {
    const frames = await takeAll({ source: 'test:?width=64&height=32&fps=500&seconds=0.1', mode: 'realtime' });
    const numbers = frames.map(({ sourceIndex }) => sourceIndex);
    assert.equal(numbers[0], 0);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
    assert.deepEqual(frames.map(({ index }) => index), numbers.map((_, i) => i + 1));
  });

  describe('of real clips', () => {
    before(function () { if (!hasData) this.skip(); });

    const recorded = (): Record<string, { video: string; start: { fps: number; position?: number }; delivered: number[] }> =>
      (JSON.parse(readFileSync(dataPath('oracle/parity.json'), 'utf8')) as { '0.6.7': { OpenCVProducer: ReturnType<typeof recorded> } })['0.6.7'].OpenCVProducer;

    for (const name of ['g_ntsc_fps15', 'g_src60_fps30', 'g_src25_fps30', 'f_fps7.5', 'h_pos5_fps10']) {
      it(`${name}: the frames that the Python library delivers, by their barcodes`, async () => {
        const { video, start: { fps, position = 0 }, delivered } = recorded()[name] ?? assert.fail();
        const frames = await takeAll({ source: { location: dataPath(`oracle/videos/${video}.mp4`), position }, producer: { width: 160, fps, format: 'gray8' } });
        assert.deepEqual(frames.map(barcodeOf), delivered);
        assert.deepEqual(frames.map(({ sourceIndex }) => sourceIndex), delivered);
      });
    }

    it('the ffmpeg program gives the same frames', async () => {
      const frames = await takeAll({ source: CLIP, producer: { width: 160, fps: 5, format: 'gray8', backend: 'ffmpeg' } });
      assert.deepEqual(frames.map(barcodeOf), Array.from({ length: 100 }, (_, k) => k * 5));
    });

    it('leaving the loop closes the source, an error in it too', async function () {
      if (process.platform !== 'linux') this.skip();
      for await (const frame of openProducer({ source: CLIP, producer: { width: 160 } })) {
        assert.ok(holdsOpen(CLIP));
        if (frame.index === 3) break;
      }
      assert.ok(!holdsOpen(CLIP));
      await assert.rejects(async () => {
        for await (const frame of openProducer({ source: CLIP })) throw new Error(`at ${frame.index}`);
      }, /at 1/);
      assert.ok(!holdsOpen(CLIP));
    });

    it('an aborted signal ends it with its reason and closes the source', async () => {
      const stop = new AbortController();
      const seen: number[] = [];
      await assert.rejects(async () => {
        for await (const { index } of openProducer({ source: CLIP, producer: { width: 160 }, signal: stop.signal })) {
          seen.push(index);
          if (index === 2) stop.abort(new Error('enough'));
        }
      }, /enough/);
      assert.deepEqual(seen, [1, 2]);
      assert.ok(process.platform !== 'linux' || !holdsOpen(CLIP));
    });

    it('a timer is heard while frames are taken', async () => {
      const signal = AbortSignal.timeout(1);
      await assert.rejects(takeAll({ source: CLIP, producer: { width: 160 }, signal }), { name: 'TimeoutError' });
    });
  });

  it('opens nothing before the first frame is asked for, nor with a signal aborted before', async () => {
    const idle = openProducer({ source: '/no/such/file.mp4' });
    await idle.return();
    await assert.rejects(takeAll({ source: '/no/such/file.mp4', signal: AbortSignal.abort(new Error('never')) }), /never/);
  });

  it('a source that is not there, or is no video, fails at the first frame', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'producer-'));
    const garbage = join(folder, 'garbage.mp4');
    writeFileSync(garbage, Buffer.alloc(5000, 'no video '));
    await assert.rejects(takeAll({ source: join(folder, 'none.mp4') }), { code: 'SOURCE_NOT_FOUND' });
    await assert.rejects(takeAll({ source: garbage }), { code: 'SOURCE_OPEN_FAILED' });
    rmSync(folder, { recursive: true });
  });

  const wrong: { why: string; options: object; message: RegExp }[] = [
    { why: 'no source', options: {}, message: /^source: / },
    { why: 'an empty location', options: { source: '' }, message: /^source\.location: / },
    { why: 'a size of no pixels', options: { source: PATTERN, producer: { width: 0 } }, message: /^producer\.width: / },
    { why: 'an unknown mode', options: { source: PATTERN, mode: 'fast' }, message: /^mode: / },
    { why: 'an unknown setting', options: { source: PATTERN, fps: 5 }, message: /^fps: unknown key/ },
    { why: 'a loop', options: { source: { location: PATTERN, loop: true } }, message: /^source\.loop: unknown key/ },
    { why: 'reconnecting', options: { source: { location: PATTERN, reconnect: true } }, message: /^source\.reconnect: unknown key/ },
  ];
  for (const { why, options, message } of wrong) {
    it(`refuses ${why} at once`, () => {
      assert.throws(() => openProducer(options as ProducerSettings), { code: 'OPTION_INVALID', message });
    });
  }
});
