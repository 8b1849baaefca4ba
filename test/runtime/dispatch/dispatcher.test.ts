import assert from 'node:assert/strict';

import type { AlgoResult } from '../../../dist/runtime/base/index.js';
import { Dispatcher } from '../../../dist/runtime/dispatch/index.js';

/** A result of `algo` at `position`, whose value is `algo@position`. */
function resultAt(position: number, algo = 'objects', stream = 'door'): AlgoResult {
  return {
    streamId: `id-${stream}`,
    algoId: `id-${algo}`,
    algo,
    position,
    frame: { index: 1, sourceIndex: 0, pts: position, width: 640, height: 360 },
    stream: { id: `id-${stream}`, name: stream, mode: 'offline', fps: 25, width: 640, height: 360, epoch: 0 },
    result: `${algo}@${position}`,
    timing: { inferenceMs: 1, latencyMs: 2 },
  };
}

/** Takes down what it is called with, and waits at each until `release` is called. */
class SlowDispatcher extends Dispatcher {
  readonly calls: string[] = [];
  release: () => void = () => undefined;

  override async collect(position: number, algoName: string, result: unknown): Promise<void> {
    this.calls.push(`begin ${algoName} ${position} ${String(result)}`);
    await new Promise<void>((resolve) => { this.release = resolve; });
    this.calls.push(`end ${position}`);
  }
}

