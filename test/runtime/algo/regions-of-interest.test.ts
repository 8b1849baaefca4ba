import assert from 'node:assert/strict';

import { isOfInterest, maskOfInterest, type Polygon, type RegionsOfInterest } from '../../../dist/runtime/algo/index.js';

const SQUARE: Polygon = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
const BOW: Polygon = [[0, 0], [1, 1], [1, 0], [0, 1]];
/** A U: open at the top. */
const CUP: Polygon = [[0, 0], [0.2, 0], [0.2, 0.8], [0.8, 0.8], [0.8, 0], [1, 0], [1, 1], [0, 1]];

const within = (...regions: Polygon[]): RegionsOfInterest => ({ regions, regionMode: 'include' });

describe('algo/regions of interest', () => {
  const rows: readonly [string, RegionsOfInterest, readonly [number, number], boolean][] = [
    ['no region: all of the frame', within(), [0.1, 0.9], true],
    ['no region to leave out', { regions: [], regionMode: 'exclude' }, [0.1, 0.9], true],
    ['inside', within(SQUARE), [0.5, 0.5], true],
    ['left of it', within(SQUARE), [0.2, 0.5], false],
    ['right of it', within(SQUARE), [0.8, 0.5], false],
    ['above', within(SQUARE), [0.5, 0.1], false],
    ['below', within(SQUARE), [0.5, 0.9], false],
    ['on a line with a corner', within(SQUARE), [0.1, 0.25], false],
    ['in the opening of a U', within(CUP), [0.5, 0.5], false],
    ['in the leg of a U', within(CUP), [0.1, 0.5], true],
    ['in the second of two', within(CUP, SQUARE), [0.5, 0.5], true],
    ['in the wing of a bow, whose edges cross', within(BOW), [0.1, 0.5], true],
    ['above its knot', within(BOW), [0.5, 0.1], false],
    ['inside of what is left out', { regions: [SQUARE], regionMode: 'exclude' }, [0.5, 0.5], false],
    ['outside of what is left out', { regions: [SQUARE], regionMode: 'exclude' }, [0.1, 0.5], true],
    ['a polygon turned the other way round', within([...SQUARE].reverse()), [0.5, 0.5], true],
    ['a polygon without area', within([[0.5, 0], [0.5, 1], [0.5, 0.5]]), [0.5, 0.5], false],
    ['a place that is no number', within(SQUARE), [NaN, 0.5], false],
  ];
  for (const [what, areas, [x, y], counts] of rows) {
    it(`${what}: ${counts ? 'counts' : 'does not'}`, () => { assert.equal(isOfInterest(areas, x, y), counts); });
  }

  it('a mask has a 1 where the middle of a pixel counts', () => {
    assert.deepEqual(maskOfInterest(within(SQUARE), { width: 4, height: 4 }), Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]));
    assert.equal(maskOfInterest(within(), { width: 4, height: 4 }), undefined);
  });
});
