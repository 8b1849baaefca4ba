import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Detection, systemClock } from '../../../dist/runtime/base/index.js';
import { producerSchema, recorderSchema, sourceSchema } from '../../../dist/runtime/base/plan.js';
import { openBackend } from '../../../dist/runtime/media/index.js';
import { openRecording, type Recording } from '../../../dist/runtime/record/index.js';
import { classColor } from '../../../dist/runtime/vision/draw/palette.js';
import { dataPath } from '../../support/data.js';

const SOURCE = { width: 640, height: 360 };
const FPS = { num: 25, den: 1 };

type Backend = 'libav' | 'ffmpeg';

/** What is in a finished file, as another program sees it. */
function facts(path: string): { width: number; height: number; frames: number; duration: number; rate: string; codec: string; format: string } {
  const args = ['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_read_frames:format=duration', '-of', 'json', path];
  const { streams, format } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: { codec_name: string; width: number; height: number; pix_fmt: string; r_frame_rate: string; nb_read_frames: string }[];
    format: { duration: string };
  };
  const [stream] = streams;
  assert.ok(stream && streams.length === 1, 'one video stream');
  const { width, height } = stream;
  return { width, height, frames: Number(stream.nb_read_frames), duration: Number(format.duration), rate: stream.r_frame_rate, codec: stream.codec_name, format: stream.pix_fmt };
}

/** Y, U, V planes of all frames, one after the other. */
function decoded(path: string): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'], { maxBuffer: 1 << 28 });
}

/** `count` frames of the test pattern, recorded with a box that moves one pixel a frame. */
async function recordPattern(backend: Backend, baseFolder: string, more: { size?: { width: number; height: number }; count?: number } = {}): Promise<Recording> {
  const { size = SOURCE, count = 50 } = more;
  const { backend: media } = await openBackend({ backend });
  const source = sourceSchema.parse({ location: 'test:?width=640&height=360&fps=25&seconds=10' });
  const decoder = await media.openDecoder({ source, producer: producerSchema.parse({}), threads: 1, realtime: false });
  const recording = await openRecording({
    plan: recorderSchema.parse({ id: 'r', path: 'clip', baseFolder, crf: 10, preset: 'ultrafast' }),
    stream: { name: 'test', epoch: 0, fps: FPS },
    size,
    openEncoder: (options) => media.openEncoder(options),
    clock: systemClock,
    threads: 1,
  });
  for (let n = 0; n < count; n++) {
    const picture = await decoder.next();
    assert.ok(picture);
    await recording.write(picture, [{ algo: 'objects', items: [boxAt(n)] }]);
    picture.release();
  }
  await decoder.close();
  return recording;
}

function boxAt(n: number): Detection {
  return { label: 'person', score: 0.87, classId: 5, box: { xmin: 100 + n, ymin: 200, xmax: 300 + n, ymax: 340 } };
}

