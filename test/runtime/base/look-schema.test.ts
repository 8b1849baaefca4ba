import assert from 'node:assert/strict';

import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';

const TRIANGLE = [[0, 0], [1, 0], [1, 1]];

function planWith(algo: object): () => unknown {
  return () => resolveStreamPlan({ id: 's', name: 's', source: { location: 'test:' }, algos: [{ id: 'm', name: 'm', kind: 'motion', ...algo }] });
}

describe('where an algo looks, and when', () => {
  const wrong: readonly [string, object, RegExp][] = [
    ['two corners', { regions: [[[0, 0], [1, 1]]] }, /algos\[0\]\.regions\[0\]: expected three corners or more/],
    ['10 000 corners', { regions: [Array.from({ length: 10_000 }, (_, i) => [i / 10_000, 0.5])] }, /regions\[0\]: expected 100 corners at most/],
    ['1000 polygons', { regions: Array.from({ length: 1000 }, () => TRIANGLE) }, /regions: expected 20 polygons at most/],
    ['a corner outside of the frame', { regions: [[[0, 0], [1.5, 0], [1, 1]]] }, /regions\[0\]\[1\]\[0\]: .*1\.5/],
    ['pixels', { regions: [[[0, 0], [640, 0], [640, 360]]] }, /regions\[0\]\[1\]\[0\]/],
    ['a negative corner', { regions: [[[0, -0.1], [1, 0], [1, 1]]] }, /regions\[0\]\[0\]\[1\]/],
    ['NaN', { regions: [[[0, NaN], [1, 0], [1, 1]]] }, /regions\[0\]\[0\]\[1\]/],
    ['infinity', { regions: [[[0, Infinity], [1, 0], [1, 1]]] }, /regions\[0\]\[0\]\[1\]/],
    ['text', { regions: [[['0', 0], [1, 0], [1, 1]]] }, /regions\[0\]\[0\]\[0\]/],
    ['three numbers a corner', { regions: [[[0, 0, 0], [1, 0], [1, 1]]] }, /regions\[0\]\[0\]/],
    ['one polygon that is no list of polygons', { regions: TRIANGLE }, /regions\[0\]/],
    ['another mode', { regionMode: 'inside' }, /regionMode/],
    ['a zone without a name', { zones: [{ polygon: TRIANGLE }] }, /zones\[0\]\.name/],
    ['a zone whose name is blank', { zones: [{ name: ' ', polygon: TRIANGLE }] }, /zones\[0\]\.name: expected a name/],
    ['a zone with a name of 10 000 letters', { zones: [{ name: 'a'.repeat(10_000), polygon: TRIANGLE }] }, /zones\[0\]\.name: expected 64 characters at most/],
    ['a zone of two corners', { zones: [{ name: 'a', polygon: [[0, 0], [1, 1]] }] }, /zones\[0\]\.polygon: expected three corners or more/],
    ['two zones of a name', { zones: [{ name: 'a', polygon: TRIANGLE }, { name: ' a', polygon: TRIANGLE }] }, /zones: expected names that differ/],
    ['1000 zones', { zones: Array.from({ length: 1000 }, (_, i) => ({ name: String(i), polygon: TRIANGLE })) }, /zones: expected 20 zones at most/],
    ['a polygon in the place of zones', { zones: [TRIANGLE] }, /zones\[0\]/],
    ['a line without an end', { lines: [{ name: 'a', from: [0, 0] }] }, /lines\[0\]\.to/],
    ['a line without a length', { lines: [{ name: 'a', from: [0, 0], to: [0, 0] }] }, /lines\[0\]\.to: expected another place than that of from/],
    ['a line out of the frame', { lines: [{ name: 'a', from: [0, 0], to: [0, 1.5] }] }, /lines\[0\]\.to\[1\]: .*1\.5/],
    ['a line in pixels as text', { lines: [{ name: 'a', from: ['0', 0], to: [0, 1] }] }, /lines\[0\]\.from\[0\]/],
    ['two lines of a name', { lines: [{ name: 'a', from: [0, 0], to: [1, 1] }, { name: 'a', from: [0, 1], to: [1, 0] }] }, /lines: expected names that differ/],
    ['1000 lines', { lines: Array.from({ length: 1000 }, (_, i) => ({ name: String(i), from: [0, 0], to: [1, 1] })) }, /lines: expected 20 lines at most/],
    ['text in the place of lines', { lines: 'a' }, /lines/],
    ['a gate with a threshold of 0', { motionGate: { threshold: 0 } }, /motionGate\.threshold/],
    ['a gate with a negative floor', { motionGate: { floor: -1 } }, /motionGate\.floor/],
    ['a gate with a floor that is no number', { motionGate: { floor: NaN } }, /motionGate\.floor/],
    ['a gate with something else', { motionGate: { learningRate: 1 } }, /motionGate/],
    ['true', { motionGate: true }, /motionGate/],
  ];
  for (const [what, algo, message] of wrong) {
    it(`${what}: refused by name`, () => { assert.throws(planWith(algo), { code: 'OPTION_INVALID', message }); });
  }

  const slices: readonly [string, unknown, RegExp][] = [
    ['no column', { columns: 0 }, /options\.slices\.columns/],
    ['half a row', { rows: 1.5 }, /options\.slices\.rows/],
    ['100 columns', { columns: 100 }, /options\.slices\.columns: .*8/],
    ['tiles that are the same', { overlap: 1 }, /options\.slices\.overlap/],
    ['an overlap that is no number', { overlap: NaN }, /options\.slices\.overlap/],
    ['a size', { size: 640 }, /options\.slices\.size: unknown key/],
    ['true', true, /options\.slices/],
  ];
  for (const [what, given, message] of slices) {
    it(`slices, ${what}: refused by name`, () => { assert.throws(planWith({ kind: 'onnx', model: 'm.onnx', options: { slices: given } }), { code: 'OPTION_INVALID', message }); });
  }

  it('a polygon that crosses itself is one', () => {
    assert.doesNotThrow(planWith({ regions: [[[0, 0], [1, 1], [1, 0], [0, 1]]] }));
  });

  it('defaults', () => {
    const [algo] = resolveStreamPlan({ id: 's', name: 's', source: { location: 'test:' }, algos: [{ id: 'm', name: 'm', kind: 'motion', motionGate: {} }] }).algos;
    assert.deepEqual([algo?.regions, algo?.regionMode, algo?.zones, algo?.lines, algo?.motionGate], [[], 'include', [], [], { threshold: 25, minArea: 0.0005, floor: 10 }]);
  });
});
