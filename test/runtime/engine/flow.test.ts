import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { makeDeferred, type StreamPlanInput } from '../../../dist/runtime/base/index.js';
import { type Engine, type EngineHandlers, type FlowRequest, openEngine, openEngineClient } from '../../../dist/runtime/engine/index.js';
import { EngineProbe } from '../../support/engine.js';

const FLOW = { id: 'f', name: 'flow', kind: 'flow' as const, interval: 0 };
/** 20 frames. */
const SOURCE = { location: 'test:?width=64&height=36&fps=10&seconds=2' };
const MOTION = { id: 'm', name: 'motion', kind: 'motion' as const, interval: 0 };

type Plan = Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'>;

/** An engine whose owner keeps what is asked; answers are a test's to give. */
class Asked {
  readonly requests: FlowRequest[] = [];
  readonly over: string[] = [];
  /** Most requests that were unanswered at a time. */
  most = 0;
  /** Resolves when two were asked. */
  readonly second = makeDeferred();
  probe!: EngineProbe;
  readonly #answered = new Set<string>();
  #onRequest: (request: FlowRequest) => void = () => undefined;

  static async open(plan: Plan, onRequest?: (request: FlowRequest) => void, how: (handlers: EngineHandlers) => Promise<Engine> = (handlers) => openEngine({}, handlers)): Promise<Asked> {
    const asked = new Asked();
    if (onRequest) asked.#onRequest = onRequest;
    asked.probe = await EngineProbe.open((handlers) => how({ ...handlers, onFlowRequest: (request) => { asked.#take(request); }, onFlowOver: (id) => { asked.over.push(id); } }));
    await asked.probe.start(plan);
    return asked;
  }

  answer(request: FlowRequest, outcome: { result: unknown } | { error: string }): void {
    this.#answered.add(request.requestId);
    this.probe.engine.answer({ requestId: request.requestId, streamId: request.streamId, algoId: request.algoId, ...outcome });
  }

  /** Gives each request its newest frame's number as result. */
  echo(request: FlowRequest): void {
    this.answer(request, { result: request.images.at(-1)?.index });
  }

  #take(request: FlowRequest): void {
    this.requests.push(request);
    this.most = Math.max(this.most, this.requests.filter(({ requestId }) => !this.#answered.has(requestId) && !this.over.includes(requestId)).length);
    if (this.requests.length === 2) this.second.resolve();
    this.#onRequest(request);
  }
}

describe('engine, flow algos', function () {
  this.timeout(60_000);

  for (const [where, how] of [['this process', undefined], ['a process of its own', (handlers: EngineHandlers) => openEngineClient({}, handlers)]] as const) {
    it(`offline, in ${where}: every turn is asked and its answer is the result`, async () => {
      const asked = await Asked.open({ source: SOURCE, algos: [{ ...FLOW, frameCount: 2, frameStep: 3, interval: 0.5 }] }, (request) => { asked.answer(request, { result: { n: request.images.map(({ index }) => index) } }); }, how);
      const { totals } = await asked.probe.ended();
      await asked.probe.engine.close();
      assert.deepEqual(asked.probe.results.map(({ result, frame, position }) => [result, frame.index, position]), [[{ n: [7, 10] }, 10, 0.9], [{ n: [12, 15] }, 15, 1.4], [{ n: [17, 20] }, 20, 1.9]]);
      assert.deepEqual(totals.algos, { flow: { runs: 3, skipped: { window: 1 } } });
      const [request] = asked.requests;
      assert.deepEqual([request?.algo, request?.source, request?.stream.name, request?.stream.epoch], ['flow', { width: 64, height: 36 }, 's', 0]);
      for (const { format, width, height, data } of request?.images ?? []) assert.deepEqual([format, width, height, data[0], data[1]], ['jpeg', 64, 36, 0xff, 0xd8]);
      assert.equal(asked.most, 1);
    });
  }

  it('raw: the pixels that a module would get', async () => {
    const module = { id: 'w', name: 'sum', kind: 'code' as const, interval: 1, code: 'return frames.map(({ data }) => data.reduce((sum, value) => sum + value, 0));' };
    const plan = { source: SOURCE, producer: { width: 32, format: 'gray8' as const }, algos: [{ ...FLOW, frameCount: 2, interval: 1, options: { format: 'raw' as const } }, { ...module, frameCount: 2 }] };
    const asked = await Asked.open(plan, (request) => {
      for (const { format, width, height, data } of request.images) assert.deepEqual([format, width, height, data.length], ['gray8', 32, 18, 32 * 18]);
      asked.answer(request, { result: request.images.map(({ data }) => data.reduce((sum, value) => sum + value, 0)) });
    });
    await asked.probe.ended();
    const of = (algo: string): unknown[] => asked.probe.results.filter((result) => result.algo === algo).map(({ result }) => result);
    assert.equal(of('flow').length, 2);
    assert.deepEqual(of('flow'), of('sum'));
    await asked.probe.engine.close();
  });

  it('offline, several under way: answers in any order, results in the frames\' order', async () => {
    // the first of each three is answered last
    const asked = await Asked.open({ source: SOURCE, algos: [{ ...FLOW, options: { limit: 3 } }] }, () => {
      const waiting = asked.requests.slice(-3);
      if (asked.requests.length % 3 === 0 || asked.requests.length >= 19) for (const request of waiting.reverse()) asked.echo(request);
    });
    await asked.probe.ended();
    assert.deepEqual(asked.probe.results.map(({ result }) => result), Array.from({ length: 20 }, (_, i) => i + 1));
    assert.equal(asked.most, 3);
    await asked.probe.engine.close();
  });

  it('realtime, several under way: no more than the limit, and results in order', async () => {
    const asked = await Asked.open({ mode: 'realtime', source: SOURCE, algos: [{ ...FLOW, options: { limit: 2 } }, MOTION] }, () => {
      if (asked.requests.length % 2 === 0 || asked.requests.length > 14) for (const request of asked.requests.slice(-2).reverse()) asked.echo(request);
    });
    const { totals } = await asked.probe.ended();
    const numbers = asked.probe.results.filter(({ algo }) => algo === 'flow').map(({ result, frame }) => { assert.equal(result, frame.index); return frame.index; });
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
    assert.ok(numbers.length >= 10, numbers.join());
    assert.ok(asked.most <= 2);
    const { runs, skipped } = totals.algos['flow'] ?? assert.fail();
    assert.equal(runs + (skipped['busy'] ?? 0), totals.frames.delivered);
    await asked.probe.engine.close();
  });

  it('an answer that does not come in time is counted, one that comes later is ignored, and so is one that nobody asked for', async () => {
    const asked = await Asked.open({ mode: 'realtime', source: SOURCE, algos: [{ ...FLOW, timeout: 0.5 }, MOTION] }, (request) => {
      if (asked.requests.length === 2) for (const late of asked.requests) asked.echo(late);
      else if (asked.requests.length > 2) asked.echo(request);
      asked.answer({ ...request, requestId: 'no such request' }, { result: 7 });
      asked.answer({ ...request, streamId: 'no such stream' }, { result: 7 });
    });
    const { totals } = await asked.probe.ended();
    assert.equal(totals.algos['flow']?.skipped['timeout'], 1);
    assert.deepEqual(asked.over, [asked.requests[0]?.requestId]);
    assert.equal(asked.probe.results.filter(({ algo }) => algo === 'flow').length, totals.algos['flow'].runs);
    assert.ok(totals.algos['flow'].runs > 3);
    assert.ok((totals.algos['motion']?.runs ?? 0) >= 15, 'others do not wait');
    assert.deepEqual(asked.probe.errorCodes(), ['ALGO_TIMEOUT']);
    await asked.probe.engine.close();
  });

  it('offline, a slow flow is no run that hangs: what waits behind it has its whole time', async () => {
    const asked = await Asked.open({ source: { location: 'test:?width=64&height=36&fps=4&seconds=1' }, algos: [{ ...FLOW, timeout: 1.5 }] }, (request) => { setTimeout(() => { asked.echo(request); }, 1200); });
    const { totals } = await asked.probe.ended();
    assert.deepEqual(totals.algos, { flow: { runs: 4, skipped: {} } });
    await asked.probe.engine.close();
  });

  it('an error is a run that failed, told with its text', async () => {
    const asked = await Asked.open({ source: SOURCE, algos: [{ ...FLOW, interval: 1 }] }, (request) => { asked.answer(request, { error: 'the server said 500' }); });
    const { totals, reason } = await asked.probe.ended();
    assert.deepEqual([totals.algos, reason], [{ flow: { runs: 0, skipped: { failed: 2 } } }, 'finished']);
    const told = asked.probe.events.find((event) => event.event === 'error');
    assert.deepEqual(told?.event === 'error' && told.error, { code: 'ALGO_RUN_FAILED', message: 'flow: the server said 500' });
    await asked.probe.engine.close();
  });

  for (const mode of ['offline', 'realtime'] as const) {
    it(`${mode}: a stop waits for no answer`, async () => {
      const asked = await Asked.open({ mode, source: SOURCE, algos: [{ ...FLOW, timeout: 600, options: { limit: 2 } }] });
      await asked.second.promise;
      const since = process.hrtime.bigint();
      await asked.probe.engine.stop('s');
      assert.ok(Number(process.hrtime.bigint() - since) < 4e9);
      const { totals, reason } = await asked.probe.ended();
      assert.equal(reason, 'stopped');
      assert.deepEqual(Object.keys(totals.algos['flow']?.skipped ?? {}).filter((cause) => cause !== 'busy'), ['stopped']);
      assert.deepEqual(asked.probe.errorCodes(), []);
      assert.deepEqual(asked.over.sort(), asked.requests.map(({ requestId }) => requestId).sort());
      await asked.probe.engine.close();
    });
  }

  it('restart: a message under way is given up for the next turn', async () => {
    const asked = await Asked.open({ mode: 'realtime', source: SOURCE, algos: [{ ...FLOW, late: 'restart', interval: 0.2, timeout: 1 }] });
    const { totals } = await asked.probe.ended();
    assert.ok((totals.algos['flow']?.skipped['restarted'] ?? 0) >= 4, JSON.stringify(totals.algos));
    await asked.probe.engine.close();
  });

  it('is refused where nobody answers', async () => {
    for (const how of [openEngine, openEngineClient]) {
      const probe = await EngineProbe.open((handlers) => how({}, handlers));
      await assert.rejects(probe.start({ source: SOURCE, algos: [MOTION, FLOW] }), { code: 'OPTION_INVALID', message: /^algos\[1\]\.kind: a flow algo needs somebody who answers/ });
      await probe.engine.close();
    }
  });
});

describe('engine, a user\'s code', function () {
  this.timeout(60_000);

  for (const kind of ['module', 'code'] as const) {
    it(`${kind}: an endless loop costs its turn, counted, and the algo comes back; other algos go on`, async () => {
      const own = kind === 'code'
        ? { id: 'x', name: 'own', kind, setup: 'context.state.opened = Date.now();', code: 'if (frames[0].index === 1) for (;;);\nreturn frames[0].index;' }
        : { id: 'x', name: 'own', kind, module: resolve(__dirname, '../../fixtures/algos/window-algo.cjs'), export: 'SpinningOnceAlgo' };
      const probe = await EngineProbe.open();
      await probe.start({ mode: 'realtime', source: { location: 'test:?width=64&height=36&fps=10' }, algos: [{ ...own, interval: 0, timeout: 0.5 }, MOTION] });
      const mine = (): number[] => probe.results.filter(({ algo }) => algo === 'own').map(({ result }) => result as number);
      await probe.until(() => mine()[3]);
      await probe.engine.stop('s');
      const { totals } = await probe.ended();
      assert.equal(totals.algos['own']?.skipped['timeout'], 1);
      assert.ok((totals.algos['motion']?.runs ?? 0) > 20);
      assert.deepEqual([...new Set(probe.errorCodes())], ['ALGO_TIMEOUT']);
      const states = probe.events.filter((event) => event.event === 'algo' && event.algo === 'own').map((event) => event.event === 'algo' && event.state);
      assert.deepEqual(states, ['opening', 'ready', 'opening', 'ready']);
      await probe.engine.close();
    });
  }
});
