import assert from 'node:assert/strict';

import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';

const PARENT = { id: 'o', name: 'objects', kind: 'onnx', model: 'o.onnx' };
const CHILD = { id: 'f', name: 'faces', kind: 'onnx', model: 'f.onnx', crops: { of: 'o' } };

function algosOf(...algos: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] {
  return resolveStreamPlan({ id: 's', name: 's', source: { location: 'test:' }, algos }).algos;
}

describe('plans of algos on crops', () => {
  it('has a default for all but whose they are', () => {
    assert.deepEqual(algosOf(PARENT, CHILD)[1]?.['crops'], { of: 'o', labels: [], minSize: 16, padding: 0.1, most: 10, rerun: 'always' });
    assert.equal(algosOf(PARENT)[0]?.['crops'], undefined);
  });

  it('on crops of what was found in crops', () => {
    assert.equal(algosOf(PARENT, CHILD, { ...CHILD, id: 'e', name: 'eyes', crops: { of: 'f' } }).length, 3);
  });

  const crops = (given: Record<string, unknown>): Record<string, unknown>[] => [PARENT, { ...CHILD, crops: { of: 'o', ...given } }];
  const WRONG: readonly (readonly [what: string, algos: readonly Record<string, unknown>[], error: RegExp])[] = [
    ['a motion gate', [PARENT, { ...CHILD, motionGate: {} }], /algos\[1\]\.motionGate: expected none: that of "objects" decides/],
    ['zones', [PARENT, { ...CHILD, zones: [{ name: 'a', polygon: [[0, 0], [1, 0], [1, 1]] }] }], /algos\[1\]\.zones: expected none: those of "objects" count/],
    ['lines', [PARENT, { ...CHILD, lines: [{ name: 'a', from: [0, 0], to: [1, 1] }] }], /algos\[1\]\.lines: expected none: those of "objects" count/],
    ['regions', [PARENT, { ...CHILD, regions: [[[0, 0], [1, 0], [1, 1]]] }], /algos\[1\]\.regions: expected none: those of "objects" count/],
    ['slices', [PARENT, { ...CHILD, options: { slices: {} } }], /algos\[1\]\.options\.slices: expected none/],
    ['of nobody', [PARENT, { ...CHILD, crops: { of: 'x' } }], /algos\[1\]\.crops\.of: expected one of the algos before "faces", got "x"/],
    ['of itself', [PARENT, { ...CHILD, crops: { of: 'f' } }], /algos\[1\]\.crops\.of: expected one of the algos before/],
    ['of one behind it', [CHILD, PARENT], /algos\[0\]\.crops\.of/],
    ['of nothing', [PARENT, { ...CHILD, crops: {} }], /algos\[1\]\.crops\.of: expected string/],
    ['several frames', [PARENT, { ...CHILD, frameCount: 3 }], /algos\[1\]\.frameCount: expected 1, because crops are of one frame, got 3/],
    ['it follows things itself', [PARENT, { ...CHILD, track: true }], /algos\[1\]\.track: expected false: "objects" can follow/],
    ['new ones only, and nobody follows', crops({ rerun: 'new' }), /algos\[1\]\.crops\.rerun: expected "always", or that "objects" follows what it finds \(track\), got "new"/],
    ['when it likes', crops({ rerun: 'sometimes' }), /algos\[1\]\.crops\.rerun: expected one of "always"\|"new", got "sometimes"/],
    ['no size', crops({ minSize: 0 }), /algos\[1\]\.crops\.minSize: expected number to be >=1, got 0/],
    ['a size in text', crops({ minSize: '16' }), /algos\[1\]\.crops\.minSize: expected number, got "16"/],
    ['padding inwards', crops({ padding: -0.1 }), /algos\[1\]\.crops\.padding: expected number to be >=0, got -0\.1/],
    ['padding without end', crops({ padding: Infinity }), /algos\[1\]\.crops\.padding: /],
    ['none', crops({ most: 0 }), /algos\[1\]\.crops\.most: expected number to be >=1, got 0/],
    ['too many', crops({ most: 1e6 }), /algos\[1\]\.crops\.most: expected number to be <=100/],
    ['labels in text', crops({ labels: 'person' }), /algos\[1\]\.crops\.labels: expected array, got "person"/],
    ['an unknown key', crops({ min_size: 3 }), /algos\[1\]\.crops\.min_size: unknown key/],
    ['motion', [PARENT, { id: 'm', name: 'motion', kind: 'motion', crops: { of: 'o' } }], /algos\[1\]\.crops: unknown key/],
  ];
  for (const [what, algos, error] of WRONG) {
    it(`${what}: refused, by the field's name`, () => { assert.throws(() => algosOf(...algos), error); });
  }
});