for (const backend of ['libav', 'ffmpeg'] as const) {
  describe(`record: real files by ${backend}`, () => {
    let folder: string;
    beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'recorded-')); });
    afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

    it('every frame to the last, with right size, rate and duration, and each with its own box', async () => {
      const recording = await recordPattern(backend, folder);
      assert.deepEqual(await recording.close(), { path: join(folder, 'clip.mp4'), frames: 50 });
      assert.deepEqual(readdirSync(folder), ['clip.mp4']);
      assert.deepEqual(facts(recording.path), { width: 640, height: 360, frames: 50, duration: 2, rate: '25/1', codec: 'h264', format: 'yuv420p' });
      const video = decoded(recording.path);
      const frameBytes = (640 * 360 * 3) / 2;
      const { y, u, v } = classColor(5).yuv;
      for (let n = 0; n < 50; n++) {
        const left = 100 + n;
        const row = 260;
        const at = n * frameBytes + row * 640 + left;
        // Lines are two pixels wide; their colour is exact where both lie in one colour sample.
        assert.ok(Math.abs((video[at] ?? 0) - y) < 16, `frame ${n}: brightness ${String(video[at])} of the left side, expected ${y}`);
        if (left % 2 === 1) continue;
        const chroma = n * frameBytes + 640 * 360 + (row / 2) * 320 + left / 2;
        assert.ok(Math.abs((video[chroma] ?? 0) - u) < 16 && Math.abs((video[chroma + 320 * 180] ?? 0) - v) < 16, `frame ${n}: colour of the left side`);
      }
    });

    it('an odd size is recorded one pixel smaller', async () => {
      const recording = await recordPattern(backend, folder, { size: { width: 321, height: 181 }, count: 5 });
      await recording.close();
      const { width, height, frames } = facts(recording.path);
      assert.deepEqual({ width, height, frames }, { width: 320, height: 180, frames: 5 });
    });

    it('one frame is a video', async () => {
      const recording = await recordPattern(backend, folder, { count: 1 });
      await recording.close();
      assert.equal(facts(recording.path).frames, 1);
    });

    it('pixels of a hook come out with their colours', async () => {
      const { backend: media } = await openBackend({ backend });
      const recording = await openRecording({
        plan: recorderSchema.parse({ id: 'r', path: '{stream}', baseFolder: folder, crf: 10 }),
        stream: { name: 'a: "b"', epoch: 0, fps: FPS },
        size: SOURCE,
        openEncoder: (options) => media.openEncoder(options),
        clock: systemClock,
        threads: 1,
      });
      const data = new Uint8Array(64 * 48 * 3);
      for (let at = 0; at < data.length; at += 3) data.set([20, 40, 220], at);
      for (let n = 0; n < 10; n++) {
        await recording.writePixels({ index: n + 1, sourceIndex: n, pts: n / 25, position: n / 25, width: 64, height: 48, format: 'bgr24', strideBytes: 64 * 3, data });
      }
      await recording.close();
      assert.equal(recording.path, join(folder, 'a_ _b_.mp4'));
      const { width, height, frames, duration } = facts(recording.path);
      assert.deepEqual({ width, height, frames, duration }, { width: 64, height: 48, frames: 10, duration: 0.4 });
      // Looked at as a player does: YUV to RGB by the matrix that the file states.
      const rgb = execFileSync('ffmpeg', ['-v', 'error', '-i', recording.path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
      const middle = [...rgb.subarray(24 * 64 * 3 + 96, 24 * 64 * 3 + 99)];
      assert.ok([220, 40, 20].every((value, i) => Math.abs(value - (middle[i] ?? 0)) <= 6), `red as it was given: ${middle.join(' ')}`);
    });

    it('a recording that was given up plays from its temporary name', async () => {
      const recording = await recordPattern(backend, folder, { count: 160 });
      await recording.destroy();
      const [part, ...others] = readdirSync(folder);
      assert.deepEqual([part, others], ['.clip.mp4.part.mp4', ['.clip.mp4.part.mp4.owner']]);
      const { pid, programPid } = JSON.parse(readFileSync(join(folder, '.clip.mp4.part.mp4.owner'), 'utf8')) as { pid?: number; programPid?: number };
      assert.deepEqual([pid, typeof programPid], [process.pid, backend === 'ffmpeg' ? 'number' : 'undefined']);
      // Fragments begin at key frames, every two seconds: what came after the last one is lost.
      const { frames } = facts(join(folder, '.clip.mp4.part.mp4'));
      assert.ok(frames >= 50 && frames <= 160, `${frames} of 160 frames`);
    });

    it('a real clip keeps its length', async () => {
      const { backend: media } = await openBackend({ backend });
      const source = sourceSchema.parse({ location: dataPath('videos/synthetic_crossing.mp4') });
      const decoder = await media.openDecoder({ source, producer: producerSchema.parse({}), threads: 1, realtime: false });
      const { fps } = decoder.info;
      const recording = await openRecording({
        plan: recorderSchema.parse({ id: 'r', path: 'real', baseFolder: folder, preset: 'ultrafast' }),
        stream: { name: 'test', epoch: 0, fps },
        size: { width: 160, height: 120 },
        openEncoder: (options) => media.openEncoder(options),
        clock: systemClock,
        threads: 2,
      });
      for (let picture = await decoder.next(); picture; picture = await decoder.next()) {
        await recording.write(picture, []);
        picture.release();
      }
      await decoder.close();
      const { frames } = await recording.close();
      const there = facts(recording.path);
      const original = facts(dataPath('videos/synthetic_crossing.mp4'));
      assert.equal(frames, original.frames);
      assert.equal(there.frames, original.frames);
      assert.ok(Math.abs(there.duration - original.duration) < 0.05, `${there.duration} s of ${original.duration} s`);
    });
  });
}
