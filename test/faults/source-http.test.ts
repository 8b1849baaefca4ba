import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { EngineProbe, playToEnd } from '../support/engine.js';
import { type HttpServer, startHttpServer } from '../support/servers/index.js';

const FRAMES = { id: 'w', name: 'window', kind: 'module' as const, module: resolve(__dirname, '../fixtures/algos/window-algo.cjs'), export: 'WindowAlgo', interval: 0 };
const COUNT = 100;

describe('a source over HTTP that fails', function () {
  this.timeout(60_000);
  let folder: string;
  let server: HttpServer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'http-'));
    const encode = ['-frames:v', String(COUNT), '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '12', '-g', '10'];
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25'];
    execFileSync('ffmpeg', ['-v', 'error', ...source, ...encode, '-movflags', '+faststart', join(folder, 'a.mp4'), ...encode, join(folder, 'a.mkv')]);
    for (const backend of ['libav', 'ffmpeg']) copyFileSync(join(folder, 'a.mp4'), join(folder, `${backend}.mp4`));
    server = await startHttpServer({ folder });
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  for (const backend of ['libav', 'ffmpeg'] as const) {
    const play = (path: string, timeout = 10) => playToEnd({ mode: 'offline', producer: { backend }, source: { location: `${server.url}/${path}`, timeout }, algos: [FRAMES] });

    it(`${backend}: a file whose connection breaks off goes on where it was, with every frame`, async () => {
      const { end, results } = await play(`cut-once/${backend}.mp4`);
      assert.equal(end.error, undefined);
      assert.deepEqual(results.map(({ result }) => (result as number[])[0]), Array.from({ length: COUNT }, (_, i) => i));
    });

    for (const [path, why] of [['cut/a.mp4', 'breaks off and has no ranges'], ['short/a.mp4', 'is said to be shorter than it is']] as const) {
      it(`${backend}: a file that ${why} is not at its end: the run has failed`, async () => {
        const { end } = await play(path);
        assert.deepEqual([end.reason, end.error?.code], ['failed', 'SOURCE_READ_FAILED'], JSON.stringify(end.error));
        const { delivered } = end.totals.frames;
        assert.ok(delivered > COUNT / 4 && delivered < COUNT, `${delivered} frames came`);
      });
    }

    it(`${backend}: a file that stops coming, or is said to be longer than it is, is given up after the time-out`, async () => {
      for (const path of ['stall/a.mp4', 'long/a.mkv']) {
        const { end } = await play(path, 1);
        assert.deepEqual([end.reason, end.error?.code], ['failed', 'SOURCE_TIMEOUT'], path);
      }
    });

    it(`${backend}: a camera's MJPEG that stands still or breaks off is opened again`, async () => {
      const probe = await EngineProbe.open();
      for (const path of ['mjpeg-stall', 'mjpeg-cut']) {
        await probe.start({ id: path, mode: 'realtime', producer: { backend }, source: { location: `${server.url}/${path}`, stallTimeout: 0.5 }, algos: [FRAMES] });
      }
      for (const [path, code] of [['mjpeg-stall', 'SOURCE_TIMEOUT'], ['mjpeg-cut', 'SOURCE_READ_FAILED']] as const) {
        assert.equal((await probe.event('stalled', path)).error.code, code);
        await probe.event('reconnected', path);
        await probe.until(() => probe.results.find(({ stream }) => stream.id === path && stream.epoch === 1));
      }
      await probe.engine.close();
    });
  }
});
