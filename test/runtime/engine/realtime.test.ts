import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { dataPath } from '../../support/data.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';
import { startRtspServer } from '../../support/servers/index.js';

const FIXTURES = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');
const WINDOW = { id: 'w', name: 'window', kind: 'module' as const, module: FIXTURES, export: 'WindowAlgo' };

function progressFrames(probe: EngineProbe): number {
  return probe.events.filter((event) => event.event === 'progress').length;
}

describe('engine, realtime', () => {
  it('plays a file at its own speed and runs first as soon as the window is full', async () => {
    const { results, end } = await playToEnd({
      mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20&seconds=3' }, algos: [{ ...WINDOW, frameCount: 3, frameStep: 2, interval: 1 }],
    });
    assert.ok(end.totals.seconds > 2.5, `took ${String(end.totals.seconds)} s`);
    assert.deepEqual(results[0]?.result, [1, 3, 5], 'due at the 6th frame');
    assert.equal(results.length + (end.totals.algos['window']?.skipped['busy'] ?? 0), 3);
    assert.equal(end.totals.frames.delivered + (end.totals.frames.dropped['late'] ?? 0), 60);
  });

  it('pauses, resumes, seeks and stops as told', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: dataPath('oracle/videos/v360_30.mp4') }, algos: [{ ...WINDOW, interval: 0 }] });
    await probe.until(() => probe.results[3]);
    await probe.engine.command('s', { action: 'pause' });
    await probe.event('paused');
    const before = progressFrames(probe);
    await probe.engine.command('s', { action: 'resume' });
    await probe.event('resumed');
    await probe.until(() => (progressFrames(probe) > before ? true : undefined));
    await probe.engine.command('s', { action: 'seek', position: 15 });
    const after = await probe.until(() => probe.results.find(({ stream }) => stream.epoch === 1));
    assert.ok(after.position >= 15, String(after.position));
    await probe.engine.stop('s');
    assert.equal((await probe.ended()).reason, 'stopped');
    await probe.engine.close();
  });

  it('disables, enables, runs and sets an algo while it plays', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20' }, algos: [{ ...WINDOW, interval: 0, enabled: false }] });
    await probe.event('progress');
    assert.equal(probe.results.length, 0, 'it is not enabled');
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'run' });
    await probe.until(() => probe.results[0]);
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'set', interval: 0.1 });
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'enable' });
    await probe.until(() => probe.results[3]);
    await assert.rejects(probe.engine.command('s', { action: 'algo', algoId: 'nobody', do: 'run' }), { code: 'STREAM_UNKNOWN' });
    await probe.engine.close();
    assert.equal((await probe.ended()).reason, 'stopped');
  });

  it('proposes an interval to an algo that is lastingly too slow', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=50' }, algos: [{ ...WINDOW, export: 'SlowAlgo', interval: 0.05 }] });
    const warning = await probe.event('warning');
    assert.equal(warning.algoId, 'w');
    assert.match(warning.message, /the interval is 0\.05 s: turns are skipped; use 0\.\d s or more/);
    await probe.engine.close();
  });

  for (const late of ['skip', 'queue', 'restart'] as const) {
    it(`${late}: every turn of a busy algo is a run or is told by its cause`, async () => {
      const { results, end, events } = await playToEnd({
        mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=50&seconds=3' },
        algos: [{ ...WINDOW, export: late === 'restart' ? 'HeedingAlgo' : 'SlowWindowAlgo', interval: 0, frameCount: 2, late, lateLimit: 5 }],
      });
      const { frames, algos } = end.totals;
      const { runs, skipped } = algos['window'] ?? assert.fail();
      const { busy = 0, restarted = 0 } = skipped;
      assert.equal(runs + busy + restarted, frames.delivered - 1, 'a turn at every frame from the second on');
      assert.equal(results.length, runs);
      assert.ok(results.every(({ frame, result }) => JSON.stringify(result) === JSON.stringify([frame.index - 1, frame.index])), 'the frames of its moment');
      assert.deepEqual([runs > 0, busy > 0, restarted > 0], late === 'restart' ? [true, busy > 0, true] : [true, true, false], JSON.stringify(skipped));
      assert.ok(events.some((event) => event.event === 'dropped' && event.algoId === 'w'));
      assert.deepEqual(events.filter(({ event }) => event === 'error'), [], 'a run that was given up is no failure');
    });
  }

  it('turns of an algo that is not open are told as failed', async () => {
    const { end } = await playToEnd({
      mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20&seconds=1' },
      algos: [{ id: 'x', name: 'broken', kind: 'onnx', model: dataPath('models/tiny/broken_truncated.onnx'), interval: 0 }],
    });
    assert.deepEqual(end.totals.algos['broken'], { runs: 0, skipped: { failed: end.totals.frames.delivered } });
  });

  it('leaves a stream alone whose plan comes again, and replaces it by another', async () => {
    const probe = await EngineProbe.open();
    const plan = { mode: 'realtime' as const, source: { location: 'test:?width=160&height=90&fps=20' } };
    await probe.start(plan);
    await probe.event('progress');
    await probe.start(plan);
    assert.equal(probe.events.filter(({ event }) => event === 'connecting').length, 1);
    await probe.start({ ...plan, producer: { fps: 10 } });
    await probe.ended();
    const started = await probe.until(() => probe.events.filter((event) => event.event === 'started')[1]);
    assert.equal(started.stream.fps, 10);
    await probe.engine.close();
  });

  it('a broken algo is set aside and told, the others run', async () => {
    const probe = await EngineProbe.open();
    await probe.start({
      mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20' },
      algos: [{ ...WINDOW, interval: 0.1 }, { id: 'x', name: 'broken', kind: 'onnx', model: dataPath('models/tiny/broken_truncated.onnx') }],
    });
    await probe.until(() => probe.results[2]);
    const error = await probe.event('error');
    assert.deepEqual([error.algoId, error.error.code, error.fatal], ['x', 'MODEL_LOAD_FAILED', false]);
    await probe.engine.close();
  });

  it('plays from an RTSP server, and comes back when the server does', async function () {
    this.timeout(90_000);
    const file = dataPath('videos/vtest_pets09_s2l1_h264.mp4');
    let server = await startRtspServer({ file });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.testUrl, timeout: 3 }, algos: [{ ...WINDOW, interval: 0.2 }] });
    await probe.until(() => probe.results[2]);
    const { port } = new URL(server.testUrl);
    await server.stop();
    const stalled = await probe.event('stalled');
    assert.ok(stalled.retryIn <= 0.5);
    server = await startRtspServer({ file, port: Number(port) });
    const back = await probe.event('reconnected');
    assert.equal(back.stream.epoch, 1);
    await probe.until(() => probe.results.find(({ stream }) => stream.epoch === 1));
    await probe.engine.close();
    await server.stop();
  });

  it('refuses a wrong RTSP password at once, without showing it', async () => {
    const server = await startRtspServer({ file: dataPath('videos/vtest_pets09_s2l1_h264.mp4'), auth: { username: 'admin', password: 'secret' } });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.testUrl, username: 'admin', password: 'wrong-password', retryOpen: true } });
    const { error } = await probe.ended();
    assert.equal(error?.code, 'SOURCE_AUTH_FAILED');
    assert.ok(!JSON.stringify(probe.events).includes('wrong-password'));
    await probe.engine.close();
    await server.stop();
  });
});
