import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import type { AlgoResult, Frame, StreamEvent, StreamPlanInput } from '../../../dist/runtime/base/index.js';
import { openEngine } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe } from '../../support/engine.js';
import { countConnections, startHttpServer, startRtspServer } from '../../support/servers/index.js';

type Plan = Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'>;

const FIXTURES = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');
const WINDOW = { id: 'w', name: 'window', kind: 'module' as const, module: FIXTURES, export: 'WindowAlgo' };
const VIDEO = dataPath('oracle/videos/v360_30.mp4');
/** A hundred frames. */
const PATTERN = { location: 'test:?width=64&height=36&fps=25&seconds=4' };

/** Size and pixels of each frame of the window. */
const PRINT = { run: (frames: readonly Frame[]) => frames.map(({ width, height, data }) => `${String(width)}x${String(height)} ${createHash('sha1').update(data).digest('hex')}`) };

function printing(algo: object): NonNullable<StreamPlanInput['algos']>[number] {
  return { id: 'print', name: 'print', kind: 'local', ...algo };
}

function resultsOf(probe: EngineProbe, streamId: string): Partial<AlgoResult>[] {
  return probe.results.filter((result) => result.streamId === streamId).map(({ algo, position, frame, stream, result }) => ({ algo, position, frame, stream, result }));
}

function countOf(probe: EngineProbe, kind: StreamEvent['event'], streamId: string): number {
  return probe.events.filter(({ event, streamId: id }) => event === kind && id === streamId).length;
}

/** Starts all of them together, and plays them to their ends. */
async function playTogether(plans: readonly Plan[]): Promise<EngineProbe> {
  const probe = await EngineProbe.open((handlers) => openEngine({ localAlgos: new Map([['print', PRINT]]) }, handlers));
  for (const plan of plans) await probe.start(plan);
  for (const { id } of plans) await probe.ended(id);
  await probe.engine.close();
  return probe;
}

