import assert from 'node:assert/strict';

import type { AlgoPlan, AlgoResult } from '../../../../dist/runtime/base/index.js';
import { drawnResults } from '../../../../dist/runtime/engine/media/drawn-results.js';

const ALGOS = [{ id: 'o' }, { id: 'f', crops: { of: 'o' } }, { id: 'c', crops: { of: 'o' } }, { id: 'g', crops: { of: 'f' } }, { id: 'm' }] as unknown as AlgoPlan[];

function result(algoId: string, index: number, given: unknown): AlgoResult {
  return { algoId, algo: algoId, frame: { index }, stream: { epoch: 0 }, result: given } as unknown as AlgoResult;
}

function drawn(...latest: readonly AlgoResult[]): unknown {
  return drawnResults(latest, ALGOS).map(({ algo, result: given }) => [algo, given]);
}

describe('results that are drawn', () => {
  it('things are drawn once, with what every algo on their crops gave', () => {
    assert.deepEqual(
      drawn(
        result('o', 5, [{ n: 1 }, { n: 2 }]), result('f', 5, [{ n: 1, parts: { f: [{ n: 3 }] } }, { n: 2 }]), result('c', 5, [{ n: 1, parts: { c: 'red' } }, { n: 2, parts: { c: 'blue' } }]),
        result('g', 5, [{ n: 1, parts: { f: [{ n: 3, parts: { g: 'glad' } }] } }, { n: 2 }]), result('m', 5, []),
      ),
      [['o', [{ n: 1, parts: { f: [{ n: 3, parts: { g: 'glad' } }], c: 'red' } }, { n: 2, parts: { c: 'blue' } }]], ['m', []]],
    );
  });

  it('of an earlier frame only what tracks tell', () => {
    const before = result('o', 6, [{ trackId: 2 }, { trackId: 3 }, {}]);
    assert.deepEqual(drawn(before, result('c', 5, [{ trackId: 1, parts: { c: 'a' } }, { trackId: 2, parts: { c: 'b' } }, { parts: { c: 'c' } }])), [['o', [{ trackId: 2, parts: { c: 'b' } }, { trackId: 3 }, {}]]]);
  });

  it('the same number of a frame of another epoch is another frame', () => {
    const before = result('o', 5, [{}]);
    assert.deepEqual(drawn({ ...before, stream: { ...before.stream, epoch: 1 } }, result('c', 5, [{ parts: { c: 'a' } }])), [['o', [{}]]]);
  });

  it('the algo before it is not drawn: its own result is, as a whole', () => {
    assert.deepEqual(drawn(result('c', 5, [{ n: 1, parts: { c: 'red' } }])), [['c', [{ n: 1, parts: { c: 'red' } }]]]);
  });

  it('results that are no lists', () => {
    assert.deepEqual(drawn(result('o', 5, 'text'), result('c', 5, [null])), [['o', 'text']]);
    assert.deepEqual(drawn(result('o', 5, [null, 7]), result('c', 5, [null, 7])), [['o', [null, 7]]]);
  });
});
