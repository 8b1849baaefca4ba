import assert from 'node:assert/strict';

import { editorPart } from '../support/editor-html.js';

type Picker = {
  readonly proposed: (text: string, labels: readonly string[]) => readonly { readonly value: string; readonly label: string }[];
  readonly unknownOf: (text: string, labels: readonly string[]) => readonly string[];
};

const { proposed, unknownOf } = editorPart('algo', 'streamInferLabels') as Picker;
const LABELS = ['person', 'car', 'cat', 'tench, Tinca tinca', 'Traffic Light'];

describe('labels of an algo’s form', () => {
  const PROPOSALS: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['c', ['car', 'cat']],
    ['C', ['car', 'cat']],
    ['person, ca', ['person, car', 'person, cat']],
    ['person,ca', ['person, car', 'person, cat']],
    ['traffic', ['Traffic Light']],
    ['car', []],
    ['x', []],
    ['person, ', []],
  ];
  for (const [typed, values] of PROPOSALS) {
    it(`for ${JSON.stringify(typed)} proposes ${JSON.stringify(values)}`, () => {
      assert.deepEqual([...proposed(typed, LABELS)].map(({ value }) => value), values);
    });
  }

  it('proposes not more than a list can show', () => {
    assert.equal(proposed('c', Array.from({ length: 10_000 }, (_, i) => `class ${i}`)).length, 200);
  });

  const UNKNOWN: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    [' , ,', []],
    ['person, CAR', []],
    ['4, class 0', []],
    ['5, class 5', ['5', 'class 5']],
    ['persn, car', ['persn']],
    ['tench, Tinca tinca', ['tench', 'Tinca tinca']],
    ['toString, __proto__', ['toString', '__proto__']],
  ];
  for (const [typed, names] of UNKNOWN) {
    it(`of ${JSON.stringify(typed)} says that ${JSON.stringify(names)} are none`, () => {
      assert.deepEqual([...unknownOf(typed, LABELS)], names);
    });
  }
});
