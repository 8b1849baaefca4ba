import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { AlgoStats, StreamStats } from '../../../dist/runtime/base/index.js';
import { openEngine, openEngineClient } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';
import { startHttpServer } from '../../support/servers/index.js';

const FIXTURES = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');
const WINDOW = { id: 'w', name: 'window', kind: 'module' as const, module: FIXTURES, export: 'WindowAlgo' };
const MODEL = { id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx') };
/** Ten frames. */
const SOURCE = { location: 'test:?width=320&height=180&fps=10&seconds=1' };

function countsOf({ decode, encode, algos }: StreamStats): object {
  const ofAlgo = (stats: AlgoStats): object => Object.fromEntries(Object.entries(stats).map(([cost, { count }]) => [cost, count]));
  return { decode: decode.count, encode: encode.count, ...Object.fromEntries(Object.entries(algos).map(([name, stats]) => [name, ofAlgo(stats)])) };
}

describe('stats of a stream', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'stats-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('count each picture, each run by its parts, and each frame that a recorder wrote', async () => {
    const { end } = await playToEnd({
      source: SOURCE, algos: [{ ...WINDOW, interval: 0 }, { ...MODEL, interval: 0.5 }],
      recorders: ['a', 'b'].map((id) => ({ id, path: join(folder, `${id}.mp4`) })),
    });
    assert.deepEqual(countsOf(end.totals.stats), {
      decode: 10, encode: 20,
      window: { convert: 10, wait: 10, inference: 10, postprocess: 0, age: 10 },
      objects: { convert: 2, wait: 2, inference: 2, postprocess: 2, age: 2 },
    });
  });

  it('leave out runs that gave nothing', async () => {
    const { end } = await playToEnd({ source: SOURCE, algos: [{ ...WINDOW, export: 'ThrowingAlgo', kwargs: { where: 'run' }, interval: 0 }] });
    assert.deepEqual(countsOf(end.totals.stats), { decode: 10, encode: 0, window: { convert: 0, wait: 0, inference: 0, postprocess: 0, age: 0 } });
  });

  it('go on when a lane dies and is replaced', async () => {
    const { end, results } = await playToEnd({ source: SOURCE, algos: [{ ...WINDOW, export: 'LeavingOnceAlgo', kwargs: { at: 4 }, interval: 0 }] });
    const runs = end.totals.algos['window']?.runs ?? 0;
    assert.equal(end.reason, 'finished');
    assert.ok(results.some(({ frame }) => frame.sourceIndex < 4) && results.some(({ frame }) => frame.sourceIndex > 4));
    assert.ok(runs < 10, 'the one that died gave no result');
    assert.equal(end.totals.stats.algos['window']?.inference.count, runs);
  });

  it('do not count the wait for a live source as decoding', async () => {
    const server = await startHttpServer();
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: `${server.url}/mjpeg` }, algos: [{ ...WINDOW, interval: 0 }] });
    await probe.until(() => probe.results[2]);
    const { decode, algos } = await probe.engine.stats('s');
    await probe.engine.close();
    await server.stop();
    assert.equal(decode.count, 0);
    assert.ok((algos['window']?.age.count ?? 0) >= 3);
  });

  const engines = { 'the engine of this process': openEngine, 'an engine process': openEngineClient };
  for (const [where, open] of Object.entries(engines)) {
    describe(`asked of ${where}`, () => {
      it('come at any time while it plays, and grow', async () => {
        const probe = await EngineProbe.open((handlers) => open({}, handlers));
        await probe.start({ mode: 'realtime', source: { location: 'test:?width=64&height=32&fps=20' }, algos: [{ ...WINDOW, interval: 0 }] });
        const early = await probe.engine.stats('s');
        assert.deepEqual(Object.keys(early.algos), ['window']);
        await probe.until(() => probe.results[2]);
        const { decode, algos } = await probe.engine.stats('s');
        assert.ok(decode.count >= 3 && decode.count >= early.decode.count);
        assert.ok((algos['window']?.age.count ?? 0) >= 3);
        await probe.engine.close();
        const { totals } = await probe.ended();
        assert.ok(totals.stats.decode.count >= decode.count);
      });

      it('are refused for a stream that is not there', async () => {
        const probe = await EngineProbe.open((handlers) => open({}, handlers));
        await assert.rejects(probe.engine.stats('nobody'), { code: 'STREAM_UNKNOWN', message: /nobody/ });
        await probe.engine.close();
      });
    });
  }

  it('are refused at once for a stream that has just ended', async () => {
    const asked: Promise<unknown>[] = [];
    const probe: EngineProbe = await EngineProbe.open((handlers) => openEngine({}, {
      ...handlers,
      onEvent: (event) => {
        handlers.onEvent(event);
        if (event.event === 'ended') asked.push(probe.engine.stats('s'));
      },
    }));
    await probe.start({ source: SOURCE });
    await probe.ended();
    await assert.rejects(asked[0] ?? assert.fail('nobody asked'), { code: 'STATE_INVALID' });
    await probe.engine.close();
  });
});
