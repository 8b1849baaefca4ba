import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Algo, type AlgoContext, Dispatcher, type Frame, Inference, type InferenceOptions, openEngineClient, probe, sourceSchema, type StreamEvent } from '../../../dist/runtime/index.js';
import { FakeEngine, TOTALS } from './fake-engine.js';

class Count extends Algo {
  readonly seen: number[][] = [];
  readonly life: string[] = [];

  override open(context: AlgoContext): void {
    this.life.push(`open ${context.name} of ${context.stream}`);
  }

  run(frames: readonly Frame[]): { newest: number | undefined } {
    this.seen.push(frames.map(({ index }) => index));
    return { newest: frames.at(-1)?.index };
  }

  override close(): void {
    this.life.push('close');
  }
}

/** Two seconds of 10 frames each. */
const SOURCE = 'test:?width=64&height=32&fps=10&seconds=2';
const offline = { source: SOURCE, mode: 'offline' } as const satisfies InferenceOptions;

describe('Inference', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'inference-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('runs an object\'s algo on its windows, opens it before and closes it after', async () => {
    const algo = new Count();
    const totals = await new Inference({ ...offline, name: 'clip' }).loadAlgo(algo, { frameCount: 3, frameStep: 2, interval: 1 }).start();
    assert.deepEqual(algo.seen, [[6, 8, 10], [16, 18, 20]]);
    assert.deepEqual(algo.life, ['open Count of clip', 'close']);
    assert.deepEqual([totals.frames.delivered, totals.algos], [20, { Count: { runs: 2, skipped: {} } }]);
  });

  it('hands results to a dispatcher\'s collect, in the seed\'s words', async () => {
    class Collecting extends Dispatcher {
      readonly got: unknown[] = [];
      override collect(...[position, algoName, result, full]: Parameters<Dispatcher['collect']>): void {
        this.got.push([position, algoName, result, full.frame.index]);
      }
    }
    const dispatcher = new Collecting();
    await new Inference({ ...offline, dispatcher }).loadAlgo(new Count(), { name: 'n' }).start();
    assert.deepEqual(dispatcher.got, [[0.9, 'n', { newest: 10 }, 10], [1.9, 'n', { newest: 20 }, 20]]);
    assert.deepEqual(dispatcher.getLastResult('n'), { position: 1.9, result: { newest: 20 } });
  });

  it('gives results one after the other, and ends with the stream', async () => {
    const inference = new Inference(offline).loadAlgo(new Count(), { interval: 0.5 });
    const indexes: number[] = [];
    for await (const result of inference.results()) indexes.push(result.frame.index);
    assert.deepEqual(indexes, [5, 10, 15, 20]);
  });

  it('stops when the loop over the results is left, and can be started again', async () => {
    const algo = new Count();
    const inference = new Inference({ source: 'test:?width=64&height=32&fps=10', mode: 'offline' }).loadAlgo(algo, { interval: 0 });
    for await (const result of inference.results()) if (result.frame.index === 3) break;
    assert.equal(algo.life.at(-1), 'close');
    for await (const result of inference.results()) { assert.equal(result.frame.index, 1); break; }
  });

  it('shows process every frame with the newest results, and records what it gives back', async () => {
    const path = join(folder, 'processed.mp4');
    const known: (number | undefined)[] = [];
    const totals = await new Inference({ ...offline, recordingPath: path })
      .loadAlgo(new Count())
      .process((frame, results) => {
        known.push((results[0]?.result as { newest: number } | undefined)?.newest);
        return frame.data.fill(frame.index);
      })
      .start();
    assert.deepEqual(known, [...Array<undefined>(9).fill(undefined), ...Array<number>(10).fill(10), 20]);
    assert.deepEqual(totals.recorded, [path]);
    const info = await probe(sourceSchema.parse({ location: path }), { backend: 'auto' });
    assert.deepEqual([info.width, info.height, info.frameCount], [64, 32, 20]);
  });

  it('tells events, and goes on after an algo that throws', async () => {
    const events: StreamEvent[] = [];
    const throwing = { run: () => { throw new Error('not today'); } };
    await new Inference({ ...offline, onEvent: (event) => events.push(event) }).loadAlgo(throwing, { name: 'bad' }).start();
    const told = events.map(({ event }) => event);
    assert.ok(told.includes('started') && told.at(-1) === 'ended');
    const error = events.find((event) => event.event === 'error');
    assert.deepEqual([error?.error.code, error?.algoId], ['ALGO_RUN_FAILED', 'bad']);
  });

  it('rejects with an algo that cannot be opened', async () => {
    const broken = { open: () => { throw new Error('no weights'); }, run: () => null };
    for (const mode of ['offline', 'realtime'] as const) {
      await assert.rejects(new Inference({ source: SOURCE, mode }).loadAlgo(broken).start(), { code: 'ALGO_OPEN_FAILED', message: /no weights/ });
    }
  });

  it('rejects with a source that is not there', async () => {
    await assert.rejects(new Inference({ source: join(folder, 'no.mp4'), mode: 'offline' }).start(), { code: 'SOURCE_NOT_FOUND' });
    await assert.rejects(async () => { for await (const result of new Inference({ source: join(folder, 'no.mp4'), mode: 'offline' }).results()) assert.fail(result.algo); }, { code: 'SOURCE_NOT_FOUND' });
  });

  it('runs a module in a thread of its own with its arguments', async () => {
    const module = join(folder, 'add.js');
    writeFileSync(module, 'exports.Add = class { constructor({ by }) { this.by = by; } run(frames) { return frames[0].index + this.by; } };');
    const results: unknown[] = [];
    for await (const { algo, result } of new Inference(offline).loadAlgo({ type: 'module', module, export: 'Add', kwargs: { by: 100 } }).results()) results.push([algo, result]);
    assert.deepEqual(results, [['Add', 110], ['Add', 120]]);
  });

  it('runs code in a thread of its own', async () => {
    const results: unknown[] = [];
    const inference = new Inference(offline).loadAlgo({ type: 'code', setup: 'context.state.sum = 0;', code: 'context.state.sum += frames[0].index;\nreturn [context.name, context.state.sum];' });
    for await (const { result } of inference.results()) results.push(result);
    assert.deepEqual(results, [['code', 10], ['code', 30]]);
    assert.throws(() => new Inference(offline).loadAlgo({ type: 'code', code: 'return (' }), { code: 'OPTION_INVALID', message: /^code: .*\(Run:1\)/ });
  });

  it('runs in an engine process where it is told to', async () => {
    const results: unknown[] = [];
    const inference = new Inference({ ...offline, openEngine: (_options, handlers) => openEngineClient({}, handlers) });
    for await (const { algo, frame } of inference.loadAlgo({ type: 'motion' }).results()) results.push([algo, frame.index]);
    assert.deepEqual(results, [['motion', 10], ['motion', 20]]);
  });

  for (const where of ['this process', 'an engine process'] as const) {
    it(`tells what a run in ${where} costs, while it runs and afterwards`, async () => {
      const inference = new Inference({ ...offline, ...(where === 'an engine process' && { openEngine: (_options, handlers) => openEngineClient({}, handlers) }) });
      inference.loadAlgo({ type: 'motion' }, { interval: 0 });
      const done = inference.start();
      const early = await inference.stats();
      assert.deepEqual([Object.keys(early.algos), early.encode.count], [['motion'], 0]);
      const { stats } = await done;
      assert.deepEqual([stats.decode.count, stats.algos['motion']?.inference.count], [20, 20]);
      assert.deepEqual(await inference.stats(), stats);
    });
  }

  it('rejects with the signal\'s reason, and closes the recording', async () => {
    const abort = new AbortController();
    const path = join(folder, 'aborted.mp4');
    const inference = new Inference({ source: 'test:?width=64&height=32', mode: 'offline', recordingPath: path, signal: abort.signal });
    inference.process((frame) => { if (frame.index === 5) abort.abort(new Error('enough')); });
    await assert.rejects(inference.start(), { message: 'enough' });
    assert.ok(existsSync(path));
    await assert.rejects(inference.start(), { message: 'enough' });
  });

  it('stops when told, with the totals so far', async () => {
    const inference = new Inference({ source: 'test:?width=64&height=32', mode: 'offline' });
    inference.process((frame) => { if (frame.index === 5) void inference.stop(); });
    const totals = await inference.start();
    assert.ok(totals.frames.delivered >= 5);
    await inference.stop();
  });

  describe('without an engine to run', () => {
    const idle = (options: Partial<InferenceOptions> = {}): Inference => new Inference({ ...offline, ...options });

    it('makes the plan that was asked for', async () => {
      const engine = new FakeEngine((it) => { it.end('finished'); });
      const inference = idle({ source: { location: 'rtsp://ann:secret@cam/1' }, producer: { width: 320 }, recordingPath: 'a.mp4', recorder: { crf: 30, draw: false }, openEngine: engine.open });
      inference.loadAlgo({ type: 'onnx', model: 'm/yolox.onnx', options: { labels: ['person'] } }, { interval: 2 }).loadAlgo({ type: 'motion' }).loadAlgo({ type: 'motion' });
      assert.deepEqual(await inference.start(), TOTALS);
      const { plan } = engine;
      assert.deepEqual([plan.name, plan.source.location, plan.source.password, plan.producer.width, plan.process], ['rtsp://cam/1', 'rtsp://cam/1', 'secret', 320, false]);
      assert.deepEqual(plan.algos.map(({ name, kind, interval }) => [name, kind, interval]), [['yolox', 'onnx', 2], ['motion', 'motion', 1], ['motion-2', 'motion', 1]]);
      assert.deepEqual(plan.recorders.map(({ path, crf, draw, overwrite }) => [path, crf, draw, overwrite]), [['a.mp4', 30, false, true]]);
    });

    const wrong: [string, () => unknown, RegExp][] = [
      ['an algo that is none', () => idle().loadAlgo({} as never), /expected an object with run/],
      ['an algo that is nothing', () => idle().loadAlgo(null as never), /expected an object with run/],
      ['an unknown type', () => idle().loadAlgo({ type: 'magic' } as never), /expected an object with run/],
      ['a wrong interval', () => idle().loadAlgo(new Count(), { interval: -1 }), /^interval: .*got -1/],
      ['a frame count of 0', () => idle().loadAlgo(new Count(), { frameCount: 0 }), /^frameCount: /],
      ['an unknown setting', () => idle().loadAlgo(new Count(), { step: 1 } as object), /^step: unknown key/],
      ['a model without a path', () => idle().loadAlgo({ type: 'onnx', model: '' }), /^model: /],
      ['a name twice', () => idle().loadAlgo(new Count(), { name: 'x' }).loadAlgo(new Count(), { name: 'x' }), /"x" is taken/],
    ];
    for (const [what, make, message] of wrong) it(`refuses ${what}`, () => { assert.throws(make, { code: 'OPTION_INVALID', message }); });

    it('refuses a wrong source or producer at the start', async () => {
      await assert.rejects(idle({ source: '' }).start(), { code: 'OPTION_INVALID', message: /source\.location/ });
      await assert.rejects(idle({ producer: { width: 1 } }).start(), { code: 'OPTION_INVALID', message: /producer\.width/ });
    });

    it('has no stats before a start, nor of a run that could not begin', async () => {
      const inference = idle({ openEngine: () => Promise.reject(new Error('no engine')) });
      await assert.rejects(inference.stats(), { code: 'STATE_INVALID' });
      const done = inference.start();
      await assert.rejects(inference.stats(), { message: 'no engine' });
      await assert.rejects(done, { message: 'no engine' });
    });

    it('refuses a second start and more algos while it runs', async () => {
      const engine = new FakeEngine(() => undefined);
      const inference = idle({ openEngine: engine.open });
      const done = inference.start();
      await assert.rejects(inference.start(), { code: 'STATE_INVALID' });
      assert.throws(() => inference.loadAlgo(new Count()), { code: 'STATE_INVALID' });
      await inference.stop();
      assert.deepEqual(await done, TOTALS);
    });
  });
});
