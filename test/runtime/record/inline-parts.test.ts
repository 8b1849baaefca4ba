import assert from 'node:assert/strict';

import { inlineParts } from '../../../dist/runtime/record/inline-parts.js';
import { toOverlay } from '../../../dist/runtime/record/index.js';

const BOX = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 };
const INNER = { xmin: 1, ymin: 2, xmax: 2, ymax: 3 };
const car = (parts: unknown, label: unknown = 'car') => ({ label, box: BOX, parts });

/** Labels of what is drawn. */
const ROWS: readonly (readonly [what: string, list: readonly unknown[], labels: readonly unknown[]])[] = [
  ['a class goes behind the label', [car({ colour: [{ label: 'red', score: 0.9 }, { label: 'blue', score: 0.1 }] })], ['car: red']],
  ['a text', [car({ plate: 'AB 123' })], ['car: AB 123']],
  ['a text in an object', [car({ plate: { text: 'AB 123' } })], ['car: AB 123']],
  ['texts of several algos', [car({ colour: [{ label: 'red' }], plate: ['AB 123'] })], ['car: red, AB 123']],
  ['a thing without a label', [car({ plate: 'AB 123' }, 7)], ['AB 123']],
  ['things in things, and in those', [car({ faces: [{ label: 'face', box: INNER, parts: { mood: [{ label: 'glad' }] } }, { label: 'face', box: INNER }] }), { label: 'dog', box: BOX }], ['car', 'face: glad', 'face', 'dog']],
  ['nothing found in it', [car({ faces: [] })], ['car']],
  ['numbers, empty things', [car({ a: 7, b: null, c: {}, d: [[]], e: [null] })], ['car']],
];

describe('what was found in crops is drawn with the thing', () => {
  for (const [what, list, labels] of ROWS) {
    it(what, () => {
      assert.deepEqual(inlineParts(list).map((item) => (item as { label: unknown }).label), labels);
      assert.equal(inlineParts(list).length, labels.length);
    });
  }

  for (const list of [[null], [1, 'two'], [car('text')], [car(7)], [car(null)]]) {
    it(`${JSON.stringify(list)} stays as it is`, () => { assert.deepEqual(inlineParts(list), list); });
  }

  it('a thing in itself comes to an end', () => {
    const endless: { label: string; box: object; parts?: object } = { label: 'a', box: BOX };
    endless.parts = { again: [endless] };
    assert.equal(inlineParts([endless]).length, 9);
  });

  it('is in the overlay of a recording', () => {
    const overlay = toOverlay('faces', [car({ faces: [{ label: 'face', score: 0.5, box: INNER, classId: 2 }], colour: [{ label: 'red', score: 1 }] })]);
    assert.match(JSON.stringify(overlay), /car: red.*face/);
  });
});
