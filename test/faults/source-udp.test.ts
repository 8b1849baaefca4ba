import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { EngineProbe } from '../support/engine.js';
import { startLossyRtsp, startRtspServer } from '../support/servers/index.js';

const FRAMES = { id: 'w', name: 'window', kind: 'module' as const, module: resolve(__dirname, '../fixtures/algos/window-algo.cjs'), export: 'WindowAlgo', interval: 0 };

describe('a camera over UDP', function () {
  this.timeout(60_000);

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: goes on while one packet in twenty is lost, tells the damage, and pictures get no older`, async () => {
      const server = await startRtspServer({ size: '640x480', pattern: 'snow' });
      const way = await startLossyRtsp(server.testUrl, 20);
      const probe = await EngineProbe.open();
      await probe.start({ mode: 'realtime', producer: { backend }, source: { location: way.url, rtspTransport: 'udp' }, algos: [FRAMES] });
      const early = await probe.until(() => probe.results.find(({ position }) => position > 1));
      const earlyAtMs = performance.now();
      const late = await probe.until(() => probe.results.find(({ position }) => position > 4));
      const lagMs = performance.now() - earlyAtMs - 1000 * (late.position - early.position);
      assert.ok(lagMs < 1000, `pictures got ${Math.round(lagMs)} ms older in three seconds`);
      await probe.engine.close();
      const { totals } = await probe.ended();
      assert.ok(way.packets.lost > way.packets.came / 40, JSON.stringify(way.packets));
      assert.ok((totals.frames.dropped['decode'] ?? 0) >= 5, JSON.stringify(totals.frames));
      assert.deepEqual(probe.events.filter(({ event }) => event === 'stalled' || event === 'error'), []);
      await way.stop();
      await server.stop();
    });
  }
});
