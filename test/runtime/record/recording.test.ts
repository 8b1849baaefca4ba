import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { StreamInferError } from '../../../dist/runtime/base/index.js';
import { recorderSchema } from '../../../dist/runtime/base/plan.js';
import type { Encoder, OpenEncoderOptions, Picture } from '../../../dist/runtime/media/index.js';
import { openRecording, type Overlay, type Recording } from '../../../dist/runtime/record/index.js';
import type { RecordingOptions } from '../../../dist/runtime/record/index.js';
import type { YuvPlanes } from '../../../dist/runtime/vision/index.js';
import { FakeClock } from '../../support/fake-clock.js';

/** An encoder that takes down what it is asked, writes its frames as text, and fails when told to. */
class FakeEncoder implements Encoder {
  readonly options: OpenEncoderOptions;
  readonly written: { readonly ptsUs: number; readonly luma: Uint8Array }[] = [];
  failing: NodeJS.ErrnoException | undefined;
  failingClose: Error | undefined;
  state: 'open' | 'closed' | 'destroyed' = 'open';

  constructor(options: OpenEncoderOptions) {
    this.options = options;
  }

  async write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failing !== undefined) throw this.failing;
    this.written.push({ ptsUs, luma: picture.planes[0].slice() });
  }

  close(): Promise<void> {
    if (this.failingClose !== undefined) return Promise.reject(this.failingClose);
    this.state = 'closed';
    writeFileSync(this.options.path, `${this.written.length} frames`);
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    this.state = 'destroyed';
    return Promise.resolve();
  }
}

/** A picture of the source's size, all `luma`. */
function pictureAt(ptsUs: number, luma = 100): Picture {
  const never = (): never => {
    throw new Error('a recording needs no such thing');
  };
  return {
    ptsUs, sourceIndex: 0, width: 640, height: 360, retain: never, release: never, toPixels: never, toTensor: never, crop: never,
    toYuv: ({ planes }) => {
      planes[0].fill(luma);
      planes[1].fill(128);
      planes[2].fill(128);
    },
  };
}

const person: Overlay = { algo: 'objects', items: [{ label: 'person', score: 0.9, classId: 0, box: { xmin: 100, ymin: 100, xmax: 300, ymax: 300 } }] };