describe('engine, streams of one source', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'shared-decode-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  for (const [title, source, producer] of [
    ['a file', { location: VIDEO }, {}],
    ['a file from a position', { location: VIDEO, position: 4.5 }, {}],
    ['a file read by the ffmpeg program', { location: VIDEO }, { backend: 'ffmpeg' }],
  ] as const) {
    it(`${title}: whatever their size, rate and algos, the results of each are those that it gives alone`, async () => {
      const plans: Plan[] = [
        { id: 'a', name: 'a', source, producer: { ...producer, width: 160, fps: 10 }, algos: [printing({ frameCount: 3, frameStep: 4, interval: 2 })] },
        { id: 'b', name: 'b', source, producer: { ...producer, fps: 7 }, algos: [printing({ interval: 1.5 }), { ...WINDOW, frameCount: 2, interval: 3 }] },
        { id: 'c', name: 'c', source, producer, algos: [printing({ interval: 5 })], recorders: [{ id: 'r', path: join(folder, 'c.mp4') }] },
      ];
      const together = await playTogether(plans);
      for (const plan of plans) {
        const alone = await playTogether([plan]);
        const id = String(plan.id);
        assert.ok(resultsOf(alone, id).length > 2);
        assert.deepEqual(resultsOf(together, id), resultsOf(alone, id));
        const [shared, own] = [await together.ended(id), await alone.ended(id)];
        assert.deepEqual([shared.reason, shared.totals.algos], [own.reason, own.totals.algos]);
        assert.deepEqual(frameCounts(shared), frameCounts(own));
      }
    });
  }

  function frameCounts({ totals: { frames } }: Awaited<ReturnType<EngineProbe['ended']>>): object {
    return { all: frames.decoded + frames.skipped, thinned: frames.thinned, delivered: frames.delivered, dropped: frames.dropped };
  }

  it('are decoded once: what any of them uses, for all', async () => {
    const plans: Plan[] = [1, 7].map((interval) => ({ id: `every ${String(interval)}`, source: { location: VIDEO }, algos: [{ ...WINDOW, interval }] }));
    const decodedOf = async (probe: EngineProbe, plan: Plan | undefined): Promise<number> => (await probe.ended(plan?.id)).totals.frames.decoded;
    const together = await playTogether(plans);
    const often = await decodedOf(together, plans[0]);
    assert.equal(await decodedOf(together, plans[1]), often);
    const alone = await playTogether(plans.slice(1));
    assert.ok((await decodedOf(alone, plans[1])) < often, 'alone it needs less');
  });

  it('read it once', async () => {
    const server = await startHttpServer({ folder: dirname(VIDEO) });
    const plan = { source: { location: `${server.url}/v360_30.mp4` }, algos: [{ ...WINDOW, interval: 1 }] };
    await playTogether([{ ...plan, id: 'a' }]);
    const alone = server.requests.length;
    await playTogether(['a', 'b', 'c'].map((id) => ({ ...plan, id })));
    assert.equal(server.requests.length, 2 * alone);
    await server.stop();
  });

  it('end each for itself: one is stopped, the other goes on to its end', async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((done) => { go = done; });
    const waiting = { run: async ([frame]: readonly Frame[]): Promise<number> => {
      if ((frame?.index ?? 0) > 10) await gate;
      return frame?.index ?? 0;
    } };
    const probe = await EngineProbe.open((handlers) => openEngine({ localAlgos: new Map([['wait', waiting]]) }, handlers));
    await probe.start({ id: 'a', source: PATTERN, algos: [{ id: 'wait', name: 'wait', kind: 'local', interval: 0 }] });
    await probe.start({ id: 'b', source: PATTERN, algos: [{ ...WINDOW, interval: 0 }] });
    await probe.until(() => resultsOf(probe, 'a')[9]);
    const stopped = probe.engine.stop('a');
    go();
    await stopped;
    const [a, b] = [await probe.ended('a'), await probe.ended('b')];
    assert.equal(a.reason, 'stopped');
    assert.ok(Number(a.totals.algos['wait']?.runs) < 100);
    assert.deepEqual([b.reason, b.totals.algos['window']?.runs, b.totals.frames.delivered], ['finished', 100, 100]);
    await assert.rejects(probe.engine.command('a', { action: 'pause' }), { code: 'STREAM_UNKNOWN' });
    await probe.engine.close();
  });

  const BROKEN: readonly [string, Partial<Plan>, string][] = [
    ['an algo of one does not open', { algos: [{ ...WINDOW, module: '/nowhere.cjs' }] }, 'MODULE_LOAD_FAILED'],
    ['a recording of one cannot be written', { recorders: [{ id: 'r', path: '/dev/null/video.mp4' }] }, 'RECORD_OPEN_FAILED'],
  ];
  for (const [title, broken, code] of BROKEN) {
    it(`fail each for itself: ${title}, the other finishes`, async () => {
      const probe = await playTogether([
        { id: 'bad', source: PATTERN, ...broken },
        { id: 'good', source: PATTERN, algos: [{ ...WINDOW, interval: 0 }] },
      ]);
      const [bad, good] = [await probe.ended('bad'), await probe.ended('good')];
      assert.deepEqual([bad.reason, bad.error?.code], ['failed', code]);
      assert.deepEqual([good.reason, good.totals.algos['window']?.runs], ['finished', 100]);
      assert.equal(countOf(probe, 'error', 'good'), 0);
    });
  }

  it('all fail with their source', async () => {
    const probe = await playTogether(['a', 'b'].map((id) => ({ id, source: { location: '/nowhere.mp4' }, algos: [WINDOW] })));
    for (const id of ['a', 'b']) {
      const { reason, error } = await probe.ended(id);
      assert.deepEqual([reason, error?.code, countOf(probe, 'connecting', id)], ['failed', 'SOURCE_NOT_FOUND', 1]);
    }
  });

  it('pause, resume and seek together, and once', async () => {
    const probe = await EngineProbe.open();
    const plan: Plan = { mode: 'realtime', source: { location: 'test:?width=64&height=36&fps=20&seconds=60' }, algos: [{ ...WINDOW, interval: 0 }] };
    await probe.start({ ...plan, id: 'a' });
    await probe.start({ ...plan, id: 'b', producer: { fps: 10 } });
    await probe.until(() => resultsOf(probe, 'a')[3] && resultsOf(probe, 'b')[1]);
    await probe.engine.command('a', { action: 'pause' });
    await Promise.all([probe.event('paused', 'a'), probe.event('paused', 'b')]);
    await probe.engine.command('b', { action: 'resume' });
    await Promise.all(['a', 'b'].map((id) => probe.engine.command(id, { action: 'seek', position: 30 })));
    const epochOf = (id: string): number => Math.max(...resultsOf(probe, id).map(({ stream }) => stream?.epoch ?? 0));
    await probe.until(() => (epochOf('a') > 0 && epochOf('b') > 0 ? true : undefined));
    const count = probe.results.length;
    await probe.until(() => probe.results[count + 10]);
    for (const id of ['a', 'b']) {
      assert.deepEqual([epochOf(id), countOf(probe, 'paused', id), countOf(probe, 'resumed', id)], [1, 1, 1]);
      const after = probe.results.find((result) => result.streamId === id && result.stream.epoch === 1);
      assert.ok(after !== undefined && after.position >= 30 && after.position < 32, String(after?.position));
    }
    await probe.engine.command('a', { action: 'seek', position: 0 });
    await probe.until(() => (epochOf('b') === 2 ? true : undefined));
    await probe.engine.close();
  });

  it('of two source nodes have nothing to do with each other', async () => {
    const probe = await EngineProbe.open();
    const plan: Plan = { mode: 'realtime', source: { location: 'test:?width=64&height=36&fps=20&seconds=60' }, algos: [{ ...WINDOW, interval: 0 }] };
    await probe.start({ ...plan, id: 'a', sourceId: 'n1' });
    await probe.start({ ...plan, id: 'b', sourceId: 'n2' });
    await probe.until(() => resultsOf(probe, 'a')[0] && resultsOf(probe, 'b')[0]);
    await probe.engine.command('a', { action: 'pause' });
    await probe.event('paused', 'a');
    const count = resultsOf(probe, 'b').length;
    await probe.until(() => resultsOf(probe, 'b')[count + 5]);
    assert.equal(countOf(probe, 'paused', 'b'), 0);
    await probe.engine.close();
  });

  it('a camera has one connection, for streams that come together and for one that comes later; it outlives the first', async () => {
    const camera = await startRtspServer();
    const counter = await countConnections(camera.testUrl);
    const plan: Plan = { mode: 'realtime', source: { location: counter.url }, algos: [{ ...WINDOW, interval: 0 }] };
    const probe = await EngineProbe.open();
    await probe.start({ ...plan, id: 'a' });
    await probe.start({ ...plan, id: 'b', producer: { width: 160, fps: 5 } });
    await probe.until(() => resultsOf(probe, 'a')[20] && resultsOf(probe, 'b')[2]);
    await probe.start({ ...plan, id: 'late', producer: { height: 120 } });
    const { stream } = await probe.event('started', 'late');
    assert.deepEqual([stream.epoch, stream.width, stream.fps, countOf(probe, 'connecting', 'late')], [0, 320, 15, 1]);
    await probe.until(() => resultsOf(probe, 'late')[3]);
    assert.equal(counter.count(), 1);
    await Promise.all([probe.engine.stop('a'), probe.engine.stop('b')]);
    const count = resultsOf(probe, 'late').length;
    await probe.until(() => resultsOf(probe, 'late')[count + 5]);
    await probe.engine.stop('late');
    const { frames } = (await probe.ended('late')).totals;
    assert.equal(resultsOf(probe, 'late')[0]?.frame?.index, 1, 'counted from its own beginning');
    assert.ok(frames.decoded - frames.delivered <= 1, 'but for one that was on its way');
    assert.equal(counter.count(), 1);
    await probe.engine.close();
    await camera.stop();
    await counter.stop();
  });

  it('a stream that comes while the last one of its camera ends plays all the same', async () => {
    const server = await startHttpServer();
    const plan: Plan = { mode: 'realtime', source: { location: `${server.url}/mjpeg` }, algos: [{ ...WINDOW, interval: 0 }] };
    const probe = await EngineProbe.open();
    await probe.start({ ...plan, id: 'a' });
    await probe.until(() => resultsOf(probe, 'a')[1]);
    const stopped = probe.engine.stop('a');
    await probe.start({ ...plan, id: 'b' });
    await stopped;
    await probe.until(() => resultsOf(probe, 'b')[1]);
    await probe.engine.close();
    assert.equal((await probe.ended('b')).reason, 'stopped');
    await server.stop();
  });

  it('a file that plays is not joined: a stream that comes later gets all of it, from its first frame on', async () => {
    const probe = await EngineProbe.open();
    const source = { location: 'test:?width=64&height=36&fps=25&seconds=2' };
    await probe.start({ id: 'a', mode: 'realtime', source, algos: [{ ...WINDOW, interval: 0 }] });
    await probe.until(() => resultsOf(probe, 'a')[5]);
    await probe.start({ id: 'b', mode: 'realtime', source, algos: [{ ...WINDOW, interval: 0 }] });
    const { totals: { frames } } = await probe.ended('b');
    assert.equal(frames.delivered + (frames.dropped['late'] ?? 0), 50);
    assert.deepEqual(resultsOf(probe, 'b')[0]?.result, [0]);
    await probe.engine.close();
  });
});
