import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

import { producerSchema, sourceSchema } from '../../dist/runtime/base/plan.js';
import { openEngineClient, probeApart } from '../../dist/runtime/index.js';
import { openBackend } from '../../dist/runtime/media/index.js';
import { cli } from '../support/cli.js';
import { dataPath, hasData } from '../support/data.js';
import { EngineProbe } from '../support/engine.js';
import { faultsIn, outcomesOf, type Target, targetOf } from '../support/hostile/many.js';
import { mediaTargets } from '../support/hostile/seeds.js';
import { blackPng, mutated, withTracks } from '../support/mutations/index.js';
import { assertFails } from '../support/tiny-models.js';

/** Broken files that are opened in all ways: libav from end to end, with frames left out, in realtime, and the ffmpeg program. */
const CASES = 120;
/** Broken files that an engine plays. */
const PLAYED = 20;
/** A file that passes a limit by a hair must not, one that keeps it must be read. */
const MOST_SIDE = 16_384;
const MOST_STREAMS = 256;

describe('broken and hostile videos and pictures', function () {
  this.timeout(180_000);
  let folder: string;
  let targets: Target[];
  before(function () {
    if (!hasData) this.skip();
    targets = mediaTargets();
    folder = mkdtempSync(join(tmpdir(), 'hostile-media-'));
  });
  after(() => { if (hasData) rmSync(folder, { recursive: true }); });

  const save = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  /** The file that `seed` breaks. */
  const broken = (seed: number): string => {
    const { name, bytes } = targetOf(targets, seed);
    return save(`${String(seed)}${extname(name)}`, mutated(bytes, name, seed));
  };
  const probeOf = (path: string, backend: 'libav' | 'ffmpeg' = 'libav', memoryLimitMib = 1000): ReturnType<typeof probeApart> =>
    probeApart(sourceSchema.parse({ location: path }), { backend, memoryLimitMib });

  it(`${String(CASES)} of them are played or refused with a code; none takes the process along, hangs, or takes much memory`, async () => {
    const outcomes = await outcomesOf(targets, 1, CASES);
    assert.equal(outcomes.length, CASES);
    assert.deepEqual(faultsIn(outcomes), []);
    const codes = new Set(outcomes.map(({ fate: { code } }) => code));
    assert.ok(codes.has('ok') && codes.has('SOURCE_OPEN_FAILED'), `some are broken enough, and some are not: ${[...codes].join()}`);
  });

  it(`an engine plays ${String(PLAYED)} of them: each stream ends, in order or with an error of its own, and the engine stays`, async () => {
    const probe = await EngineProbe.open((handlers) => openEngineClient({ threads: 2, memoryLimitMb: 2000 }, handlers));
    const seeds = Array.from({ length: PLAYED }, (_, i) => 5000 + i);
    const play = async (): Promise<void> => {
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
        const id = String(seed);
        await probe.start({ id, mode: 'offline', source: { location: broken(seed) }, algos: [{ id: 'm', name: 'motion', kind: 'motion', interval: 0.1 }] });
        const { reason, error } = await probe.ended(id);
        assert.ok(reason === 'finished' || error?.code.startsWith('SOURCE_'), `seed ${id}: ${JSON.stringify(error)}`);
      }
    };
    await Promise.all([play(), play(), play()]);
    await probe.start({ source: { location: dataPath('videos/odd/tiny_64x48.mp4') } });
    assert.equal((await probe.ended()).reason, 'finished');
    await probe.engine.close();
    assert.deepEqual(probe.engineEvents.map(({ event }) => event).filter((event) => event !== 'closed'), ['ready']);
  });

  it('the command line tells of each why it cannot be read, and ends with its exit code', async () => {
    const seeds = [7001, 7002, 7003, 7004];
    const job = (seed: number): string => save(`${String(seed)}.json`, Buffer.from(JSON.stringify({ mode: 'offline', source: broken(seed), algos: [{ name: 'motion', type: 'motion', interval: 1 }] })));
    for (const seed of seeds) {
      const [probed, run] = await Promise.all([cli(['probe', broken(seed)]), cli(['run', job(seed), '--quiet'])]);
      for (const { code, signal, stderr } of [probed, run]) {
        assert.equal(signal, null);
        assert.ok(code === 0 || (code === 3 && /^stream-infer: SOURCE_\w+: /m.test(stderr)), `seed ${String(seed)}: ${String(code)} ${stderr}`);
      }
    }
  });

  it('a file that takes all memory ends the process that probes it, and only that', async () => {
    await assertFails(probeOf(dataPath('videos/odd/tiny_64x48.mp4'), 'libav', 30), 'SOURCE_OPEN_FAILED', /the process that opened it ended: signal SIGKILL \(it took more than 30 MiB/);
  });

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: a picture of a longer side than ${String(MOST_SIDE)} pixels is refused with the limit and the way out`, async () => {
      const taken = await probeOf(save('most.png', blackPng(MOST_SIDE, 2)), backend);
      assert.deepEqual([taken.width, taken.height], [MOST_SIDE, 2]);
      await assertFails(probeOf(save('wide.png', blackPng(MOST_SIDE + 1, 2)), backend), 'SOURCE_OPEN_FAILED', /have 16385 × 2 pixels, at most 16384 × 16384 are taken: .*scale=/);
      await assertFails(probeOf(save('high.png', blackPng(2, MOST_SIDE + 1)), backend), 'SOURCE_OPEN_FAILED', /have 2 × 16385 pixels/);
    });

    it(`${backend}: a file of more than ${String(MOST_STREAMS)} streams is refused with the limit and the way out`, async () => {
      const mp4 = readFileSync(dataPath('videos/odd/tiny_64x48.mp4'));
      assert.equal((await probeOf(save('most.mp4', withTracks(mp4, MOST_STREAMS)), backend)).width, 64);
      await assertFails(probeOf(save('many.mp4', withTracks(mp4, MOST_STREAMS + 1)), backend), 'SOURCE_OPEN_FAILED', /it has 257 streams, at most 256 are taken: .*-map 0:v:0/);
    });
  }

  it('frames that grow beyond the limit in the middle of a stream end it', async () => {
    const jpeg = (size: string): Buffer => execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `color=size=${size}:rate=1`, '-frames:v', '1', '-f', 'mjpeg', 'pipe:1']);
    const path = save('grows.mjpeg', Buffer.concat([jpeg('64x48'), jpeg('64x48'), jpeg('16400x16')]));
    const { backend } = await openBackend({ backend: 'libav' });
    const decoder = await backend.openDecoder({ source: sourceSchema.parse({ location: path }), producer: producerSchema.parse({}), threads: 1, realtime: false });
    const readAll = async (): Promise<void> => {
      for (let picture = await decoder.next(); picture; picture = await decoder.next()) picture.release();
    };
    await assertFails(readAll(), 'SOURCE_OPEN_FAILED', /read .*grows\.mjpeg: its frames have 16400 × 16 pixels/);
    await decoder.close();
  });
});
