import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { keepInRegions } from '../../../../dist/runtime/engine/media/region-filter.js';

const FRAME = { width: 200, height: 100 };
/** The lower half. */
const AREAS = { regions: [[[0, 0.5], [1, 0.5], [1, 1], [0, 1]]] as const, regionMode: 'include' as const };
const HIGH = { label: 'bird', box: { xmin: 50, ymin: 10, xmax: 70, ymax: 40 } };
const LOW = { label: 'cat', box: { xmin: 50, ymin: 10, xmax: 70, ymax: 60 } };
const CUT = { label: 'dog', box: { xmin: 50, ymin: 10, xmax: 70, ymax: 100 } };

describe('results within regions', () => {
  it('a thing stands where the middle of its box\'s lower edge is, at the edge of the frame too', () => {
    assert.deepEqual(keepInRegions([HIGH, LOW, CUT], AREAS, FRAME), [LOW, CUT]);
    assert.deepEqual(keepInRegions([HIGH, LOW, CUT], { ...AREAS, regionMode: 'exclude' }, FRAME), [HIGH]);
  });

  it('without regions nothing is left out', () => {
    assert.deepEqual(keepInRegions([HIGH, LOW], { regions: [], regionMode: 'exclude' }, FRAME), [HIGH, LOW]);
  });

  const others: readonly unknown[] = [
    undefined, null, 7, 'text', { box: HIGH.box }, [], [1, 'two', null], [{ label: 'x', score: 1 }], [{ box: null }], [{ box: { ...HIGH.box, xmin: '50' } }], [{ box: { ...HIGH.box, ymax: NaN } }],
  ];
  for (const result of others) {
    it(`leaves ${inspect(result)} as it is`, () => { assert.deepEqual(keepInRegions(result, AREAS, FRAME), result); });
  }
});
