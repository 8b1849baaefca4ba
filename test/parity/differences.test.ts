import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AlgoResult, Dispatcher, type Frame, Inference, type InferenceOptions, type UserAlgo } from '../../dist/runtime/index.js';
import { dataPath, hasData } from '../support/data.js';
import { EngineProbe, playToEnd } from '../support/engine.js';
import { caseNamed, planOf, recordedOf } from '../support/oracle.js';
import { startRtspServer } from '../support/servers/index.js';
import { frameNumbers, frameTimes, numberOf } from '../support/video-frames.js';

const SIZE = { width: 320, height: 180 };
const READER: UserAlgo = { run: (frames) => frames.map(numberOf) };

function clip(name: string): string {
  return dataPath(`oracle/videos/${name}.mp4`);
}

function offline(source: string, options: Partial<InferenceOptions> = {}): Inference {
  return new Inference({ source, mode: 'offline', ...options });
}

async function resultsOf(inference: Inference): Promise<AlgoResult[]> {
  const results: AlgoResult[] = [];
  for await (const result of inference.results()) results.push(result);
  return results;
}

/** Windows of a recorded case's calls, as the engine gives them now. */
async function windowsOf(name: string): Promise<unknown[]> {
  const { results } = await playToEnd(planOf(caseNamed(name)));
  return results.map(({ result }) => result);
}

function callsRecorded(name: string): number {
  return recordedOf(name, '0.6.7 OpenCV').calls.length;
}

function everySoMany(first: number, step: number, count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [first + i * step]);
}

