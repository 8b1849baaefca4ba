import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { type StreamEvent, StreamInferError } from '../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';
import { runStream } from '../../../dist/runtime/jobs/run-stream.js';
import { FakeEngine, TOTALS } from './fake-engine.js';

const offline = resolveStreamPlan({ id: 's', name: 's', mode: 'offline', source: { location: 'test:' } });
const realtime = resolveStreamPlan({ id: 's', name: 's', mode: 'realtime', source: { location: 'test:' } });

describe('runStream', () => {
  it('resolves with the totals once every result has been taken, one at a time and in order', async () => {
    const engine = new FakeEngine((it) => {
      for (let n = 1; n <= 20; n += 1) it.result(n);
      it.end('finished');
    });
    const taken: number[] = [];
    let busy = 0;
    const outcome = await runStream({
      plan: offline, openEngine: engine.open,
      deliver: async (result) => {
        assert.equal(++busy, 1);
        await turn();
        taken.push(result.frame.index);
        busy -= 1;
      },
    });
    assert.deepEqual(outcome, { reason: 'finished', totals: TOTALS });
    assert.deepEqual(taken, Array.from({ length: 20 }, (_, i) => i + 1));
    assert.equal(engine.closed, 1);
  });

  it('lets an offline stream wait while 1000 results wait, and loses none', async () => {
    const engine = new FakeEngine((it) => { for (let n = 1; n <= 1500; n += 1) it.result(n); });
    let taken = 0;
    const done = runStream({
      plan: offline, openEngine: engine.open,
      deliver: async () => {
        taken += 1;
        if (taken === 1) await turn();
        if (taken === 1) assert.deepEqual(engine.commands, [{ action: 'pause' }]);
        if (taken === 1500) engine.end('finished');
      },
    });
    await done;
    assert.equal(taken, 1500);
    assert.deepEqual(engine.commands, [{ action: 'pause' }, { action: 'resume' }]);
  });

  it('drops the oldest results of a realtime stream, counts them and says so', async () => {
    const engine = new FakeEngine((it) => {
      for (let n = 1; n <= 1500; n += 1) it.result(n);
      it.end('finished');
    });
    const taken: number[] = [];
    const events: StreamEvent[] = [];
    await runStream({
      plan: realtime, openEngine: engine.open, onEvent: (event) => events.push(event),
      deliver: async (result) => { await turn(); taken.push(result.frame.index); },
    });
    // the first was under way already
    assert.deepEqual([taken.length, taken[0], taken[1], taken.at(-1)], [1001, 1, 501, 1500]);
    assert.deepEqual(engine.commands, []);
    assert.match(JSON.stringify(events.at(-1)), /499 results were dropped/);
  });

  it('rejects with what the stream failed with, and closes the engine', async () => {
    const engine = new FakeEngine((it) => { it.end('failed', { code: 'SOURCE_NOT_FOUND', message: 'open x' }); });
    await assert.rejects(runStream({ plan: offline, openEngine: engine.open, deliver: () => undefined }), { code: 'SOURCE_NOT_FOUND', message: 'open x' });
    assert.equal(engine.closed, 1);
  });

  it('ends on an algo that cannot be loaded, goes on after one that failed once', async () => {
    const engine = new FakeEngine((it) => {
      it.tell({ event: 'error', error: { code: 'ALGO_RUN_FAILED', message: 'once' }, fatal: false });
      assert.equal(it.stopped, 0);
      it.tell({ event: 'error', error: { code: 'MODEL_LOAD_FAILED', message: 'no model' }, fatal: false });
    });
    await assert.rejects(runStream({ plan: realtime, openEngine: engine.open, deliver: () => undefined }), { code: 'MODEL_LOAD_FAILED' });
    assert.deepEqual([engine.stopped, engine.closed], [1, 1]);
  });

  for (const [who, run] of [
    ['deliver', { deliver: () => { throw new Error('mine'); } }],
    ['a deliver that rejects', { deliver: () => Promise.reject(new Error('mine')) }],
    ['onEvent', { deliver: () => undefined, onEvent: () => { throw new Error('mine'); } }],
  ] as const) {
    it(`stops the stream and rejects with what ${who} threw`, async () => {
      const engine = new FakeEngine((it) => {
        it.tell({ event: 'progress', position: 1, fps: 1 });
        it.result(1);
        it.result(2);
      });
      await assert.rejects(runStream({ plan: offline, openEngine: engine.open, ...run }), { message: 'mine' });
      assert.ok(engine.stopped > 0);
      assert.equal(engine.closed, 1);
    });
  }

  it('rejects with what the engine\'s start refused', async () => {
    const engine = new FakeEngine(() => undefined);
    engine.start = () => Promise.reject(new StreamInferError('ENGINE_CLOSED', 'no'));
    await assert.rejects(runStream({ plan: offline, openEngine: engine.open, deliver: () => undefined }), { code: 'ENGINE_CLOSED' });
    assert.equal(engine.closed, 1);
  });

  it('rejects when the engine closes under it', async () => {
    const engine = new FakeEngine((it) => { it.handlers.onEngine?.({ event: 'closed', message: 'gone' }); });
    await assert.rejects(runStream({ plan: offline, openEngine: engine.open, deliver: () => undefined }), { code: 'ENGINE_CLOSED', message: 'gone' });
  });

  for (const when of ['before', 'while'] as const) {
    it(`finishes as stopped when it is aborted ${when} it plays`, async () => {
      const abort = new AbortController();
      const engine = new FakeEngine((it) => { it.result(1); abort.abort(); });
      if (when === 'before') abort.abort();
      const outcome = await runStream({ plan: offline, openEngine: engine.open, deliver: () => undefined, signal: abort.signal });
      assert.equal(outcome.reason, 'stopped');
      assert.equal(engine.closed, 1);
    });
  }
});
