import assert from 'node:assert/strict';

import type { ResultRow } from '../../dist/plugins/studio/contract.js';
import { isAlike, median, pairsOf } from '../../src/web/studio/comparison.js';
import { columnsOf } from '../../src/web/studio/timeline.js';

let number = 0;
const row = (algo: string, index: number, more: Partial<ResultRow> = {}): ResultRow => {
  number += 1;
  return { number, algo, position: index / 10, index, epoch: 0, inferenceMs: index, latencyMs: 1, count: 1, result: [], ...more };
};

/** Of a result that is no list. */
const uncounted = (algo: string, result: unknown): ResultRow => {
  const made = row(algo, 1, { result });
  Reflect.deleteProperty(made, 'count');
  return made;
};

describe('web/studio: results over time', () => {
  it('columns rise in time and have gaps where an algo did not run', () => {
    const rows = [row('b', 2), row('a', 1), row('a', 3, { count: 7 }), row('other', 4)];
    assert.deepEqual(columnsOf(rows, ['a', 'b'], ({ count }) => count), [[0.1, 0.2, 0.3, 0.4], [1, null, 7, null], [null, 1, null, null]]);
    assert.deepEqual(columnsOf([], ['a'], ({ count }) => count), [[], []]);
  });

  it('after a seek or loop only what came since is shown', () => {
    assert.deepEqual(columnsOf([row('a', 5), row('a', 2, { epoch: 1 })], ['a'], ({ inferenceMs }) => inferenceMs), [[0.2], [2]]);
  });

  it('what is no list has no count', () => {
    assert.deepEqual(columnsOf([uncounted('a', 'text')], ['a'], ({ count }) => count), [[0.1], [null]]);
  });

  it('pairs are of the same frame, not of the same number in another round', () => {
    const rows = [row('a', 1), row('b', 1, { epoch: 1 }), row('a', 2), row('b', 2), row('b', 3)];
    assert.deepEqual(pairsOf(rows, 'a', 'b').map(({ a, b }) => [a.index, b.index, a.epoch, b.epoch]), [[2, 2, 0, 0]]);
  });

  it('an algo beside itself is alike', () => {
    assert.ok(pairsOf([row('a', 1)], 'a', 'a').every(isAlike));
  });

  it('lists are alike that are as long, other results that are the same', () => {
    assert.ok(isAlike({ a: row('a', 1, { count: 2 }), b: row('b', 1, { count: 2 }) }));
    assert.ok(!isAlike({ a: row('a', 1, { count: 2 }), b: row('b', 1, { count: 3 }) }));
    assert.ok(isAlike({ a: uncounted('a', { text: 'x' }), b: uncounted('a', { text: 'x' }) }));
    assert.ok(!isAlike({ a: uncounted('a', { text: 'x' }), b: uncounted('a', { text: 'y' }) }));
  });

  it('the median of numbers, none of nothing', () => {
    assert.deepEqual([median([3, 1, 2]), median([10, 9]), median([])], [2, 10, undefined]);
  });
});
