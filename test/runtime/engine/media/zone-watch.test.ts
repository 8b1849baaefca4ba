import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import fc from 'fast-check';

import type { AlgoPlan, Detection } from '../../../../dist/runtime/base/index.js';
import { ZoneWatch } from '../../../../dist/runtime/engine/media/zone-watch.js';

const FRAME = { width: 200, height: 100 };
const LEFT = { name: 'left', polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] };
const TOP = { name: 'top', polygon: [[0, 0], [1, 0], [1, 0.5], [0, 0.5]] };
/** From the top down: who goes to the left goes in. */
const MIDDLE = { name: 'middle', from: [0.5, 0], to: [0.5, 1] };

function watchOf(areas: { readonly zones?: readonly object[]; readonly lines?: readonly object[] }): ZoneWatch {
  return ZoneWatch.of({ zones: [], lines: [], ...areas } as unknown as AlgoPlan) ?? assert.fail();
}

/** A thing that stands there, in parts of the frame. */
function at(x: number, y: number, trackId?: number): object {
  const [middle, bottom] = [x * FRAME.width, y * FRAME.height + 0.5];
  return { label: 'cat', box: { xmin: middle - 5, ymin: bottom - 10, xmax: middle + 5, ymax: bottom }, ...(trackId !== undefined && { trackId }) };
}

/** What is told of a track that stands at those places, a run each second. */
function crossings(watch: ZoneWatch, places: readonly (readonly [x: number, y: number])[]): string[][] {
  return places.map(([x, y], second) => {
    const [thing] = watch.watch([at(x, y, 1)], { ...FRAME, ptsUs: second * 1e6 }) as Detection[];
    return (thing?.crossed ?? assert.fail()).map(({ line, direction }) => `${line} ${direction}`);
  });
}

describe('zones and lines', () => {
  it('an algo without them is not watched', () => {
    assert.equal(ZoneWatch.of({ zones: [], lines: [] } as unknown as AlgoPlan), undefined);
  });

  it('a thing tells the zones that it stands in: none, one or several', () => {
    const watch = watchOf({ zones: [LEFT, TOP] });
    const things = watch.watch([at(0.75, 0.75), at(0.25, 0.75), at(0.25, 0.25)], { ...FRAME, ptsUs: 0 });
    assert.deepEqual(things, [{ ...at(0.75, 0.75), zones: [] }, { ...at(0.25, 0.75), zones: ['left'] }, { ...at(0.25, 0.25), zones: ['left', 'top'] }]);
  });

  const ways: readonly [string, readonly (readonly [number, number])[], readonly string[][]][] = [
    ['over to the right of the line', [[0.6, 0.5], [0.4, 0.5]], [[], ['middle in']]],
    ['and back', [[0.6, 0.5], [0.4, 0.5], [0.6, 0.5]], [[], ['middle in'], ['middle out']]],
    ['beside it', [[0.6, 0.2], [0.7, 0.9]], [[], []]],
    ['onto it and over: once', [[0.4, 0.5], [0.5, 0.5], [0.6, 0.5]], [[], ['middle out'], []]],
    ['onto it and back: once each way', [[0.4, 0.5], [0.5, 0.5], [0.4, 0.5]], [[], ['middle out'], ['middle in']]],
    ['along it', [[0.5, 0.1], [0.5, 0.9]], [[], []]],
  ];
  for (const [what, places, expected] of ways) {
    it(`a thing goes ${what}`, () => { assert.deepEqual(crossings(watchOf({ lines: [MIDDLE] }), places), expected); });
  }

  it('who goes past the end of a line does not cross it', () => {
    const short = { name: 'short', from: [0.5, 0.4], to: [0.5, 0.6] };
    assert.deepEqual(crossings(watchOf({ lines: [short] }), [[0.6, 0.2], [0.4, 0.2], [0.4, 0.9], [0.6, 0.9], [0.6, 0.5], [0.4, 0.5]]), [[], [], [], [], [], ['short in']]);
  });

  it('where two lines meet, one of them is crossed', () => {
    const lines = [{ name: 'a', from: [0.5, 0], to: [0.5, 0.5] }, { name: 'b', from: [0.5, 0.5], to: [0.5, 1] }];
    assert.equal(crossings(watchOf({ lines }), [[0.6, 0.5], [0.4, 0.5]])[1]?.length, 1);
  });

  it('what goes in less what goes out is what is inside, wherever a thing wanders', () => {
    // not on the upper and lower edge, where the line ends
    const place = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 7 })).map(([x, y]) => [x / 8, y / 8] as const);
    const line = { name: 'l', from: [0.25, 0], to: [0.75, 1] };
    // of a line from edge to edge: who is to its right
    const isIn = ([x, y]: readonly [number, number]): boolean => 0.5 * y - (x - 0.25) > 0;
    fc.assert(fc.property(fc.array(place, { minLength: 1, maxLength: 20 }), (places) => {
      const told = crossings(watchOf({ lines: [line] }), places).flat();
      const within = told.filter((one) => one === 'l in').length - told.filter((one) => one === 'l out').length;
      assert.equal(within, Number(isIn(places.at(-1) ?? assert.fail())) - Number(isIn(places[0] ?? assert.fail())));
    }), { numRuns: 1000 });
  });

  it('a thing that is not followed, or was not seen before, crosses nothing', () => {
    const watch = watchOf({ lines: [MIDDLE] });
    for (const [ptsUs, x] of [[0, 0.6], [1e6, 0.4]] as const) assert.deepEqual(watch.watch([at(x, 0.5)], { ...FRAME, ptsUs }), [{ ...at(x, 0.5), crossed: [] }]);
    assert.deepEqual(watch.watch([at(0.6, 0.5, 9)], { ...FRAME, ptsUs: 2e6 }), [{ ...at(0.6, 0.5, 9), crossed: [] }]);
  });

  it('one that was hidden for a moment is still known; after a jump in time none is', () => {
    const watch = watchOf({ lines: [MIDDLE] });
    watch.watch([at(0.6, 0.5, 1)], { ...FRAME, ptsUs: 0 });
    watch.watch([], { ...FRAME, ptsUs: 1e6 });
    assert.deepEqual(watch.watch([at(0.4, 0.5, 1)], { ...FRAME, ptsUs: 2e6 }), [{ ...at(0.4, 0.5, 1), crossed: [{ line: 'middle', direction: 'in' }] }]);
    watch.reset();
    assert.deepEqual(watch.watch([at(0.6, 0.5, 1)], { ...FRAME, ptsUs: 3e6 }), [{ ...at(0.6, 0.5, 1), crossed: [] }]);
  });

  const others: readonly unknown[] = [undefined, null, 7, 'text', at(0.5, 0.5), [], [1, 'two', null], [{ label: 'x', score: 1 }], [{ box: null }], [{ box: { xmin: NaN, xmax: 1, ymax: 1 } }]];
  for (const result of others) {
    it(`leaves ${inspect(result)} as it is`, () => { assert.deepEqual(watchOf({ zones: [LEFT], lines: [MIDDLE] }).watch(result, { ...FRAME, ptsUs: 0 }), result); });
  }
});
