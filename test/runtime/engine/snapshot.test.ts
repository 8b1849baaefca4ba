import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Engine, openEngine, openEngineClient, type Snapshot } from '../../../dist/runtime/engine/index.js';
import { EngineProbe } from '../../support/engine.js';
import { BEACH } from '../../support/flows.js';
import { decodeJpeg, type RgbPicture } from '../../support/pixels.js';

describe('engine: snapshots', () => {
  let folder: string;
  let probe: EngineProbe;
  let engine: Engine;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
    // says of each frame where something is: a box around its left half
    writeFileSync(join(folder, 'half.cjs'), 'module.exports = (frames) => { const { width, height } = frames.at(-1); return [{ label: "half", score: 1, classId: 3, box: { xmin: 4, ymin: 4, xmax: width / 2, ymax: height - 4 } }]; };');
  });
  beforeEach(async () => {
    probe = await EngineProbe.open((handlers) => openEngine({}, handlers));
    engine = probe.engine;
  });
  afterEach(() => engine.close());
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  const algos = (ids: readonly string[]): never[] => ids.map((id) => ({ id, name: id, kind: 'module', module: 'half.cjs', baseFolder: folder })) as never[];

  const pixelsOf = ({ jpeg }: Snapshot): Promise<RgbPicture> => decodeJpeg(jpeg);

  function differing(a: RgbPicture, b: RgbPicture): number {
    let count = 0;
    for (let i = 0; i < a.data.length; i += 3) if (Math.abs((a.data[i] as number) - (b.data[i] as number)) > 60) count += 1;
    return count;
  }

  it('is the next frame, at the width asked for, with the results drawn that are wanted', async () => {
    await probe.start({ mode: 'realtime', source: { location: 'test:' }, producer: { width: 320, height: 180 }, algos: algos(['a']) });
    await probe.until(() => probe.results[0]);
    await engine.command('s', { action: 'pause' });
    // the one that is under way, and one more: then none is
    const { index } = await engine.snapshot('s', { width: 16 });
    const stepped = engine.snapshot('s', { width: 16, after: index });
    await engine.command('s', { action: 'step' });
    await stepped;
    const drawn = await engine.snapshot('s', { width: 160 });
    const plain = await engine.snapshot('s', { width: 160, draw: [] });
    assert.deepEqual([drawn.width, drawn.height, plain.width, plain.height], [160, 90, 160, 90]);
    assert.equal(drawn.index, plain.index);
    const [a, b] = [await pixelsOf(drawn), await pixelsOf(plain)];
    assert.deepEqual([a.width, a.height], [160, 90]);
    assert.ok(differing(a, b) > 60, String(differing(a, b)));
    const other = await engine.snapshot('s', { width: 160, draw: ['of another'] });
    assert.deepEqual(other, plain);
  });

  it('a small one has no labels, which would hide what they tell of', async () => {
    await probe.start({ mode: 'realtime', source: { location: 'test:' }, producer: { width: 480, height: 270 }, algos: algos(['a']) });
    await probe.until(() => probe.results[0]);
    await engine.command('s', { action: 'pause' });
    /** Of the upper left corner, within the lines of the box, what is drawn there. */
    const inCorner = async (width: number): Promise<number> => {
      const [drawn, plain] = [await pixelsOf(await engine.snapshot('s', { width })), await pixelsOf(await engine.snapshot('s', { width, draw: [] }))];
      const corner = ({ width: row, data }: RgbPicture): Uint8Array => Uint8Array.from(Array.from({ length: 4 }, (_, y) => [...data.subarray(3 * ((y + 8) * row + 12), 3 * ((y + 8) * row + 40))]).flat());
      return differing({ width: 28, height: 4, data: corner(drawn) }, { width: 28, height: 4, data: corner(plain) });
    };
    assert.ok((await inCorner(480)) > 20);
    assert.equal(await inCorner(160), 0);
  });

  it('has the zones and lines of an algo that is drawn, though nothing is found', async () => {
    const areas = { zones: [{ name: 'door', polygon: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.9]] }], lines: [{ name: 'gate', from: [0.6, 0.1], to: [0.6, 0.9] }] };
    await probe.start({ mode: 'realtime', source: { location: 'test:' }, producer: { width: 320, height: 180 }, algos: [{ id: 'a', name: 'a', kind: 'code', code: 'return []', ...areas }] as never });
    await probe.until(() => probe.results[0]);
    await engine.command('s', { action: 'pause' });
    // the one that is under way, and one more: then none is
    const { index } = await engine.snapshot('s', { width: 16 });
    const stepped = engine.snapshot('s', { width: 16, after: index });
    await engine.command('s', { action: 'step' });
    await stepped;
    const [drawn, plain] = [await engine.snapshot('s', { width: 320 }), await engine.snapshot('s', { width: 320, draw: [] })];
    assert.equal(drawn.index, plain.index);
    const changed = differing(await pixelsOf(drawn), await pixelsOf(plain));
    assert.ok(changed > 100, String(changed));
  });

  it('each that is asked for is another frame, in the order of the stream', async () => {
    await probe.start({ mode: 'realtime', source: { location: 'test:' } });
    const first = await engine.snapshot('s', { width: 64 });
    const second = await engine.snapshot('s', { width: 64 });
    assert.ok(second.index > first.index && second.position > first.position);
  });

  it('is never wider than the stream, and even', async () => {
    await probe.start({ mode: 'realtime', source: { location: 'test:' }, producer: { width: 101, height: 51 } });
    const { width, height } = await engine.snapshot('s', { width: 1920 });
    assert.ok(width <= 102 && width % 2 === 0 && height % 2 === 0, `${width}×${height}`);
  });

  it('has no more bytes than it may', async () => {
    await probe.start({ mode: 'realtime', source: { location: BEACH, loop: true }, producer: {} });
    const whole = await engine.snapshot('s', { width: 480 });
    const { jpeg } = await engine.snapshot('s', { width: 480, maxBytes: 5000 });
    assert.ok(whole.jpeg.length > 5000, String(whole.jpeg.length));
    assert.ok(jpeg.length <= 5000, String(jpeg.length));
  });

  it('nothing is converted before somebody asks, and of a sparse stream the frame asked for is decoded', async () => {
    await probe.start({ mode: 'realtime', source: { location: BEACH, loop: true }, producer: {}, algos: algos(['a']).map((algo) => ({ ...(algo as object), interval: 1000 })) as never });
    await probe.until(() => probe.results[0]);
    const before = await engine.totals('s');
    assert.equal(before.frames.converted, 1);
    const { index } = await engine.snapshot('s', { width: 64 });
    assert.ok(index > 1);
    assert.equal((await engine.totals('s')).frames.converted, 2);
  });

  it('a paused stream steps frame by frame, and no other way', async () => {
    await probe.start({ mode: 'realtime', source: { location: BEACH }, producer: { fps: 10 } });
    await assert.rejects(engine.command('s', { action: 'step' }), { code: 'STATE_INVALID', message: /pause it first/ });
    await engine.snapshot('s', { width: 64 });
    await engine.command('s', { action: 'pause' });
    let { index } = await engine.snapshot('s', { width: 64 });
    for (let step = 1; step <= 3; step += 1) {
      const next = engine.snapshot('s', { width: 64, after: index });
      await engine.command('s', { action: 'step' });
      const { index: reached } = await next;
      assert.equal(reached, index + 1);
      index = reached;
    }
    await engine.command('s', { action: 'resume' });
    await probe.until(() => probe.events.find((event) => event.event === 'resumed'));
    assert.equal((await engine.snapshot('s', { width: 64 })).index, index + 1);
    assert.deepEqual((await engine.totals('s')).frames.dropped, {});
  });

  it('a stream that is stopped while it is paused, or steps, ends', async () => {
    await probe.start({ mode: 'realtime', source: { location: BEACH } });
    await engine.snapshot('s', { width: 64 });
    await engine.command('s', { action: 'pause' });
    const { index } = await engine.snapshot('s', { width: 64 });
    const waiting = assert.rejects(engine.snapshot('s', { width: 64, after: index }), { code: 'STATE_INVALID', message: /has ended/ });
    await engine.stop('s');
    await waiting;
    await assert.rejects(engine.snapshot('s', { width: 64 }), { code: 'STREAM_UNKNOWN' });
  });

  it('offline they change nothing of what comes out', async () => {
    const play = async (look: boolean): Promise<string> => {
      const own = await EngineProbe.open();
      await own.start({ source: { location: BEACH }, algos: algos(['a']) });
      let looked = 0;
      const looking = (async () => {
        while (look) {
          await own.engine.snapshot('s', { width: 160 });
          looked += 1;
        }
      })().catch(() => undefined);
      await own.ended();
      await looking;
      await own.engine.close();
      assert.ok(!look || looked > 3, String(looked));
      return JSON.stringify(own.results.map(({ frame, result }) => ({ frame, result })));
    };
    assert.equal(await play(true), await play(false));
  });

  it('the ffmpeg program gives them too', async () => {
    await probe.start({ mode: 'realtime', source: { location: BEACH, loop: true }, producer: { backend: 'ffmpeg', width: 320 } });
    const { width, jpeg } = await engine.snapshot('s', { width: 160 });
    assert.equal(width, 160);
    assert.deepEqual([...jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  });

  it('come across processes, with what the engine takes', async () => {
    const apart = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
    try {
      await apart.start({ mode: 'realtime', source: { location: 'test:' } });
      const { width, jpeg } = await apart.engine.snapshot('s', { width: 160 });
      assert.equal(width, 160);
      assert.ok(jpeg instanceof Uint8Array && jpeg.length > 500);
      const { memoryBytes, cpuSeconds } = await apart.engine.usage();
      assert.ok(memoryBytes > 30e6 && cpuSeconds > 0);
      assert.ok((await apart.engine.totals('s')).frames.delivered > 0);
    } finally {
      await apart.engine.close();
    }
  });
});
