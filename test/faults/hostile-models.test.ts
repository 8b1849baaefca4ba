import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { openEngineClient, inspectModelApart, testModelApart } from '../../dist/runtime/index.js';
import { cli } from '../support/cli.js';
import { dataPath, hasData } from '../support/data.js';
import { EngineProbe } from '../support/engine.js';
import { faultsIn, outcomesOf } from '../support/hostile/many.js';
import { boxes, classifier, hostileModels, memoryEater } from '../support/hostile/models.js';
import { modelTargets } from '../support/hostile/seeds.js';
import { Victim } from '../support/hostile/victim.js';
import { assertFails } from '../support/tiny-models.js';

/** Broken models that are inspected, opened and run. */
const CASES = 160;
const ALGOS = resolve(__dirname, '../fixtures/algos/hostile-algo.cjs');
const PICTURE = 'test:?width=320&height=240&seconds=0.2';

describe('broken and hostile models, and answers', function () {
  this.timeout(180_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'hostile-models-')); });
  after(() => { rmSync(folder, { recursive: true }); });

  const save = (name: string, bytes: Uint8Array | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  it(`${String(CASES)} broken models run or are refused with a code; none takes the process along, hangs, or takes much memory`, async function () {
    if (!hasData) this.skip();
    const outcomes = await outcomesOf(modelTargets(), 1, CASES);
    assert.deepEqual(faultsIn(outcomes), []);
    const codes = new Set(outcomes.map(({ fate: { code } }) => code));
    assert.ok(codes.has('ok') && codes.has('MODEL_LOAD_FAILED'), `some are broken enough, and some are not: ${[...codes].join()}`);
  });

  it('a model that asks for too much, or for what cannot be, is refused within seconds', async () => {
    const victim = new Victim();
    for (const { name, bytes } of hostileModels()) {
      const { how, code, message, grownMb } = await victim.try({ path: save('hostile.onnx', bytes), way: 'model' });
      assert.ok(how === 'answered' && grownMb < 300, `${name}: ${how} ${code}, ${String(grownMb)} MB`);
      assert.ok(/^MODEL_(LOAD_FAILED|UNSUPPORTED)$/.test(code) && message.length < 4000, `${name}: ${code} ${message}`);
    }
    victim.close();
  });

  for (const [what, model, says] of [
    ['more boxes than are looked through', boxes(500_001), /y \[1,84,500001\] has 500001 places for boxes, at most 500000/],
    ['more numbers than an output may have', boxes(2_000_000), /has 168000000 numbers, more than the 134217728/],
    ['more classes than have names', classifier(100_001), /tells 100001 classes apart, at most 100000/],
  ] as const) {
    it(`a model of ${what} is refused with the limit`, async () => {
      await assertFails(testModelApart({ model: save('much.onnx', model), source: PICTURE }, { memoryLimitMib: 3000 }), 'MODEL_UNSUPPORTED', says);
    });
  }

  it('a model of just as many boxes as are looked through gives the best of them', async () => {
    const { results } = await testModelApart({ model: save('boxes.onnx', boxes(100_000)), source: PICTURE, options: { scoreThreshold: 0, iouThreshold: 1, maxDetections: 10_000 } }, { memoryLimitMib: 3000 });
    assert.ok(Array.isArray(results) && results.length <= 10_000);
  });

  it('a model that takes all memory ends the process that tries it, and only that', async () => {
    const model = save('eater.onnx', memoryEater([16_384, 16_384]));
    await assertFails(testModelApart({ model, source: PICTURE }, { memoryLimitMib: 500 }), 'MODEL_RUN_FAILED', /ended: signal SIGKILL \(it took more than 500 MiB/);
    await assertFails(inspectModelApart(model, { memoryLimitMib: 30 }), 'MODEL_LOAD_FAILED', /the process that loaded it ended: signal SIGKILL \(it took more than 30 MiB/);
  });

  it('a model that takes all memory of an engine ends its stream with ENGINE_CRASHED; the next one plays', async () => {
    const probe = await EngineProbe.open((handlers) => openEngineClient({ threads: 2, memoryLimitMb: 400 }, handlers));
    const model = save('eater.onnx', memoryEater([16_384, 16_384]));
    await probe.start({ id: 'eats', source: { location: 'test:?width=64&height=48' }, algos: [{ id: 'e', name: 'eater', kind: 'onnx', model, interval: 0 }] });
    assert.equal((await probe.ended('eats')).error?.code, 'ENGINE_CRASHED');
    await probe.start({ source: { location: PICTURE } });
    assert.equal((await probe.ended()).reason, 'finished');
    await probe.engine.close();
  });

  it('files of names that are too long are refused with the limit, by the setting', async function () {
    if (!hasData) this.skip();
    const model = dataPath('models/tiny/light_squeezenet.onnx');
    const test = (classNames: string): Promise<unknown> => testModelApart({ model, source: PICTURE, options: { classNames } });
    await assertFails(test(save('million.txt', 'name\n'.repeat(1_000_000))), 'OPTION_INVALID', /^options\.classNames: .*million\.txt has more than 100000 lines/);
    await assertFails(test(save('large.txt', 'x'.repeat(9 * 2 ** 20))), 'OPTION_INVALID', /^options\.classNames: .* has 9437184 bytes, a list of names has at most 8388608/);
    await assertFails(test(save('deep.json', '['.repeat(1_000_000))), 'OPTION_INVALID', /^options\.classNames: .* holds no names/);
  });

  it('the command line tells why a model cannot be loaded, and ends with its exit code', async () => {
    const [, hostile] = hostileModels();
    const { code, signal, stderr } = await cli(['inspect', save('cli.onnx', hostile?.bytes ?? '')]);
    assert.deepEqual([code, signal], [4, null]);
    assert.match(stderr, /^stream-infer: MODEL_LOAD_FAILED: /);
  });

  describe('what a module gives', () => {
    let probe: EngineProbe;
    before(async () => { probe = await EngineProbe.open((handlers) => openEngineClient({ threads: 2 }, handlers)); });
    after(async () => {
      await probe.engine.close();
      assert.deepEqual(probe.engineEvents.map(({ event }) => event).filter((event) => event !== 'closed'), ['ready'], 'no engine was lost');
    });

    /** Plays it with all that takes results: a tracker, an algo on crops, a recorder that draws. */
    const play = async (what: string): Promise<{ runs: number; recorded: number; errors: string[] }> => {
      const id = what;
      const hostile = { id: 'h', name: 'hostile', kind: 'module' as const, module: ALGOS, export: 'HostileAlgo', kwargs: { what }, interval: 0, track: true };
      const onCrops = { id: 'c', name: 'crops', kind: 'module' as const, module: ALGOS, export: 'SizeAlgo', interval: 0, crops: { of: 'h', minSize: 1 } };
      await probe.start({ id, source: { location: PICTURE }, algos: [hostile, onCrops], recorders: [{ id: 'r', path: join(folder, `${what}.mp4`) }] });
      const { reason, totals } = await probe.ended(id);
      assert.equal(reason, 'finished');
      const errors = probe.events.flatMap((event) => (event.event === 'error' && event.streamId === id && event.algoId === 'h' ? [`${event.error.code} ${event.error.message}`] : []));
      return { runs: totals.algos['hostile']?.runs ?? 0, recorded: totals.recorded.length, errors };
    };

    for (const [what, says] of [
      ['million', /more than 1048576 values/], ['numbers', /more than 1048576 values/], ['sparse', /more than 1048576 values/],
      ['deep', /nested more than 64 deep/], ['circle', /or in a circle/], ['text', /more than 64 MiB/], ['bytes', /more than 64 MiB/], ['function', /boxes\[0\]\.draw is no plain data/],
    ] as const) {
      it(`is refused where it is too much or no data: ${what}`, async () => {
        const { runs, recorded, errors } = await play(what);
        assert.deepEqual([runs, recorded], [0, 1]);
        assert.match(errors[0] ?? '', new RegExp(`^ALGO_RUN_FAILED hostile: .*${says.source}`));
      });
    }

    for (const what of ['wild', 'nan', 'thousands']) {
      it(`goes its way where it is only strange: ${what}`, async () => {
        assert.deepEqual(await play(what), { runs: 5, recorded: 1, errors: [] });
      });
    }
  });
});