describe('record/recording', () => {
  let folder: string;
  let encoders: FakeEncoder[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recording-'));
    encoders = [];
  });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  function open(plan: Partial<RecordingOptions['plan']> = {}, more: Partial<RecordingOptions> = {}): Promise<Recording> {
    return openRecording({
      plan: recorderSchema.parse({ id: 'r', path: 'clip', baseFolder: folder, ...plan }),
      stream: { name: 'Front/door', fps: { num: 25, den: 1 }, epoch: 3 },
      size: { width: 320, height: 180 },
      openEncoder: (options) => {
        const encoder = new FakeEncoder(options);
        encoders.push(encoder);
        return Promise.resolve(encoder);
      },
      clock: new FakeClock(),
      threads: 2,
      ...more,
    });
  }

  function pixels(width: number, height: number, luma = 200): Parameters<Recording['writePixels']>[0] {
    return { index: 1, sourceIndex: 0, pts: 0.04, position: 0.04, width, height, format: 'gray8', strideBytes: width, data: new Uint8Array(width * height).fill(luma) };
  }

  it('writes under a hidden name, and gives the file its name when it is closed', async () => {
    const recording = await open({ path: 'a/b/{stream}-{epoch}' });
    assert.equal(recording.path, join(folder, 'a/b/Front_door-3.mp4'));
    await recording.write(pictureAt(0), []);
    assert.deepEqual(readdirSync(join(folder, 'a/b')), ['.Front_door-3.mp4.part.mp4', '.Front_door-3.mp4.part.mp4.owner']);
    assert.deepEqual(await recording.close(), { path: recording.path, frames: 1 });
    assert.deepEqual(await recording.close(), { path: recording.path, frames: 1 });
    assert.deepEqual(readdirSync(join(folder, 'a/b')), ['Front_door-3.mp4']);
    await recording.destroy();
    assert.equal(readFileSync(recording.path, 'utf8'), '1 frames');
  });

  it('tells the encoder what the plan and the stream say', async () => {
    const recording = await open({ crf: 30, preset: 'fast' }, { size: { width: 321, height: 181 } });
    await recording.write(pictureAt(0), []);
    assert.deepEqual(encoders[0]?.options, { path: join(folder, '.clip.mp4.part.mp4'), width: 320, height: 180, fps: { num: 25, den: 1 }, crf: 30, preset: 'fast', threads: 2 });
    await recording.destroy();
  });

  it('a rate that is not known is 25', async () => {
    const recording = await open({}, { stream: { name: 'x', fps: { num: 0, den: 1 }, epoch: 0 } });
    await recording.write(pictureAt(0), []);
    await recording.write(pictureAt(0), []);
    assert.deepEqual(encoders[0]?.options.fps, { num: 25, den: 1 });
    assert.deepEqual(encoders[0].written.map(({ ptsUs }) => ptsUs), [0, 40_000]);
    await recording.destroy();
  });

  it('draws overlays scaled from the source, unless the plan’s draw is false', async () => {
    for (const draw of [true, false]) {
      const recording = await open({ path: `draw-${String(draw)}`, draw });
      await recording.write(pictureAt(0), [person]);
      const luma = encoders.at(-1)?.written[0]?.luma;
      assert.equal(luma?.[50 * 320 + 100] !== 100, draw, 'the upper side of the box');
      assert.equal(luma?.[100 * 320 + 100], 100, 'the inside of the box');
      await recording.close();
    }
  });

  it('calls that overlap are written in their order', async () => {
    const recording = await open();
    await Promise.all([1, 2, 3, 4].map((n) => recording.write(pictureAt(n * 40_000, n * 10), [])));
    assert.deepEqual(encoders[0]?.written.map(({ ptsUs, luma }) => [ptsUs, luma[0]]), [[40_000, 10], [80_000, 20], [120_000, 30], [160_000, 40]]);
    assert.equal(encoders.length, 1);
    void recording.write(pictureAt(200_000), []);
    assert.equal((await recording.close()).frames, 5);
  });

  it('a loop goes on where it was', async () => {
    const recording = await open();
    for (const ptsUs of [0, 2_000_000, 0, 40_000]) await recording.write(pictureAt(ptsUs), []);
    assert.deepEqual(encoders[0]?.written.map(({ ptsUs }) => ptsUs), [0, 2_000_000, 2_040_000, 2_080_000]);
    await recording.destroy();
  });

  it('pixels: the first frame decides on the size, odd sides are cut, another size is refused by name', async () => {
    const recording = await open();
    await recording.writePixels(pixels(41, 31));
    assert.deepEqual([encoders[0]?.options.width, encoders[0]?.options.height], [40, 30]);
    assert.deepEqual([encoders[0]?.written[0]?.ptsUs, encoders[0]?.written[0]?.luma[0]], [40_000, 188]);
    await assert.rejects(recording.writePixels(pixels(64, 48)), { code: 'RECORD_WRITE_FAILED', message: /the recording is 40x30, got a frame of 64x48/ });
    await recording.writePixels(pixels(40, 30));
    assert.equal((await recording.close()).frames, 2);
  });

  const badFrames: { why: string; frame: Partial<Parameters<Recording['writePixels']>[0]> }[] = [
    { why: 'too few bytes', frame: { data: new Uint8Array(10) } },
    { why: 'a stride shorter than a row', frame: { strideBytes: 20 } },
    { why: 'no width', frame: { width: 0 } },
    { why: 'NaN rows', frame: { height: NaN } },
    { why: 'a huge size', frame: { width: 1e9, height: 1e9, strideBytes: 1e9 } },
    { why: 'half a pixel', frame: { width: 39.5 } },
    { why: 'a single column', frame: { width: 1 } },
  ];
  for (const { why, frame } of badFrames) {
    it(`refuses a frame of a hook with ${why}, and leaves no file`, async () => {
      const recording = await open();
      await assert.rejects(recording.writePixels({ ...pixels(40, 30), ...frame }), { code: 'RECORD_WRITE_FAILED', message: /frame: expected / });
      assert.deepEqual(await recording.close(), { path: recording.path, frames: 0 });
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('without a frame no file is left, closed or destroyed', async () => {
    assert.equal((await (await open()).close()).frames, 0);
    const recording = await open();
    await recording.destroy();
    await recording.destroy();
    assert.deepEqual(readdirSync(folder), []);
    await assert.rejects(recording.write(pictureAt(0), []), { code: 'STATE_INVALID' });
  });

  it('destroyed after frames, the temporary file stays and the name is not used again', async () => {
    const recording = await open();
    await recording.write(pictureAt(0), []);
    await recording.destroy();
    assert.equal(encoders[0]?.state, 'destroyed');
    assert.deepEqual(readdirSync(folder), ['.clip.mp4.part.mp4', '.clip.mp4.part.mp4.owner']);
    const next = await open();
    assert.equal(next.path, join(folder, 'clip-2.mp4'));
    await next.destroy();
  });

  it('an encoder that was being opened is destroyed too', async () => {
    const recording = await open();
    const write = recording.write(pictureAt(0), []);
    await recording.destroy();
    await write;
    assert.equal(encoders[0]?.state, 'destroyed');
  });

  it('never writes over a file, nor over one that is being written, unless told to', async () => {
    writeFileSync(join(folder, 'clip.mp4'), 'precious');
    const recordings = await Promise.all([open(), open(), open()]);
    assert.deepEqual(recordings.map(({ path }) => path).sort(), [2, 3, 4].map((n) => join(folder, `clip-${n}.mp4`)));
    for (const recording of recordings) {
      await recording.write(pictureAt(0), []);
      await recording.close();
    }
    assert.equal(readFileSync(join(folder, 'clip.mp4'), 'utf8'), 'precious');
    const over = await open({ overwrite: true });
    await over.write(pictureAt(0), []);
    assert.equal(readFileSync(join(folder, 'clip.mp4'), 'utf8'), 'precious', 'kept until the new one is whole');
    assert.equal((await over.close()).path, join(folder, 'clip.mp4'));
    assert.equal(readFileSync(join(folder, 'clip.mp4'), 'utf8'), '1 frames');
  });

  it('two that write over the same name do not mix', async () => {
    const [first, second] = await Promise.all([open({ overwrite: true }), open({ overwrite: true })]);
    await first.write(pictureAt(0), []);
    for (const ptsUs of [0, 40_000]) await second.write(pictureAt(ptsUs), []);
    await first.close();
    await second.close();
    assert.deepEqual(readdirSync(folder), ['clip.mp4']);
    assert.equal(readFileSync(join(folder, 'clip.mp4'), 'utf8'), '2 frames');
  });

  it('a name taken by another program meanwhile is left to it', async () => {
    const recording = await open();
    await recording.write(pictureAt(0), []);
    writeFileSync(join(folder, 'clip.mp4'), 'theirs');
    assert.equal((await recording.close()).path, join(folder, 'clip-2.mp4'));
    assert.equal(recording.path, join(folder, 'clip-2.mp4'));
    assert.equal(readFileSync(join(folder, 'clip.mp4'), 'utf8'), 'theirs');
  });

  it('a full disk is told with the reason and the place; the next write tries again', async () => {
    const recording = await open();
    await recording.write(pictureAt(0), []);
    const [encoder] = encoders;
    assert.ok(encoder);
    encoder.failing = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    await assert.rejects(recording.write(pictureAt(40_000), []), {
      code: 'RECORD_WRITE_FAILED',
      message: `write recording ${join(folder, 'clip.mp4')}: the disk is full (ENOSPC); what was written until then is kept in ${join(folder, '.clip.mp4.part.mp4')}`,
    });
    encoder.failing = undefined;
    await recording.write(pictureAt(80_000), []);
    assert.equal((await recording.close()).frames, 2);
  });

  it('a file that cannot be finished keeps its temporary name', async () => {
    const recording = await open();
    await recording.write(pictureAt(0), []);
    const [encoder] = encoders;
    assert.ok(encoder);
    writeFileSync(encoder.options.path, 'half a file');
    encoder.failingClose = new StreamInferError('RECORD_WRITE_FAILED', 'no space left');
    await assert.rejects(recording.close(), { code: 'RECORD_WRITE_FAILED', message: /no space left; what was written until then is kept in .*clip\.mp4\.part\.mp4$/ });
    assert.equal(encoder.state, 'destroyed');
    assert.deepEqual(readdirSync(folder), ['.clip.mp4.part.mp4', '.clip.mp4.part.mp4.owner']);
  });

  it('an encoder that cannot be opened is told, tried again, and leaves no file', async () => {
    const recording = await open({}, { openEncoder: () => Promise.reject(new Error('no libx264')) });
    for (let turn = 0; turn < 2; turn++) await assert.rejects(recording.write(pictureAt(0), []), { code: 'RECORD_OPEN_FAILED', message: /no libx264/ });
    await recording.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  const badPlaces: { why: string; path: string; message: RegExp }[] = [
    { why: 'a folder of that name', path: 'folder.mp4', message: /this is a folder/ },
    { why: 'a file where a folder is needed', path: 'file.txt/clip.mp4', message: /a part of the path is a file/ },
    { why: 'a name longer than file systems take', path: `${'x'.repeat(300)}.mp4`, message: /the name is too long/ },
    { why: 'a place where nobody may write', path: '/sys/clip.mp4', message: /no permission/ },
  ];
  for (const { why, path, message } of badPlaces) {
    for (const overwrite of [false, true]) {
      it(`cannot be opened at ${why}${overwrite ? ', overwrite' : ''}`, async () => {
        mkdirSync(join(folder, 'folder.mp4'));
        writeFileSync(join(folder, 'file.txt'), '');
        await assert.rejects(open({ path, overwrite }), (error: StreamInferError) => error.code === 'RECORD_OPEN_FAILED' && message.test(error.message));
        assert.equal(existsSync(join(folder, 'clip.mp4')), false);
      });
    }
  }

  it('cannot be opened at a wrong template', async () => {
    await assert.rejects(open({ path: '{camera}' }), { code: 'OPTION_INVALID', message: /\{camera\}/ });
  });
});
