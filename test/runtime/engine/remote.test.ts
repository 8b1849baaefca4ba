import assert from 'node:assert/strict';

import { AnyServer } from '../../support/remote.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';

const SMALL = { location: 'test:?width=64&height=48&fps=25&seconds=600' };

describe('engine: an algo on a server', () => {
  it('the stream plays before the server is there, while it is gone and when it is back; every turn is counted, errors are told once', async () => {
    let server = await AnyServer.start((_asked, response) => { response.end('"fine"'); });
    const port = Number(new URL(server.url).port);
    await server.stop();
    const probe = await EngineProbe.open();
    await probe.start({
      source: SMALL, mode: 'realtime',
      algos: [{ id: 'far', name: 'far', kind: 'remote', protocol: 'json', body: 'raw', url: server.url, retries: 0, interval: 0, timeout: 5 }, { id: 'm', name: 'motion', kind: 'motion', interval: 0 }],
    });
    await probe.event('started');
    const waiting = await probe.until(() => probe.events.find((event) => event.event === 'algo' && event.state === 'waiting'));
    assert.ok(waiting.event === 'algo' && waiting.retryIn === 1 && waiting.error?.code === 'REMOTE_UNREACHABLE');
    server = await AnyServer.start((_asked, response) => { response.end('"fine"'); }, port);
    const back = async (): Promise<void> => { await probe.until(() => probe.results.find(({ algoId, position }) => algoId === 'far' && position > lastTrouble())); };
    const lastTrouble = (): number => troubleAt;
    let troubleAt = 0;
    await back();
    await server.stop();
    const count = probe.events.length;
    await probe.until(() => probe.events.slice(count).find((event) => event.event === 'algo' && event.state === 'waiting'));
    troubleAt = probe.results.at(-1)?.position ?? 0;
    server = await AnyServer.start((_asked, response) => { response.end('"fine"'); }, port);
    await back();
    await probe.engine.stop('s');
    const { totals } = await probe.ended();
    await probe.engine.close();
    await server.stop();
    const { runs, skipped } = totals.algos['far'] ?? { runs: 0, skipped: {} };
    assert.ok(runs >= 2 && (skipped['failed'] ?? 0) >= 6, JSON.stringify(totals.algos));
    const errors = probe.events.filter((event) => event.event === 'error');
    assert.ok(errors.length <= 3, JSON.stringify(errors));
    assert.ok(probe.results.some(({ algoId }) => algoId === 'm'));
  });

  it('a model whose server comes late is opened when it is there; a hanging one holds up nothing', async () => {
    const server = await AnyServer.start(() => undefined);
    const probe = await EngineProbe.open();
    await probe.start({ source: SMALL, mode: 'realtime', algos: [{ id: 'far', name: 'far', kind: 'remote', url: server.url, model: 'm', timeout: 1, interval: 0 }, { id: 'm', name: 'motion', kind: 'motion', interval: 0 }] });
    await probe.until(() => probe.results[0]);
    const error = await probe.event('error');
    assert.equal(error.error.code, 'ALGO_TIMEOUT');
    await probe.until(() => probe.events.filter((event) => event.event === 'algo' && event.algoId === 'far' && event.state === 'opening').length >= 2 || undefined);
    await probe.engine.close();
    await server.stop();
    assert.deepEqual(probe.errorCodes(), ['ALGO_TIMEOUT']);
  });

  it('offline a server that is gone ends the stream; one that is there gives a result for every turn, in order, several at once', async () => {
    const gone = await playToEnd({ source: { location: 'test:?width=64&height=48&fps=25&seconds=1' }, algos: [{ id: 'far', name: 'far', kind: 'remote', url: 'http://127.0.0.1:1', model: 'm', retries: 0 }] });
    assert.equal(gone.end.reason, 'failed');
    assert.equal(gone.end.error?.code, 'REMOTE_UNREACHABLE');
    let underWay = 0;
    let most = 0;
    const server = await AnyServer.start((asked, response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      // later ones are answered earlier
      const index = Number(asked.headers['x-frame-index']);
      setTimeout(() => { underWay -= 1; response.end(String(index)); }, 60 - (index % 4) * 15);
    });
    const played = await playToEnd({
      source: { location: 'test:?width=64&height=48&fps=25&seconds=2' },
      algos: [{ id: 'far', name: 'far', kind: 'remote', protocol: 'json', body: 'raw', url: server.url, interval: 0, concurrency: 4 }],
    });
    await server.stop();
    assert.equal(played.end.reason, 'finished');
    assert.deepEqual(played.results.map(({ result }) => result), Array.from({ length: 50 }, (_, i) => i + 1));
    assert.ok(most > 1 && most <= 4, `${most} at once`);
  });
});
