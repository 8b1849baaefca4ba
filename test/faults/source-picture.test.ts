import assert from 'node:assert/strict';

import { EngineProbe } from '../support/engine.js';
import { startRtspServer } from '../support/servers/index.js';

describe('a camera whose picture is no picture', function () {
  this.timeout(60_000);

  it('is told as frozen, as black, and as well again', async () => {
    const told: string[] = [];
    const source = { frozenAfter: 1, blackAfter: 2 };
    let server = await startRtspServer({ pattern: 'smpte75' });
    const probe = await EngineProbe.open();
    const { testUrl: location } = server;
    const port = Number(new URL(location).port);
    const news = (n: number) => probe.until(() => probe.events.filter((event) => event.event === 'picture')[n]);
    await probe.start({ mode: 'realtime', producer: { backend: 'libav', width: 160 }, source: { location, ...source }, algos: [] });
    told.push((await news(0)).state);
    await server.stop();
    server = await startRtspServer({ pattern: 'black', port });
    for (const n of [1, 2, 3]) told.push((await news(n)).state);
    assert.deepEqual(told, ['frozen', 'ok', 'frozen', 'black'], 'what begins anew is well at first');
    assert.ok((await news(3)).seconds >= 2);
    await server.stop();
    server = await startRtspServer({ pattern: 'snow', port });
    assert.equal((await news(4)).state, 'ok');
    const before = probe.events.length;
    await probe.until(() => probe.events.slice(before).find((event) => event.event === 'progress' && event.position > 2.5));
    assert.equal(probe.events.filter(({ event }) => event === 'picture').length, 5, 'what moves is well');
    await probe.engine.close();
    await server.stop();
  });

  it('by the ffmpeg program too, whose frames have the size of the producer', async () => {
    const server = await startRtspServer({ pattern: 'black' });
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', producer: { backend: 'ffmpeg', width: 160 }, source: { location: server.testUrl, frozenAfter: 0, blackAfter: 1 }, algos: [] });
    assert.equal((await probe.event('picture')).state, 'black');
    await probe.engine.close();
    await server.stop();
  });
});
