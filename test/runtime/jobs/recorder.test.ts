import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Frame, Inference, openProducer, openRecorder } from '../../../dist/runtime/index.js';

const PATTERN = 'test:?width=64&height=48&fps=25&seconds=2';

/** A frame of one gray, the `n`-th of 10 a second. */
function grayFrame(n: number, more: Partial<Frame> = {}): Frame {
  const size = { width: 64, height: 48, ...more };
  return {
    index: n + 1, sourceIndex: n, pts: n / 10, position: n / 10, format: 'gray8', strideBytes: size.width,
    data: new Uint8Array(size.width * size.height).fill(n * 10), ...size,
  };
}

/** What is in a finished file, as another program sees it. */
function facts(path: string): { width: number; height: number; frames: number; duration: number; times: number[] } {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height:format=duration:frame=best_effort_timestamp_time', '-of', 'json', path];
  const { streams, format, frames } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: { width: number; height: number }[]; format: { duration: string }; frames: { best_effort_timestamp_time: string }[];
  };
  const [stream = assert.fail()] = streams;
  return { ...stream, frames: frames.length, duration: Number(format.duration), times: frames.map((frame) => Number(frame.best_effort_timestamp_time)) };
}

/** Mean brightness of each frame, 0…255. */
function levels(path: string, bytesAFrame: number): number[] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { maxBuffer: 1 << 28 });
  return Array.from({ length: raw.length / bytesAFrame }, (_, n) => {
    const frame = raw.subarray(n * bytesAFrame, (n + 1) * bytesAFrame);
    return frame.reduce((sum, value) => sum + value, 0) / bytesAFrame;
  });
}

