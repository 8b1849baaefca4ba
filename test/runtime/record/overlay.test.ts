import assert from 'node:assert/strict';

import { toOverlay } from '../../../dist/runtime/record/index.js';

const box = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 };
const person = { label: 'person', score: 0.9, box, classId: 0 };

const CORNERS = [[1, 1], [2, 1], [2, 2], [1, 2]];
const nose = { name: 'nose', x: 1, y: 2, score: 0.5 };

describe('record/overlay', () => {
  const rows: { why: string; result: unknown; items: unknown[] | undefined }[] = [
    { why: 'detections as they are', result: [person, { ...person, trackId: 7 }], items: [person, { ...person, trackId: 7 }] },
    { why: 'nothing seen', result: [], items: [] },
    { why: 'only what has a box, outlines, or a label with a score', result: [person, null, 'person', 3, {}, { box: null }, { box: [1, 2, 3, 4] }, { box: { ...box, xmax: '3' } }], items: [person] },
    { why: 'what is missing or of the wrong type', result: [{ box, label: 5, score: '0.9', classId: null, trackId: 'x' }], items: [{ label: '', score: null, box, classId: 0 }] },
    { why: 'shapes and keypoints', result: [{ ...person, polygon: CORNERS, keypoints: [nose, { x: 1 }], segmentation: { polygons: [[1, 2, 3, 4, 5, 6], ['a'], null], rle: {} } }], items: [{ ...person, polygon: CORNERS, keypoints: [nose], segmentation: { polygons: [[1, 2, 3, 4, 5, 6]] } }] },
    { why: 'shapes that are malformed', result: [{ ...person, polygon: [[1, 2]], keypoints: 'nose', segmentation: { polygons: 5 } }], items: [person] },
    { why: 'classes of the whole picture', result: [{ label: 'cat', score: 0.7, classId: 3 }], items: [{ label: 'cat', score: 0.7, classId: 3 }] },
    { why: 'masks without a box', result: [{ label: 'sky', score: null, classId: 2, segmentation: { polygons: [] } }], items: [{ label: 'sky', score: null, classId: 2, segmentation: { polygons: [] } }] },
    { why: 'within an object', result: { count: 2, names: ['a'], detections: [person] }, items: [person] },
    { why: 'an object with empty lists', result: { detections: [] }, items: [] },
    { why: 'an object without lists', result: { count: 1 }, items: undefined },
    { why: 'a number', result: 5, items: undefined },
    { why: 'text', result: 'person', items: undefined },
    { why: 'null', result: null, items: undefined },
    { why: 'nothing', result: undefined, items: undefined },
    { why: 'numbers that are none', result: [{ ...person, box: { ...box, xmin: NaN } }], items: [{ ...person, box: { ...box, xmin: NaN } }] },
  ];
  for (const { why, result, items } of rows) {
    it(`of a result: ${why}`, () => {
      assert.deepEqual(toOverlay('objects', result), items && { algo: 'objects', items });
    });
  }
});