function resultsOf(results: readonly AlgoResult[]): unknown[] {
  return results.map(({ result }) => result);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('dispatch/dispatcher', () => {
  it('calls an overridden collect at once, with what the seed’s hook gets and the whole result', () => {
    const calls: unknown[][] = [];
    class Mine extends Dispatcher {
      override collect(...all: [number, string, unknown, AlgoResult]): void {
        calls.push(all);
      }
    }
    const result = resultAt(1.5);
    void new Mine().dispatch(result);
    assert.deepEqual(calls, [[1.5, 'objects', 'objects@1.5', result]]);
  });

  it('collects one at a time, in order; dispatch and drain wait for it', async () => {
    const dispatcher = new SlowDispatcher();
    const first = dispatcher.dispatch(resultAt(1));
    void dispatcher.dispatch(resultAt(2));
    let drained = false;
    const drain = dispatcher.drain().then(() => { drained = true; });
    await nextTurn();
    assert.deepEqual(dispatcher.calls, ['begin objects 1 objects@1']);
    dispatcher.release();
    await first;
    await nextTurn();
    assert.deepEqual(dispatcher.calls.slice(1), ['end 1', 'begin objects 2 objects@2']);
    assert.equal(drained, false);
    dispatcher.release();
    await drain;
    assert.equal(dispatcher.calls.at(-1), 'end 2');
    await dispatcher.drain();
  });

  for (const how of ['throws', 'rejects'] as const) {
    it(`a collect that ${how} is reported with its result and stops nothing`, async () => {
      const errors: [unknown, number][] = [];
      const collected: number[] = [];
      class Broken extends Dispatcher {
        override collect(position: number): void | Promise<void> {
          collected.push(position);
          if (position > 1) return;
          if (how === 'rejects') return Promise.reject(new Error('no database'));
          throw new Error('no database');
        }
      }
      const dispatcher = new Broken({ onError: (error, result) => errors.push([(error as Error).message, result.position]) });
      await dispatcher.dispatch(resultAt(1));
      await dispatcher.dispatch(resultAt(2));
      assert.deepEqual(collected, [1, 2]);
      assert.deepEqual(errors, [['no database', 1]]);
      assert.deepEqual(resultsOf(dispatcher.query({ query: 'all' })), ['objects@1', 'objects@2']);
    });
  }

  it('an error handler that is missing or throws itself ends in warnings of the process', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => { warnings.push(warning.message); };
    process.on('warning', onWarning);
    try {
      class Broken extends Dispatcher {
        override collect(): void {
          throw new Error('first');
        }
      }
      await new Broken().dispatch(resultAt(1));
      await new Broken({ onError: () => { throw new Error('second'); } }).dispatch(resultAt(2));
      await nextTurn();
    } finally {
      process.off('warning', onWarning);
    }
    assert.deepEqual(warnings.map((text) => text.replace(/.* at /, '')), ['1 s: first', '2 s: first', '2 s: second']);
  });

  it('what a slow collect leaves waiting is bounded, and what is left out is reported and still kept', async () => {
    const errors: unknown[] = [];
    const dispatcher = new SlowDispatcher({ onError: (error) => errors.push(error) });
    for (let position = 0; position < 10_002; position++) void dispatcher.dispatch(resultAt(position));
    assert.equal(errors.length, 1);
    assert.match((errors[0] as Error).message, /too slow: 10000 results wait/);
    assert.deepEqual(dispatcher.getLastResult('objects'), { position: 10_001, result: 'objects@10001' });
    await nextTurn();
  });

  it('keeps all results of one second', () => {
    const dispatcher = new Dispatcher();
    for (const position of [0.1, 0.2, 0.3]) void dispatcher.dispatch(resultAt(position));
    assert.deepEqual(dispatcher.getResult('objects'), [0.1, 0.2, 0.3].map((position) => ({ position, result: `objects@${position}` })));
  });

  it('answers last and all, by algo and stream, by name and id, in the order of arrival', () => {
    const dispatcher = new Dispatcher();
    for (const [position, algo, stream] of [[1, 'a', 'x'], [2, 'b', 'x'], [3, 'a', 'y'], [4, 'a', 'x']] as const) void dispatcher.dispatch(resultAt(position, algo, stream));
    const ask = (question: Parameters<Dispatcher['query']>[0]): number[] => dispatcher.query(question).map(({ position }) => position);
    assert.deepEqual(ask({ query: 'all' }), [1, 2, 3, 4]);
    assert.deepEqual(ask({ query: 'last' }), [2, 3, 4]);
    assert.deepEqual(ask({ query: 'last', algo: 'a' }), [3, 4]);
    assert.deepEqual(ask({ query: 'all', algo: 'id-a', stream: 'x' }), [1, 4]);
    assert.deepEqual(ask({ query: 'all', stream: 'id-y' }), [3]);
    assert.deepEqual(ask({ query: 'all', algo: 'nobody' }), []);
    assert.deepEqual(ask({ query: 'last', algo: 'a', stream: 'x', clear: true }), [4]);
    assert.deepEqual(ask({ query: 'all' }), [2, 3]);
  });

  it('clear of getResult and getLastResult forgets all of that algo only', () => {
    const dispatcher = new Dispatcher();
    for (const position of [1, 2]) for (const algo of ['a', 'b']) void dispatcher.dispatch(resultAt(position, algo));
    assert.deepEqual(dispatcher.getLastResult('a', true), { position: 2, result: 'a@2' });
    assert.equal(dispatcher.getResult('a'), undefined);
    assert.equal(dispatcher.getResult('b', true)?.length, 2);
    assert.equal(dispatcher.getLastResult('b'), undefined);
  });

  it('keeps the newest `keep` per stream and algo, and `keepTotal` in all, oldest out first', () => {
    const dispatcher = new Dispatcher({ keep: 2, keepTotal: 3 });
    for (const [position, algo] of [[1, 'a'], [2, 'a'], [3, 'a'], [4, 'b'], [5, 'c'], [6, 'd']] as const) void dispatcher.dispatch(resultAt(position, algo));
    assert.deepEqual(dispatcher.query({ query: 'all' }).map(({ position }) => position), [4, 5, 6]);
    dispatcher.clear();
    assert.deepEqual(dispatcher.query({ query: 'all' }), []);
    void dispatcher.dispatch(resultAt(7));
    assert.equal(dispatcher.query({ query: 'all' }).length, 1);
  });

  it('keep 0 keeps none', () => {
    const dispatcher = new Dispatcher({ keep: 0 });
    void dispatcher.dispatch(resultAt(1));
    assert.deepEqual(dispatcher.query({ query: 'last' }), []);
  });

  const badQueries: { why: string; query: unknown; message: RegExp }[] = [
    { why: 'nothing', query: undefined, message: /expected object/ },
    { why: 'another word', query: { query: 'some' }, message: /query: expected one of .*got "some"/ },
    { why: 'a number for an algo', query: { query: 'last', algo: 3 }, message: /algo: expected string, got 3/ },
    { why: 'a field too many', query: { query: 'last', algos: [] }, message: /algos/ },
  ];
  for (const { why, query, message } of badQueries) {
    it(`refuses a question that is ${why}`, () => {
      assert.throws(() => new Dispatcher().query(query as never), (error: Error & { code: string }) => error.code === 'OPTION_INVALID' && message.test(error.message));
    });
  }

  for (const keep of [NaN, -1, 1.5, Infinity, '5']) {
    it(`refuses keep ${String(keep)}`, () => {
      assert.throws(() => new Dispatcher({ keep: keep as number }), { code: 'OPTION_INVALID' });
    });
  }
});
