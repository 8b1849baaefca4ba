import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { StreamEvent } from '../../dist/runtime/base/index.js';
import { EngineProbe } from '../support/engine.js';
import { type RtspServer, type RtspServerOptions, startRtspServer } from '../support/servers/index.js';
import { frameTimes } from '../support/video-frames.js';

const FRAMES = { id: 'w', name: 'window', kind: 'module' as const, module: resolve(__dirname, '../fixtures/algos/window-algo.cjs'), export: 'WindowAlgo', interval: 0 };

/** A server in the place of `server`. */
function startAgain(server: RtspServer, options: RtspServerOptions = {}): Promise<RtspServer> {
  return startRtspServer({ ...options, port: Number(new URL(server.testUrl).port) });
}

/** The `n`th event of that kind, from 0, and when it came. */
async function nth<K extends StreamEvent['event']>(probe: EngineProbe, kind: K, n: number): Promise<Extract<StreamEvent, { event: K }> & { readonly atMs: number }> {
  const found = await probe.until(() => probe.events.filter((event): event is Extract<StreamEvent, { event: K }> => event.event === kind)[n]);
  return { ...found, atMs: performance.now() };
}

function firstOf(probe: EngineProbe, epoch: number): Promise<EngineProbe['results'][number]> {
  return probe.until(() => probe.results.find(({ stream }) => stream.epoch === epoch));
}

describe('a network camera that fails', function () {
  this.timeout(60_000);

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: it stands still, is back, dies, and comes back with another codec and size`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'camera-'));
      const recorders = [{ id: 'r', path: join(folder, 'all.mp4'), preset: 'ultrafast' as const }];
      const server = await startRtspServer();
      const probe = await EngineProbe.open();
      await probe.start({ mode: 'realtime', producer: { backend }, source: { location: server.testUrl }, algos: [FRAMES], recorders });
      await probe.until(() => probe.results[20]);

      const frozenAtMs = performance.now();
      server.freeze();
      const stall = await nth(probe, 'stalled', 0);
      assert.equal(stall.error.code, 'SOURCE_TIMEOUT');
      assert.ok(stall.atMs - frozenAtMs < 2000, `told ${Math.round(stall.atMs - frozenAtMs)} ms after the server stood still`);
      server.resume();
      const resumed = await firstOf(probe, 1);
      assert.deepEqual([resumed.stream.fps, resumed.stream.width], [15, 320]);

      await server.stop();
      const death = await nth(probe, 'stalled', 1);
      assert.equal(death.error.code, 'SOURCE_READ_FAILED');
      const other = await startAgain(server, { codec: 'mjpeg', size: '640x480' });
      // the pause may be over before the server is there; then the next one counts
      const { atMs } = await nth(probe, 'reconnected', 1);
      const lastTry = probe.events.findLast((event) => event.event === 'stalled') ?? assert.fail();
      const neededMs = atMs - death.atMs - lastTry.retryIn * 1000;
      if (backend === 'libav' && lastTry.retryIn === death.retryIn) assert.ok(neededMs < 1000, `back ${Math.round(neededMs)} ms after the pause`);
      const changed = await firstOf(probe, 2);
      assert.deepEqual([changed.stream.fps, changed.stream.width, changed.stream.height], [15, 640, 480]);
      await probe.until(() => probe.results.filter(({ stream }) => stream.epoch === 2)[20]);

      await probe.engine.close();
      const { totals } = await probe.ended();
      assert.deepEqual(probe.errorCodes(), [], 'neither algo nor recorder minds');
      const times = frameTimes(totals.recorded[0] ?? assert.fail('no recording'));
      assert.equal(times.length, totals.frames.delivered, 'one file, with the frames of all three');
      assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)));
      await other.stop();
      rmSync(folder, { recursive: true });
    });
  }

  it('one that is off at the start is tried again, after pauses that grow', async () => {
    const gone = await startRtspServer();
    await gone.stop();
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: gone.testUrl, retryOpen: true }, algos: [] });
    await nth(probe, 'stalled', 2);
    const pauses = probe.events.filter((event) => event.event === 'stalled').map(({ retryIn }) => retryIn);
    for (const [i, full] of [0.5, 1, 2].entries()) assert.ok((pauses[i] ?? 0) <= full && (pauses[i] ?? 0) >= 0.75 * full, String(pauses));
    const server = await startAgain(gone);
    const { stream } = await probe.event('started');
    assert.equal(stream.fps, 15);
    assert.deepEqual(probe.events.filter((event) => event.event === 'connecting').map(({ attempt }) => attempt), [1, 2, 3, 4]);
    await probe.engine.close();
    await server.stop();
  });

  it('one whose path is not there yet, after a restart of its server, is tried again; one that never was there is an error', async () => {
    const server = await startRtspServer();
    const probe = await EngineProbe.open();
    await probe.start({ id: 'wrong', mode: 'realtime', source: { location: server.url, retryOpen: true }, algos: [] });
    const { error } = await probe.ended('wrong');
    assert.equal(error?.code, 'SOURCE_NOT_FOUND');
    await probe.start({ mode: 'realtime', source: { location: server.testUrl }, algos: [] });
    await probe.event('started');
    await server.stop();
    await nth(probe, 'stalled', 0);
    const empty = await startAgain(server, { path: 'elsewhere' });
    await probe.until(() => probe.events.find((event) => event.event === 'stalled' && event.error.code === 'SOURCE_NOT_FOUND'));
    await empty.stop();
    const back = await startAgain(server);
    await probe.event('reconnected');
    await probe.engine.close();
    await back.stop();
  });

  it('a password that is refused is offered once, also by a camera that was lost', async () => {
    const auth = { username: 'admin', password: 'secret' };
    const server = await startRtspServer({ auth });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.testUrl, ...auth, retryOpen: true }, algos: [] });
    await probe.event('started');
    await server.stop();
    await nth(probe, 'stalled', 0);
    const changed = await startAgain(server, { auth: { ...auth, password: 'other' } });
    const { error } = await probe.ended();
    assert.equal(error?.code, 'SOURCE_AUTH_FAILED');
    assert.ok(!probe.events.some((event) => event.event === 'stalled' && event.error.code === 'SOURCE_AUTH_FAILED'));
    await probe.engine.close();
    await changed.stop();
  });

  it('where it is not to be opened again, a stall is the end', async () => {
    const server = await startRtspServer();
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.testUrl, reconnect: false, stallTimeout: 0.5 }, algos: [] });
    await probe.event('progress');
    server.freeze();
    const { error } = await probe.ended();
    assert.equal(error?.code, 'SOURCE_TIMEOUT');
    assert.match(error.message, /no frame for 0\.5 s$/);
    await probe.engine.close();
    await server.stop();
  });

  it('one of few frames a second is given the time of two', async () => {
    const server = await startRtspServer({ rate: '2/1' });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: server.testUrl, stallTimeout: 0.3 }, algos: [FRAMES] });
    await probe.until(() => probe.results[5]);
    assert.deepEqual(probe.events.filter(({ event }) => event === 'stalled'), []);
    await probe.engine.close();
    await server.stop();
  });
});
