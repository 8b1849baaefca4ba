import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import type { StreamEvent, StreamPlanInput } from '../../dist/runtime/base/index.js';
import { dataPath } from '../support/data.js';
import { EngineProbe, playToEnd } from '../support/engine.js';
import { frameNumbers } from '../support/video-frames.js';

type Recording = Extract<StreamEvent, { event: 'recording' }>;
type RecorderInput = Partial<NonNullable<StreamPlanInput['recorders']>[number]>;

const SIZE = { width: 320, height: 180 };
/** Frames bear their number as a barcode; 25 a second. */
const source = (seconds: number): StreamPlanInput['source'] => ({ location: `test:?width=320&height=180&fps=25&seconds=${seconds}` });

/** Sees a person in the frames of these numbers in the source. */
function seesPersonAt(...numbers: number[]): NonNullable<StreamPlanInput['algos']>[number] {
  const code = `return ${JSON.stringify(numbers)}.includes(frames[0].sourceIndex) ? [{ label: 'person', score: 0.8, box: { xmin: 10, ymin: 60, xmax: 90, ymax: 160 } }] : [];`;
  return { id: 'a', name: 'persons', kind: 'code', code, interval: 0 };
}

/** Of the frames in a file: whether it is a key frame. */
function keyFrames(file: string): boolean[] {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=key_frame', '-of', 'csv=p=0', file];
  return execFileSync('ffprobe', args, { encoding: 'utf8' }).trim().split('\n').map((line) => line.startsWith('1'));
}

/** Mounting takes root on Linux. */
const itWithDisk = process.platform === 'linux' && process.getuid?.() === 0 ? it : it.skip;

function finished(events: readonly StreamEvent[]): Recording[] {
  return events.filter((event): event is Recording => event.event === 'recording' && event.state === 'finished');
}

/** A clip with its event, no longer than 2 s beside what leads back to a key frame. */
function checkClip({ path, clip, frames }: Recording): void {
  assert.ok(clip);
  const at = Math.round(clip.trigger.position * 25);
  const numbers = frameNumbers(path, SIZE);
  assert.ok(numbers.includes(at), `frame ${at} of the event is in ${numbers.join()}`);
  assert.equal(numbers.length, frames);
  assert.ok(keyFrames(path)[0]);
  assert.ok(clip.end - clip.start <= 3.5, 'the greatest length');
}

for (const backend of ['libav', 'ffmpeg'] as const) {
  describe(`faults: segments and clips by ${backend}`, () => {
    let folder: string;
    beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'clips-')); });
    afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

    function recorder(more: RecorderInput): NonNullable<StreamPlanInput['recorders']> {
      return [{ id: 'r', path: '{stream}-{date}-{time}', baseFolder: folder, preset: 'ultrafast', draw: false, ...more }];
    }

    it('segments: each frame is in one file, in its order, and each file begins with a key frame', async () => {
      const { events, end } = await playToEnd({ source: source(7), producer: { backend }, recorders: recorder({ kind: 'segments', segmentLength: 2 }) });
      assert.equal(end.reason, 'finished');
      const files = finished(events);
      assert.deepEqual(files.map(({ frames }) => frames), [50, 50, 50, 25]);
      assert.deepEqual(files.flatMap(({ path }) => frameNumbers(path, SIZE)), Array.from({ length: 175 }, (_, n) => n));
      for (const { path } of files) assert.equal(keyFrames(path)[0], true);
      assert.equal(readdirSync(folder).length, 4);
    });

    it('clips: the time before and behind the event, from the key frame before, and the event itself', async () => {
      const { events, end } = await playToEnd({
        source: source(12), producer: { backend }, algos: [seesPersonAt(80, 90, 250)],
        recorders: recorder({ kind: 'clips', clips: { preRoll: 2, postRoll: 1, trigger: { labels: ['person'] } } }),
      });
      assert.equal(end.reason, 'finished');
      const clips = finished(events);
      assert.deepEqual(clips.map(({ clip }) => clip?.triggers), [2, 1]);
      assert.deepEqual(readdirSync(folder).sort(), clips.map(({ path }) => basename(path)).sort());
      for (const [number, [at, last]] of [[80, 115], [250, 275]].entries()) {
        const { path, clip, frames } = clips[number] as Recording;
        const numbers = frameNumbers(path, SIZE);
        const first = numbers[0] as number;
        assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, n) => first + n), 'no frame is missing');
        assert.equal(frames, numbers.length);
        assert.ok(first <= (at as number) - 50 && first > (at as number) - 76, `begins with ${first}`);
        assert.equal(numbers.at(-1), last);
        assert.equal(keyFrames(path)[0], true);
        assert.deepEqual(clip?.trigger, { position: (at as number) / 25, by: 'result', algo: 'persons', count: 1, label: 'person', score: 0.8 });
        assert.deepEqual([clip.start, clip.end], [first / 25, (last as number) / 25]);
      }
    });
  });
}