/** Each row of the README's table of differences, by its number; a test of the pages holds the two against each other. */
describe('differences from the Python library', function () {
  this.timeout(90_000);
  let folder: string;
  before(function () {
    if (!hasData) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'differences-'));
  });
  after(() => { if (hasData) rmSync(folder, { recursive: true, force: true }); });

  it('A1: an interval of a second is a second, also where more fps are asked for than the source has', async () => {
    assert.deepEqual(await windowsOf('g_src25_fps30'), everySoMany(24, 25, 20));
    assert.equal(callsRecorded('g_src25_fps30'), 16);
  });

  it('A2: after a seek in a file of 29.97 fps an algo runs at the frames at which it runs without', async () => {
    const after = await windowsOf('h_ntsc_pos5_fps30');
    assert.deepEqual(after, everySoMany(173, 29, 15));
    assert.deepEqual((await windowsOf('g_ntsc_fps30')).slice(-15), after);
    assert.equal(callsRecorded('h_ntsc_pos5_fps30'), 0);
  });

  it('A3: every result is collected and kept, and is still there after the end', async () => {
    const positions: number[] = [];
    class Counting extends Dispatcher {
      override collect(position: number): void { positions.push(position); }
    }
    const dispatcher = new Counting({ keep: 1000 });
    await offline(clip('v360_30'), { producer: { width: 64, height: 36 }, dispatcher }).loadAlgo(READER, { name: 'noop', interval: 0.1 }).start();
    assert.equal(positions.length, 200);
    assert.deepEqual(dispatcher.getResult('noop')?.map(({ position }) => position), positions);
    assert.equal(recordedOf('c_iv0.1', '0.6.7 OpenCV').result_keys['noop']?.length, 21);
  });

  for (const [why, path] of [['12.5 fps', clip('v360_125')], ['29.97 fps', clip('v360_2997')], ['a variable rate', dataPath('videos/odd/variable_frame_rate.mp4')]] as const) {
    it(`A4: a position is the frame's own time at ${why}`, async () => {
      const results = await resultsOf(offline(path, { producer: { width: 64, height: 36 } }).loadAlgo({ run: () => null }, { interval: 0 }));
      const times = frameTimes(path);
      assert.equal(results.length, times.length);
      results.forEach(({ position, frame }, i) => {
        assert.ok(Math.abs(position - (times[i] ?? NaN) + (times[0] ?? 0)) <= 2e-6, `frame ${i}: ${position}, ${String(times[i])}`);
        assert.equal(frame.pts, position);
      });
    });
  }

  it('A5: the position of a live stream of 29.97 fps goes on', async () => {
    const server = await startRtspServer({ file: clip('v360_2997') });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.url }, producer: { width: 64, height: 36 }, algos: [{ id: 'm', name: 'm', kind: 'motion', interval: 0.25 }] });
    await probe.until(() => probe.results.find(({ position }) => position > 2));
    const positions = probe.results.map(({ position }) => position);
    assert.ok(positions.every((position, i) => i === 0 || position > (positions[i - 1] ?? 0)), positions.join());
    await probe.engine.close();
    await server.stop();
  });

  it('A6: a slow realtime result bears the time and number of the newest frame used', async () => {
    const FPS = 25;
    let shown = 0;
    let wake = (): void => undefined;
    /** Comes back when the stream is five frames further, or over. */
    const slow: UserAlgo = {
      run: async ([frame]) => {
        const number = numberOf(frame as Frame);
        while (shown < number + 5) await new Promise<void>((resolve) => { wake = resolve; });
        return number;
      },
    };
    const inference = new Inference({ source: `test:?width=64&height=36&fps=${FPS}`, mode: 'realtime' }).loadAlgo(slow, { interval: 0 });
    inference.process((frame) => { shown = Math.max(shown, frame.sourceIndex); wake(); });
    const seen: AlgoResult[] = [];
    for await (const result of inference.results()) {
      if (seen.push(result) < 3) continue;
      shown = Infinity;
      wake();
      break;
    }
    for (const { position, frame, result } of seen) assert.deepEqual([frame.sourceIndex, Math.round(position * FPS)], [result, result]);
  });

  it('A7: the first realtime run is as soon as the window is full', async () => {
    const inference = new Inference({ source: 'test:?width=64&height=36&fps=25', mode: 'realtime' }).loadAlgo(READER, { frameCount: 5, interval: 60 });
    for await (const { frame, result } of inference.results()) {
      assert.deepEqual([frame.index, (result as number[]).length], [5, 5]);
      break;
    }
  });

  for (const [backend, name, frames] of [['libav', 'v360_30', 600], ['libav', 'v360_30_short', 15], ['ffmpeg', 'v360_30', 600], ['ffmpeg', 'v360_30_short', 15]] as const) {
    it(`A8: every delivered frame is recorded, the last ones too: ${frames} of ${frames} with ${backend}`, async () => {
      const path = join(folder, `${backend}-${name}.mp4`);
      await offline(clip(name), { producer: { ...SIZE, backend }, recordingPath: path }).start();
      assert.deepEqual(frameNumbers(path, SIZE), Array.from({ length: frames }, (_, i) => i));
    });
  }

  it('A9: a recording with fewer frames a second than the source plays at the source\'s speed', async () => {
    const path = join(folder, 'slow.mp4');
    await offline(clip('v360_30'), { producer: { ...SIZE, fps: 10 }, recordingPath: path }).start();
    assert.deepEqual(frameTimes(path).map((time) => Math.round(time * 1e3)), Array.from({ length: 200 }, (_, i) => i * 100));
    assert.deepEqual(frameNumbers(path, SIZE), Array.from({ length: 200 }, (_, i) => i * 3));
  });

  it('A10: frames of another size are recorded in that size, one that changes its size is an error, and RGB keeps its colours', async () => {
    const half = { width: SIZE.width / 2, height: SIZE.height / 2 };
    const red = (size: { width: number; height: number }) => (frame: Frame): Frame => {
      const data = new Uint8Array(size.width * size.height * 3);
      for (let at = 0; at < data.length; at += 3) data[at] = 255;
      return { ...frame, ...size, strideBytes: size.width * 3, data };
    };
    const path = join(folder, 'red.mp4');
    const recording = (): Inference => offline(clip('v360_30_short'), { producer: { ...SIZE, format: 'rgb24' }, recordingPath: path });
    await recording().process(red(half)).start();
    const pixels = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
    assert.equal(pixels.length, half.width * half.height * 3 * 15);
    const [r = 0, g = 255, b = 255] = pixels;
    assert.ok(r > 240 && g < 15 && b < 15, `${r}, ${g}, ${b}`);
    await assert.rejects(recording().process((frame) => red(frame.index < 5 ? SIZE : half)(frame)).start(), { code: 'RECORD_WRITE_FAILED' });
  });

  it('A11: process is told of results only, never of an algo that did not run or failed', async () => {
    const told: string[][] = [];
    const inference = offline(clip('v360_30_short'), { producer: { width: 64, height: 36 } });
    inference.loadAlgo({ run: () => { throw new Error('boom'); } }, { name: 'bad', interval: 0.1 });
    inference.loadAlgo(READER, { name: 'good', interval: 0.2 });
    inference.process((_, results) => { told.push(results.map(({ algo }) => algo)); });
    await inference.start();
    assert.deepEqual(told, Array.from({ length: 15 }, (_, i) => (i < 5 ? [] : ['good'])));
  });

  it('A12: of two algos of one name each runs for itself, and a name that was given twice is refused', async () => {
    class Same { run(frames: readonly Frame[]): number[] { return frames.map(numberOf); } }
    const inference = offline(clip('v360_30_short'), { producer: { width: 64, height: 36 } });
    inference.loadAlgo(new Same(), { interval: 0.1 }).loadAlgo(new Same(), { interval: 0.2, frameCount: 3 });
    const results = (await resultsOf(inference)).map(({ algo, result }) => [algo, result]);
    assert.deepEqual(results, [['Same', [2]], ['Same', [5]], ['Same-2', [3, 4, 5]], ['Same', [8]], ['Same', [11]], ['Same-2', [9, 10, 11]], ['Same', [14]]]);
    assert.throws(() => inference.loadAlgo(READER, { name: 'same' }).loadAlgo(READER, { name: 'same' }), { code: 'OPTION_INVALID' });
  });

  it('A13: a window waits for frame count × frame step frames, as there', async () => {
    const results = await resultsOf(offline('test:?width=64&height=36&fps=30&seconds=1').loadAlgo(READER, { frameCount: 10, frameStep: 3, interval: 0 }));
    assert.deepEqual(results.map(({ result }) => result), [[2, 5, 8, 11, 14, 17, 20, 23, 26, 29]]);
  });

  it('A14: an interval is cut down to whole frames, as there', async () => {
    assert.deepEqual(await windowsOf('c_iv0.25'), everySoMany(6, 7, 85));
    assert.equal(callsRecorded('c_iv0.25'), 85);
  });

  it('A15: what an algo draws on its frames no other algo and no later window sees', async () => {
    const painter: UserAlgo = {
      run: (frames) => {
        const numbers = frames.map(numberOf);
        for (const { data } of frames) data.fill(0);
        return numbers;
      },
    };
    const inference = offline(clip('v360_30_short'), { producer: { width: 64, height: 36 } });
    inference.loadAlgo(painter, { name: 'painter', frameCount: 2, frameStep: 1, interval: 0 }).loadAlgo(READER, { name: 'reader', frameCount: 2, frameStep: 1, interval: 0 });
    const windows = Array.from({ length: 14 }, (_, i) => [['painter', [i, i + 1]], ['reader', [i, i + 1]]]).flat();
    assert.deepEqual((await resultsOf(inference)).map(({ algo, result }) => [algo, result]), windows);
  });

  it('A16: a buffer that is too small is raised', async () => {
    const windows = await windowsOf('e_fc60_fs1_iv3_buf30');
    assert.deepEqual(windows, Array.from({ length: 6 }, (_, run) => Array.from({ length: 60 }, (_frame, i) => 30 + run * 90 + i)));
    assert.equal(callsRecorded('e_fc60_fs1_iv3_buf30'), 0);
  });

  it('A17: 30 frames a second are thinned to 25 exactly', async () => {
    const name = 'f_fps25_iv0.5';
    const { results } = await playToEnd({ ...planOf(caseNamed(name)), algos: [{ id: 'm', name: 'm', kind: 'motion', interval: 0 }] });
    const delivered = results.map(({ frame }) => frame.sourceIndex);
    assert.deepEqual(delivered, Array.from({ length: 500 }, (_, k) => Math.ceil((k * 6) / 5)));
    assert.equal(delivered[35], 42);
    assert.equal(recordedOf(name, '0.6.7 OpenCV').delivered[35], 43);
  });

  it('A18: playing may begin within a second', async () => {
    assert.deepEqual(await windowsOf('h_pos2.5'), everySoMany(89, 30, 18));
    assert.equal(callsRecorded('h_pos2.5'), 1);
  });

  it('A19: without an fps every frame is played', async () => {
    assert.deepEqual(await windowsOf('j_fps_none'), everySoMany(2, 3, 5));
    assert.equal(callsRecorded('j_fps_none'), 0);
  });
});
