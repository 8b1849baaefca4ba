import assert from 'node:assert/strict';

import type { Overlay } from '../../../dist/runtime/record/index.js';
import { Trails } from '../../../dist/runtime/record/trails.js';

const at = (trackId: number, x: number, algo = 'objects'): Overlay => ({ algo, items: [{ label: 'person', score: 1, classId: 2, trackId, box: { xmin: x, ymin: 0, xmax: x + 4, ymax: 10 } }] });

describe('record/trails', () => {
  it('follows the middle of the lower side; a box drawn again adds nothing', () => {
    const trails = new Trails();
    trails.update([at(1, 0)]);
    trails.update([at(1, 0)]);
    assert.deepEqual(trails.update([at(1, 3)]).map(({ classId, places }) => ({ classId, places })), [{ classId: 2, places: [{ x: 2, y: 10 }, { x: 5, y: 10 }] }]);
  });

  it('a track that is not seen is not drawn, and forgotten after a while', () => {
    const trails = new Trails();
    trails.update([at(1, 0)]);
    assert.deepEqual(trails.update([]), []);
    assert.equal(trails.update([at(1, 1)])[0]?.places.length, 2);
    for (let n = 0; n < 60; n++) trails.update([]);
    assert.equal(trails.update([at(1, 2)])[0]?.places.length, 1);
  });

  it('stays bounded: places of a track, and tracks', () => {
    const trails = new Trails();
    for (let x = 0; x < 500; x++) trails.update([at(1, x)]);
    assert.deepEqual(trails.update([at(1, 500)])[0]?.places.length, 50);
    for (let id = 2; id < 300; id++) trails.update([at(id, 0)]);
    assert.equal(trails.update([at(1, 0)])[0]?.places.length, 1);
  });

  it('tracks of two algos with one number are two', () => {
    const trails = new Trails();
    trails.update([at(1, 0), at(1, 50, 'others')]);
    assert.deepEqual(trails.update([at(1, 1)])[0]?.places.map(({ x }) => x), [2, 3]);
  });

  it('what has no track or no box leaves no trail', () => {
    assert.deepEqual(new Trails().update([{ algo: 'a', items: [{ label: 'cat', score: 1, classId: 0, trackId: 3 }, { label: 'cat', score: 1, classId: 0, box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } }] }]), []);
  });
});