describe('faults: clips and retention in the field', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'clips-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  function recorder(more: RecorderInput): NonNullable<StreamPlanInput['recorders']> {
    return [{ id: 'r', path: '{stream}-{date}-{time}', baseFolder: folder, preset: 'ultrafast', draw: false, ...more }];
  }

  it('realtime: messages make clips whose frame is inside, ten thousand of them no more than their windows', async () => {
    const probe = await EngineProbe.open();
    await probe.start({
      source: source(60), mode: 'realtime', algos: [seesPersonAt(40, 41, 42, 43, 44)],
      recorders: recorder({ kind: 'clips', clips: { preRoll: 1, postRoll: 0.4, maxLength: 2, trigger: {} } }),
    });
    const clip = { action: 'recorder', recorderId: 'r', do: 'clip' } as const;
    const seenAt = (position: number): Promise<unknown> => probe.until(() => probe.results.find((result) => result.position >= position));
    await seenAt(0.8);
    for (let n = 0; n < 10_000; n += 1) await probe.engine.command('s', clip);
    await seenAt(3);
    await probe.engine.command('s', { ...clip, do: 'stop' });
    await probe.until(() => finished(probe.events)[0]);
    await assert.rejects(probe.engine.command('s', clip), { code: 'STATE_INVALID', message: /start it/ });
    await probe.engine.stop('s');
    await probe.engine.close();
    const clips = finished(probe.events);
    const persons = probe.results.filter(({ result }) => (result as unknown[]).length > 0).length;
    assert.equal(clips.reduce((sum, event) => sum + (event.clip?.triggers ?? 0), 0), 10_000 + persons);
    assert.equal(clips[0]?.clip?.trigger.by, 'message');
    clips.forEach(checkClip);
    assert.ok(clips.length <= (probe.results.at(-1)?.position ?? 0) + 2, `${clips.length} files`);
  });

  it('a video of persons: each clip has its person, in the frames around which it was seen', async () => {
    const { events, end } = await playToEnd({
      source: { location: dataPath('videos/one-by-one-person-detection.mp4') }, producer: { width: 256, fps: 5 },
      algos: [{ id: 'a', name: 'persons', kind: 'onnx', model: dataPath('models/det/light_person_detector.onnx'), interval: 2, options: { scoreThreshold: 0.5, classNames: ['person'] } }],
      recorders: recorder({ kind: 'clips', draw: true, clips: { preRoll: 1, postRoll: 2, trigger: { labels: ['person'], minScore: 0.6 } } }),
    });
    assert.equal(end.reason, 'finished');
    const clips = finished(events);
    assert.ok(clips.length >= 2, `${clips.length} clips`);
    for (const { clip, path, frames } of clips) {
      const { position, score = 0 } = clip?.trigger ?? { position: -1 };
      assert.ok(score >= 0.6 && clip !== undefined && clip.start <= position && position <= clip.end, JSON.stringify(clip));
      assert.equal(keyFrames(path).length, frames);
      assert.ok(keyFrames(path)[0]);
    }
    if (process.env['KEEP_CLIPS'] !== undefined) for (const { path } of clips) copyFileSync(path, join(process.env['KEEP_CLIPS'], basename(path)));
  });

  itWithDisk('a full disk: older files make room, and the run goes on', async () => {
    const disk = mountDisk(folder, 3000);
    try {
      for (let hour = 1; hour <= 5; hour += 1) writeFileSync(join(folder, `s-2020-01-01-0${hour}-00-00.mp4`), Buffer.alloc(200_000));
      const free = (): number => statfsSync(folder).bavail * statfsSync(folder).bsize;
      writeFileSync(join(folder, 'others.bin'), Buffer.alloc(Math.max(0, free() - 100_000)));
      const probe = await EngineProbe.open();
      await probe.start({
        source: { location: 'test:?width=640&height=360&fps=25&seconds=600' }, mode: 'realtime',
        recorders: recorder({ crf: 0, kind: 'run', keepSize: 1e12 }),
      });
      await probe.until(() => (readdirSync(folder).filter((name) => name.startsWith('s-2020')).length <= 3 ? true : undefined));
      await probe.engine.stop('s');
      await probe.engine.close();
      const left = readdirSync(folder).filter((name) => name.startsWith('s-2020'));
      assert.deepEqual(left, ['s-2020-01-01-03-00-00.mp4', 's-2020-01-01-04-00-00.mp4', 's-2020-01-01-05-00-00.mp4'].slice(-left.length), 'the oldest went first');
      assert.ok(readdirSync(folder).includes('others.bin'));
      const { totals } = await probe.ended();
      const files = finished(probe.events).reduce((sum, { frames = 0 }) => sum + frames, 0);
      assert.equal(files + (totals.unrecorded['r'] ?? 0), totals.frames.delivered, 'each frame is in a file or counted');
      assert.ok(files > 0);
    } finally {
      disk.unmount();
    }
  });

  itWithDisk('a disk smaller than the run: segments make room for the next one before it begins, no frame is missing', async () => {
    // eight segments of 70 kB
    const disk = mountDisk(folder, 400);
    try {
      const { events, end } = await playToEnd({
        source: { location: 'test:?width=640&height=360&fps=25&seconds=16' },
        recorders: recorder({ crf: 0, kind: 'segments', segmentLength: 2, keepFor: 1e6 }),
      });
      const files = finished(events);
      assert.equal(end.reason, 'finished', JSON.stringify(end.error));
      assert.equal(files.reduce((sum, { frames = 0 }) => sum + frames, 0), 400);
      assert.ok(readdirSync(folder).length < files.length, 'not all of them are there any more');
      assert.deepEqual(readdirSync(folder).sort(), files.map(({ path }) => basename(path)).slice(-readdirSync(folder).length).sort(), 'the newest are');
    } finally {
      disk.unmount();
    }
  });
});

/** A disk of so many KiB in that folder; takes root on Linux. */
function mountDisk(folder: string, kib: number): { unmount(): void } {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', folder]);
  return { unmount: () => { execFileSync('umount', [folder]); } };
}
