import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { AlgoResult } from '../../../dist/runtime/base/index.js';
import { openLibavBackend } from '../../../dist/runtime/media/backends/libav/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe } from '../../support/engine.js';
import { decoderOptions, readAll, readBarcode, withDecoder } from '../media/backends/ffmpeg/support.js';

const FIXTURES = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');
const WINDOW = { id: 'w', name: 'window', kind: 'module' as const, module: FIXTURES, export: 'WindowAlgo' };
/** 20 s of 30 frames a second, with B-frames; every frame carries its number. */
const VIDEO = dataPath('oracle/videos/v360_30.mp4');

/** Source frames that the runs of a window get from `first` on, at 30 frames a second. */
function windows(first: number, { frameCount, frameStep, interval }: { frameCount: number; frameStep: number; interval: number }, runs: number): number[][] {
  const full = first + Math.max(1, frameCount * frameStep) - 1;
  return Array.from({ length: runs }, (_, i) => Array.from({ length: frameCount }, (_, j) => full + Math.round(i * interval * 30) - (frameCount - 1 - j) * frameStep));
}

function framesOf(results: readonly AlgoResult[], streamId: string): unknown[] {
  return results.filter((result) => result.streamId === streamId).map(({ result }) => result);
}

describe('engine, realtime, frames that nobody uses', function () {
  this.timeout(90_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'realtime-demand-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('streams of one file get the windows of their times, and the rest is not decoded', async () => {
    const one = { frameCount: 1, frameStep: 0, interval: 1 };
    const three = { frameCount: 3, frameStep: 4, interval: 1.5 };
    const probe = await EngineProbe.open();
    const source = { location: VIDEO, position: 15 };
    await probe.start({ id: 'a', name: 'a', mode: 'realtime', source, algos: [{ ...WINDOW, ...one }] });
    await probe.start({ id: 'b', name: 'b', mode: 'realtime', source, producer: { width: 64 }, algos: [{ ...WINDOW, ...three }] });
    for (const id of ['a', 'b']) {
      const { totals } = await probe.ended(id);
      const { decoded, skipped, delivered, dropped } = totals.frames;
      assert.equal(decoded + skipped, 150);
      assert.ok(skipped > 30, `${skipped} frames were not decoded`);
      assert.equal(delivered + (dropped['late'] ?? 0), 150);
      // on a machine that does not keep up the frames are others
      if (dropped['late'] === undefined) assert.deepEqual(framesOf(probe.results, id), id === 'a' ? windows(450, one, 5) : windows(450, three, 4));
    }
    const last = probe.results.findLast(({ streamId }) => streamId === 'a');
    assert.equal((last?.frame.sourceIndex ?? 0) - 449 - (last?.frame.index ?? 0), 0, 'frames left out are counted as delivered');
    await probe.engine.close();
  });

  it('a recorder that is started gets every frame from then on', async () => {
    const probe = await EngineProbe.open();
    await probe.start({
      mode: 'realtime', source: { location: VIDEO }, algos: [{ ...WINDOW, interval: 1 }],
      recorders: [{ id: 'r', path: join(folder, 'part.mp4'), enabled: false }],
    });
    await probe.until(() => probe.results[1]);
    await probe.engine.command('s', { action: 'recorder', recorderId: 'r', do: 'start' });
    await probe.until(() => probe.results[3]);
    await probe.engine.command('s', { action: 'recorder', recorderId: 'r', do: 'stop' });
    const finished = await probe.until(() => probe.events.find((event) => event.event === 'recording' && event.state === 'finished'));
    assert.ok(finished.event === 'recording' && (finished.frames ?? 0) > 30);
    await probe.engine.stop('s');
    const { frames } = (await probe.ended()).totals;
    await probe.engine.close();
    const numbers = await withDecoder(await openLibavBackend(), decoderOptions(finished.path), (decoder) => readAll(decoder, readBarcode));
    assert.equal(numbers.length, finished.frames);
    assert.ok((numbers[0] ?? 0) > 30, 'it began after the second run');
    if (frames.dropped['late'] === undefined) assert.deepEqual(numbers, numbers.map((_, i) => (numbers[0] as number) + i));
    assert.ok(frames.skipped > 0);
  });

  it('a run that is asked for comes at once, also where nothing is decoded, and after a seek and in a loop windows are whole', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: VIDEO, loop: true }, algos: [{ ...WINDOW, frameCount: 2, frameStep: 3, interval: 60, enabled: false }] });
    await probe.until(() => probe.events.filter(({ event }) => event === 'progress').length > 2 || undefined);
    const before = await probe.until(() => probe.events.findLast((event) => event.event === 'progress'));
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'run' });
    const asked = await probe.until(() => probe.results[0]);
    assert.ok(asked.position > before.position && asked.position < before.position + 2, `asked at ${before.position}, came at ${asked.position}`);
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'enable' });
    await probe.engine.command('s', { action: 'algo', algoId: 'w', do: 'set', interval: 1 });
    await probe.engine.command('s', { action: 'seek', position: 18 });
    await probe.until(() => probe.results.find(({ stream }) => stream.epoch === 2));
    await probe.engine.stop('s');
    await probe.engine.close();
    for (const { result } of probe.results) assert.equal((result as number[])[1], (result as number[])[0] as number + 3, JSON.stringify(result));
    const sought = probe.results.find(({ stream }) => stream.epoch === 1);
    assert.deepEqual(sought?.result, [542, 545], 'the first window behind the place sought');
  });
});
