import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { openEngineClient } from '../../../dist/runtime/engine/index.js';
import { EngineProbe, enginePids, playToEnd } from '../../support/engine.js';
import { startRtspServer } from '../../support/servers/index.js';

const WINDOW = { id: 'w', name: 'window', kind: 'module' as const, module: resolve(__dirname, '../../fixtures/algos/window-algo.cjs'), export: 'WindowAlgo', interval: 0 };

describe('engine, live sources', function () {
  this.timeout(90_000);

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: after the engine stood still, what has waited meanwhile is left out, and told`, async () => {
      const server = await startRtspServer();
      const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
      await probe.start({ mode: 'realtime', producer: { backend }, source: { location: server.testUrl, timeout: 600 }, algos: [WINDOW] });
      await probe.until(() => probe.results[30]);
      const pid = enginePids()[0] ?? assert.fail('no engine');
      process.kill(pid, 'SIGSTOP');
      const before = probe.results.length;
      await wait(3000);
      process.kill(pid, 'SIGCONT');
      const told = await probe.until(() => probe.events.find((event) => event.event === 'dropped' && event.algo === undefined && event.counts['late'] !== undefined));
      await probe.until(() => probe.results[before + 20]);
      // 3 s of 15 frames a second waited, of which half a second is fresh enough
      const steps = probe.results.slice(1).map(({ position }, i) => position - (probe.results[i]?.position ?? 0));
      assert.ok(Math.max(...steps) >= 1, `the longest step between two frames is ${Math.max(...steps)} s`);
      assert.equal(told.streamId, 's');
      await probe.engine.close();
      const { frames } = (await probe.ended()).totals;
      assert.ok((frames.dropped['late'] ?? 0) >= 15, JSON.stringify(frames));
      assert.equal(frames.delivered + (frames.dropped['late'] ?? 0), frames.decoded);
      await server.stop();
    });
  }

  it('frames that the source lost are counted as the network’s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lost-'));
    const file = join(folder, 'lost.mp4');
    const filter = "select='not(between(n\\,80\\,99))'";
    execFileSync('ffmpeg', [
      '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25', '-vf', filter, '-fps_mode', 'passthrough', '-frames:v', '130',
      '-c:v', 'libx264', '-tune', 'zerolatency', '-g', '10', file,
    ]);
    const server = await startRtspServer({ file });
    const { end } = await playToEnd({ mode: 'realtime', source: { location: server.url, reconnect: false }, algos: [] });
    const { delivered, dropped } = end.totals.frames;
    assert.equal(dropped['network'], 20, JSON.stringify(end.totals.frames));
    assert.equal(delivered + (dropped['late'] ?? 0), 130);
    await server.stop();
    rmSync(folder, { recursive: true });
  });
});
