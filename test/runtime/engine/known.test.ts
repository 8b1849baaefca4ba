import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { UserAlgo } from '../../../dist/runtime/algo/index.js';
import type { StreamPlanInput } from '../../../dist/runtime/base/index.js';
import { openEngine } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe } from '../../support/engine.js';
import { AnyServer } from '../../support/remote.js';

/** 240 frames at 15 a second. */
const VIDEO = { location: dataPath('videos/synthetic_crossing.mp4') };
const SIZE = { width: 960, height: 540 };
const SUM = (counts: Readonly<Record<string, number>> = {}): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('results that are known', () => {
  let folder: string;
  let server: AnyServer;
  let probe: EngineProbe;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'known-'));
    server = await AnyServer.start((_asked, response) => { response.end('"asked"'); });
  });
  beforeEach(() => { server.asked.length = 0; });
  afterEach(async () => { await probe.engine.close(); });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  type Line = { readonly algo: string; readonly index: number; readonly result: unknown };

  const linesTo = (last: number, results: (index: number) => readonly Omit<Line, 'index'>[]): Line[] => Array.from({ length: last }, (_, i) => results(i + 1).map((line) => ({ ...line, index: i + 1 }))).flat();

  /** As the field of a plan. */
  function known(lines: readonly Line[]): NonNullable<StreamPlanInput['known']> {
    const text = lines.map(({ algo, index, result }) => `${JSON.stringify({ stream: 's', algo, position: (index - 1) / 15, frame: { index, sourceIndex: index - 1, pts: (index - 1) / 15, ...SIZE }, result })}\n`).join('');
    const path = join(folder, 'results.jsonl');
    writeFileSync(path, text);
    return { path, bytes: Buffer.byteLength(text), until: lines.at(-1)?.index ?? 1 };
  }

  const remote = (name: string, more: object = {}) => ({ id: name, name, kind: 'remote' as const, protocol: 'json' as const, url: server.url, retries: 0, interval: 0, ...more });

  async function open(localAlgos: Record<string, UserAlgo> = {}): Promise<void> {
    probe = await EngineProbe.open((handlers) => openEngine({ localAlgos: new Map(Object.entries(localAlgos)) }, handlers));
  }

  it('are told again in their order, each once; asked is only for the others, and only their frames are decoded', async () => {
    await open();
    await probe.start({ source: VIDEO, algos: [remote('far')], known: known(linesTo(230, (index) => [{ algo: 'far', result: index }])) });
    const { totals } = await probe.ended();
    assert.deepEqual(probe.results.map(({ frame }) => frame.index), Array.from({ length: 240 }, (_, i) => i + 1));
    assert.deepEqual(probe.results.map(({ result }) => result), Array.from({ length: 240 }, (_, i) => (i < 230 ? i + 1 : 'asked')));
    assert.equal(server.asked.length, 10);
    assert.deepEqual(totals.algos['far'], { runs: 240, skipped: {} });
    assert.equal(totals.frames.delivered, 240);
    assert.ok(totals.frames.decoded < 60, `${totals.frames.decoded} frames decoded`);
    assert.equal(totals.stats.algos['far']?.inference.count, 10);
  });

  it('are not looked up for an algo that keeps something: it is run on every frame', async () => {
    const seen: number[] = [];
    await open({ near: { run: ([frame]) => { seen.push(frame?.index ?? 0); return 'run'; } } });
    const lines = linesTo(20, (index) => [{ algo: 'near', result: index }, { algo: 'far', result: index }]);
    await probe.start({ source: { location: 'test:?width=64&height=32&fps=10&seconds=3' }, algos: [{ id: 'near', name: 'near', kind: 'local', interval: 0 }, remote('far')], known: known(lines) });
    await probe.ended();
    assert.equal(seen.length, 30);
    assert.ok(probe.results.filter(({ algo }) => algo === 'near').every(({ result }) => result === 'run'));
    assert.equal(server.asked.length, 10);
  });

  it('a turn that gave nothing before gives nothing, and is told', async () => {
    await open();
    const lines = linesTo(100, (index) => (index % 10 === 5 ? [] : [{ algo: 'far', result: index }]));
    await probe.start({ source: VIDEO, algos: [remote('far', { frameCount: 2, frameStep: 2 })], known: known(lines.filter(({ index }) => index > 3)) });
    const { totals } = await probe.ended();
    // too few frames at 1, 2 and 3; nothing at 5, 15 …
    assert.deepEqual(totals.algos['far'], { runs: 227, skipped: { window: 3, failed: 10 } });
    assert.deepEqual([...new Set(probe.errorCodes())], ['ALGO_RUN_FAILED']);
    assert.equal(server.asked.length, 140);
  });

  it('on crops are taken where the things are those of before; where they are others the algo is run', async () => {
    const box = (xmin: number) => ({ xmin, ymin: 0, xmax: xmin + 30, ymax: 30 });
    await open({ near: { run: ([frame]) => [{ label: 'a', score: 1, box: box((frame?.index ?? 0) > 10 ? 20 : 10) }] } });
    const lines = linesTo(20, () => [{ algo: 'far', result: [{ label: 'a', score: 1, box: box(10), parts: { far: 'known' } }] }]);
    await probe.start({
      source: { location: 'test:?width=64&height=32&fps=10&seconds=3' }, known: known(lines),
      algos: [{ id: 'near', name: 'near', kind: 'local', interval: 0 }, remote('far', { crops: { of: 'near' } })],
    });
    await probe.ended();
    const parts = probe.results.filter(({ algo }) => algo === 'far').map(({ result }) => (result as { parts: { far: string } }[])[0]?.parts.far);
    assert.deepEqual(parts, Array.from({ length: 30 }, (_, i) => (i < 10 ? 'known' : 'asked')));
  });

  it('wait while the stream is paused, and a stop lets none be lost without a count', async () => {
    await open();
    await probe.start({ source: VIDEO, algos: [remote('far')], known: known(linesTo(200, (index) => [{ algo: 'far', result: index }])) });
    await probe.engine.command('s', { action: 'pause' });
    await probe.event('started');
    // steps over frames that are decoded, until one leads over some that are left out: what is known of the first is told before the pause is felt, and no more
    let isHeld = false;
    for (let told = 1; !isHeld; told += 1) {
      await probe.engine.command('s', { action: 'step' });
      await probe.until(() => probe.results[told - 1]);
      const { algos, frames } = await probe.engine.totals('s');
      assert.equal(algos['far']?.runs, told);
      // the next frame has come, and waits until all is told that was before it
      isHeld = frames.decoded + frames.skipped > frames.delivered;
    }
    assert.ok(probe.results.length < 200, `${probe.results.length} results`);
    await probe.engine.stop('s');
    const { totals, reason } = await probe.ended();
    assert.equal(reason, 'stopped');
    const { runs, skipped } = totals.algos['far'] ?? assert.fail();
    assert.equal(runs + SUM(skipped), totals.frames.delivered, JSON.stringify(totals.algos));
    assert.deepEqual(Object.keys(skipped), ['stopped']);
    assert.equal(probe.results.length, runs);
    assert.equal(server.asked.length, 0);
  });

  for (const [what, text] of Object.entries({ 'no JSON': 'x\n', 'another line': '{"event":"ended"}\n', 'half a line': '{"algo":"far","fr' })) {
    it(`a file of ${what} fails the stream, and says which`, async () => {
      await open();
      const path = join(folder, 'broken.jsonl');
      writeFileSync(path, text);
      await probe.start({ source: VIDEO, algos: [remote('far')], known: { path, bytes: text.length, until: 5 } });
      const { reason, error } = await probe.ended();
      assert.equal(reason, 'failed');
      assert.equal(error?.code, 'OPTION_INVALID');
      assert.match(error.message, /known: read the results in .*broken\.jsonl/);
    });
  }

  it('a file that is not there fails the stream', async () => {
    await open();
    await probe.start({ source: VIDEO, algos: [remote('far')], known: { path: join(folder, 'none.jsonl'), bytes: 5, until: 5 } });
    assert.equal((await probe.ended()).error?.code, 'OPTION_INVALID');
  });
});
