import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';

import { dataPath } from '../../support/data.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';

const FIXTURES = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');
const CLIP = dataPath('oracle/videos/v720_30.mp4');

function windowAlgo(frameCount: number, frameStep: number, interval: number) {
  return { id: 'w', name: 'window', kind: 'module' as const, module: FIXTURES, export: 'WindowAlgo', frameCount, frameStep, interval };
}

function misbehaving(exported: string, kwargs: Record<string, unknown> = {}) {
  return { id: 'b', name: 'bad', kind: 'module' as const, module: FIXTURES, export: exported, kwargs, interval: 0, timeout: 0.3 };
}

const TEST_SOURCE = { location: 'test:?width=320&height=180&fps=10&seconds=1' };

describe('engine, offline', () => {
  it('calls (1, 0, 1 s) at every 30th frame, with the frames that stream-infer gave', async () => {
    const { results, end } = await playToEnd({ source: { location: CLIP }, producer: { width: 64, height: 36 }, algos: [windowAlgo(1, 0, 1)] });
    assert.deepEqual(results.map(({ result }) => result), Array.from({ length: 20 }, (_, i) => [30 * i + 29]));
    const { decoded, skipped, ...frames } = end.totals.frames;
    assert.deepEqual(frames, { thinned: 0, delivered: 600, converted: 20, dropped: {} });
    assert.equal(decoded + skipped, 600);
    assert.ok(skipped > 100, `${skipped} frames were not decoded`);
    assert.deepEqual(end.totals.algos, { window: { runs: 20, skipped: {} } });
    assert.equal(end.reason, 'finished');
  });

  it('calls (5, 6, 2 s) with five frames, six apart', async () => {
    const { results } = await playToEnd({ source: { location: CLIP }, producer: { width: 64, height: 36 }, algos: [windowAlgo(5, 6, 2)] });
    assert.equal(results.length, 10);
    assert.deepEqual(results[0]?.result, [35, 41, 47, 53, 59]);
    assert.deepEqual(results[9]?.result, [575, 581, 587, 593, 599]);
  });

  it('thins to the producer’s rate and schedules by it', async () => {
    const { results, end } = await playToEnd({ source: { location: CLIP }, producer: { width: 64, height: 36, fps: 24 }, algos: [windowAlgo(5, 6, 2)] });
    assert.equal(end.totals.frames.delivered, 480);
    assert.equal(results.length, 10);
    assert.deepEqual(results[0]?.result, [29, 37, 44, 52, 59]);
    assert.equal(results[0].frame.index, 48);
  });

  it('starts at a position, and counts frames as if it had played from the start', async () => {
    const { results } = await playToEnd({ source: { location: CLIP, position: 5 }, producer: { width: 64, height: 36 }, algos: [windowAlgo(1, 0, 2)] });
    assert.deepEqual(results.map(({ result }) => result)[0], [179]);
    assert.equal(results[0]?.frame.index, 30);
  });

  it('gives the same results in the same order, run after run, whatever runs beside', async () => {
    const plan = {
      source: { location: dataPath('videos/synthetic_crossing.mp4') },
      algos: [
        { id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx'), interval: 1 },
        { id: 'm', name: 'motion', kind: 'motion' as const, interval: 0.2 },
      ],
    };
    const texts = [];
    for (let run = 0; run < 3; run++) {
      const { results } = await playToEnd(plan, { threads: (run % 2) + 1 });
      texts.push(JSON.stringify(results.map(({ algo, frame, result }) => [algo, frame, result])));
    }
    assert.match(String(texts[0]), /person/);
    assert.equal(texts[1], texts[0]);
    assert.equal(texts[2], texts[0]);
  });

  it('an object of the owner’s is an algo, and the hook sees every delivered frame', async () => {
    const seen: number[] = [];
    const { results } = await playToEnd(
      { source: TEST_SOURCE, process: true, algos: [{ id: 'l', name: 'local', kind: 'local', interval: 0.5 }] },
      {
        localAlgos: new Map([['l', { run: (frames) => frames.map(({ data, width, height }) => data.length / (width * height)) }]]),
        processHook: (_id, frame) => { seen.push(frame.index); },
      },
    );
    assert.deepEqual(results.map(({ result }) => result), [[3], [3]]);
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  const failures: readonly [why: string, plan: Parameters<typeof playToEnd>[0], code: string][] = [
    ['a file that is not there', { source: { location: '/nowhere/a.mp4' } }, 'SOURCE_NOT_FOUND'],
    ['an audio file', { source: { location: dataPath('videos/odd/no_video_audio_only.m4a') } }, 'SOURCE_NO_VIDEO'],
    ['random bytes', { source: { location: dataPath('videos/odd/random_bytes.mp4') } }, 'SOURCE_OPEN_FAILED'],
    ['a broken model', { source: TEST_SOURCE, algos: [{ id: 'x', name: 'x', kind: 'onnx', model: dataPath('models/tiny/broken_random.onnx') }] }, 'MODEL_LOAD_FAILED'],
    ['no model', { source: TEST_SOURCE, algos: [{ id: 'x', name: 'x', kind: 'onnx', model: '/nowhere/m.onnx' }] }, 'MODEL_NOT_FOUND'],
    ['a model nobody knows', { source: TEST_SOURCE, algos: [{ id: 'x', name: 'x', kind: 'onnx', model: dataPath('models/tiny/triton_simple_int32_addsub.onnx') }] }, 'MODEL_UNSUPPORTED'],
    ['no module', { source: TEST_SOURCE, algos: [{ id: 'x', name: 'x', kind: 'module', module: './nowhere.js' }] }, 'MODULE_LOAD_FAILED'],
    ['a module that throws in open', { source: TEST_SOURCE, algos: [misbehaving('ThrowingAlgo', { where: 'open' })] }, 'ALGO_OPEN_FAILED'],
  ];
  for (const [why, plan, code] of failures) {
    it(`${why} ends the stream with ${code}`, async () => {
      const { end, events } = await playToEnd(plan);
      assert.equal(end.reason, 'failed');
      assert.equal(end.error?.code, code);
      assert.equal(events.filter((event) => event.event === 'ended').length, 1);
    });
  }

  it('a module that throws in run is told once and counted, the stream plays on', async () => {
    const probe = await playToEnd({ source: TEST_SOURCE, algos: [misbehaving('ThrowingAlgo', { where: 'run' })] });
    assert.equal(probe.end.reason, 'finished');
    assert.deepEqual(probe.errorCodes(), ['ALGO_RUN_FAILED']);
    assert.deepEqual(probe.end.totals.algos, { bad: { runs: 0, skipped: { failed: 10 } } });
  });

  it('a module that throws in close is told', async () => {
    const probe = await playToEnd({ source: TEST_SOURCE, algos: [misbehaving('ThrowingAlgo', { where: 'close' })] });
    assert.equal(probe.end.totals.algos['bad']?.runs, 10);
    assert.equal(probe.end.reason, 'finished');
  });

  for (const spin of [false, true]) {
    it(`a module that ${spin ? 'spins' : 'waits'} for ever is cut off, counted, and the stream comes to its end`, async function () {
      this.timeout(60_000);
      const probe = await playToEnd({ source: TEST_SOURCE, algos: [{ ...misbehaving('StuckAlgo', { spin }), interval: 0.5 }, windowAlgo(1, 0, 0.5)] });
      assert.equal(probe.end.totals.algos['window']?.runs, 2);
      assert.equal(probe.end.totals.algos['bad']?.runs, 0);
      assert.ok(probe.errorCodes().includes('ALGO_TIMEOUT'));
    });
  }

  it('a module that leaves its thread is started anew, and set aside in the end', async () => {
    const probe = await playToEnd({ source: TEST_SOURCE, algos: [misbehaving('LeavingAlgo')] });
    assert.equal(probe.end.reason, 'failed');
    assert.match(probe.end.error?.message ?? '', /set aside/);
  });

  it('a plan that is none is refused before anything starts', async () => {
    const probe = await EngineProbe.open();
    await assert.rejects(probe.engine.start({ id: 's' } as never), { code: 'OPTION_INVALID' });
    await assert.rejects(probe.engine.command('s', { action: 'pause' }), { code: 'STREAM_UNKNOWN' });
    await probe.engine.close();
    await assert.rejects(probe.start({ source: TEST_SOURCE }), { code: 'ENGINE_CLOSED' });
    assert.deepEqual(probe.events, []);
  });

  it('takes a folder of the plan’s as base for its modules', async () => {
    const { results } = await playToEnd({
      source: TEST_SOURCE,
      algos: [{ ...windowAlgo(1, 0, 0.5), module: './window-algo.cjs', baseFolder: join(FIXTURES, '..') }],
    });
    assert.deepEqual(results.map(({ result }) => result), [[4], [9]]);
  });
});
