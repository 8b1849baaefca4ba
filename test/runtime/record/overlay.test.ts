import assert from 'node:assert/strict';

import { toOverlay } from '../../../dist/runtime/record/index.js';

const box = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 };
const person = { label: 'person', score: 0.9, box, classId: 0 };

describe('record/overlay', () => {
  const rows: { why: string; result: unknown; detections: unknown[] | undefined }[] = [
    { why: 'detections as they are', result: [person, { ...person, trackId: 7 }], detections: [person, { ...person, trackId: 7 }] },
    { why: 'nothing seen', result: [], detections: [] },
    { why: 'only what has a box', result: [person, null, 'person', 3, {}, { box: null }, { box: [1, 2, 3, 4] }, { box: { ...box, xmax: '3' } }], detections: [person] },
    { why: 'what is missing or of the wrong type', result: [{ box, label: 5, score: '0.9', classId: null, trackId: 'x' }], detections: [{ label: '', score: NaN, box, classId: 0 }] },
    { why: 'within an object', result: { count: 2, names: ['a'], detections: [person] }, detections: [person] },
    { why: 'an object with empty lists', result: { detections: [] }, detections: [] },
    { why: 'an object without lists', result: { count: 1 }, detections: undefined },
    { why: 'a number', result: 5, detections: undefined },
    { why: 'text', result: 'person', detections: undefined },
    { why: 'null', result: null, detections: undefined },
    { why: 'nothing', result: undefined, detections: undefined },
    { why: 'numbers that are none', result: [{ ...person, box: { ...box, xmin: NaN } }], detections: [{ ...person, box: { ...box, xmin: NaN } }] },
  ];
  for (const { why, result, detections } of rows) {
    it(`of a result: ${why}`, () => {
      assert.deepEqual(toOverlay('objects', result), detections && { algo: 'objects', detections });
    });
  }
});