describe('openRecorder', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'recorder-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: every frame to the last, in order, of the first frame's size, as long as the time stamps say`, async () => {
      const recorder = await openRecorder({ path: join(folder, 'clip'), fps: 10, crf: 5, backend });
      assert.equal(recorder.path, join(folder, 'clip.mp4'));
      for (let n = 0; n < 20; n++) await recorder.write(grayFrame(n));
      assert.deepEqual(await recorder.close(), { path: join(folder, 'clip.mp4'), frames: 20 });
      const { times, ...rest } = facts(recorder.path);
      assert.deepEqual(rest, { width: 64, height: 48, frames: 20, duration: 2 });
      assert.deepEqual(times, Array.from({ length: 20 }, (_, n) => n / 10));
      levels(recorder.path, 64 * 48).forEach((level, n) => { assert.ok(Math.abs(level - n * 10) <= 3, `frame ${n}: ${level}`); });
    });
  }

  it('records what a process hook sees', async () => {
    const recorder = await openRecorder({ path: join(folder, 'seen.mp4'), fps: 25 });
    const inference = new Inference({ source: PATTERN, mode: 'offline', producer: { fps: 5 } });
    inference.process(async (frame) => { await recorder.write(frame); });
    await inference.start();
    assert.equal((await recorder.close()).frames, 10);
    assert.deepEqual(facts(recorder.path).times, Array.from({ length: 10 }, (_, n) => n / 5));
  });

  it('records what a producer gives, without waiting for each frame', async () => {
    const recorder = await openRecorder({ path: join(folder, 'copy.mp4'), fps: 25 });
    const writes: Promise<void>[] = [];
    for await (const frame of openProducer({ source: PATTERN })) writes.push(recorder.write(frame));
    assert.equal((await recorder.close()).frames, 50);
    await Promise.all(writes);
    assert.equal(facts(recorder.path).frames, 50);
  });

  it('a size that is given holds for every frame; the ones refused do no harm', async () => {
    const recorder = await openRecorder({ path: join(folder, 'clip.mp4'), fps: 10, width: 64, height: 48 });
    await assert.rejects(recorder.write(grayFrame(0, { width: 32 })), { code: 'RECORD_WRITE_FAILED', message: /expected a frame of 64x48, got 32x48/ });
    await recorder.write(grayFrame(1));
    await assert.rejects(recorder.write(grayFrame(2, { height: 24 })), { code: 'RECORD_WRITE_FAILED' });
    assert.equal((await recorder.close()).frames, 1);
  });

  it('without a size, the first frame decides', async () => {
    const recorder = await openRecorder({ path: join(folder, 'clip.mp4'), fps: 10 });
    await recorder.write(grayFrame(0, { width: 33, strideBytes: 40, data: new Uint8Array(40 * 48) }));
    await assert.rejects(recorder.write(grayFrame(1)), { code: 'RECORD_WRITE_FAILED' });
    await recorder.close();
    assert.deepEqual([facts(recorder.path).width, facts(recorder.path).height], [32, 48]);
  });

  it('frames of one time stamp follow one another at the rate', async () => {
    const recorder = await openRecorder({ path: join(folder, 'clip.mp4'), fps: 10 });
    for (let n = 0; n < 5; n++) await recorder.write(grayFrame(n, { pts: 0 }));
    await recorder.close();
    assert.deepEqual(facts(recorder.path).times, [0, 0.1, 0.2, 0.3, 0.4]);
  });

  it('numbers its file where one is there, writes over it where told to, and leaves none without a frame', async () => {
    const path = join(folder, 'clip.mp4');
    writeFileSync(path, 'mine');
    const numbered = await openRecorder({ path, fps: 10 });
    await numbered.write(grayFrame(0));
    assert.equal((await numbered.close()).path, join(folder, 'clip-2.mp4'));
    const over = await openRecorder({ path, fps: 10, overwrite: true });
    await over.write(grayFrame(0));
    await over.close();
    assert.equal(facts(path).frames, 1);
    assert.deepEqual(await (await openRecorder({ path: join(folder, 'empty.mp4'), fps: 10 })).close(), { path: join(folder, 'empty.mp4'), frames: 0 });
    assert.deepEqual(readdirSync(folder).sort(), ['clip-2.mp4', 'clip.mp4']);
  });

  it('takes nothing after it was closed, and may be closed twice', async () => {
    const recorder = await openRecorder({ path: join(folder, 'clip.mp4'), fps: 10 });
    await recorder.write(grayFrame(0));
    assert.deepEqual(await recorder.close(), await recorder.close());
    await assert.rejects(recorder.write(grayFrame(1)), { code: 'STATE_INVALID' });
  });

  it('refuses a frame that is not whole', async () => {
    const recorder = await openRecorder({ path: join(folder, 'clip.mp4'), fps: 10 });
    await assert.rejects(recorder.write(grayFrame(0, { data: new Uint8Array(9) })), { code: 'RECORD_WRITE_FAILED', message: /frame: expected 64x48 pixels of gray8/ });
    assert.equal((await recorder.close()).frames, 0);
  });

  const wrong: { why: string; options: object; code: string }[] = [
    { why: 'no path', options: { path: undefined }, code: 'OPTION_INVALID' },
    { why: 'no rate', options: { fps: undefined }, code: 'OPTION_INVALID' },
    { why: 'a rate of 0', options: { fps: 0 }, code: 'OPTION_INVALID' },
    { why: 'an unknown setting', options: { codec: 'av1' }, code: 'OPTION_INVALID' },
    { why: 'an unknown word in the path', options: { path: '{where}.mp4' }, code: 'OPTION_INVALID' },
    { why: 'a path that is a folder', options: { path: '/' }, code: 'RECORD_OPEN_FAILED' },
    { why: 'an unknown backend', options: { backend: 'opencv' }, code: 'OPTION_INVALID' },
  ];
  for (const { why, options, code } of wrong) {
    it(`refuses ${why}`, async () => {
      await assert.rejects(openRecorder({ path: join(folder, 'x.mp4'), fps: 10, ...options }), { code });
    });
  }
});
