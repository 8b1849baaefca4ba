import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import fc from 'fast-check';

import { fillPathTemplate } from '../../dist/runtime/record/index.js';
import { editorPart } from '../support/editor-html.js';

type PathPart = {
  readonly faultOf: (path: string) => string | undefined;
  readonly fill: (path: string, values: { readonly stream: string; readonly date: Date }) => string;
};

const { faultOf, fill } = editorPart('recorder', 'streamInferPath') as PathPart;
const baseFolder = '/data';

const paths = fc.array(fc.constantFrom('{stream}', '{date}', '{time}', '{epoch}', '{day}', '{', '}', '/', '\\', '.', '..', 'a', 'ß', ' ', '.mp4', '.MP4', '\u0007', '\n'), { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
const streams = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', '.', ' ', '/', '模', '😀', '\ud800', ':', '\u2028', '\ufffd'), maxLength: 160 }),
  fc.constantFrom('', '..', 'con', 'NUL.x', 'com¹', 'rtsp://cam/1', '/data/videos/cars.mp4', '__proto__', '$&'),
);

describe('the path of a recorder’s form', () => {
  it('is what the runtime makes of it, and what the runtime refuses is refused', () => {
    fc.assert(fc.property(paths, streams, fc.date({ noInvalidDate: true }), (path, stream, date) => {
      if (faultOf(path) !== undefined) return;
      assert.equal(resolve(baseFolder, fill(path, { stream, date })), fillPathTemplate({ path, baseFolder }, { stream, date, epoch: 0 }));
    }), { numRuns: 3000 });
  });

  const FAULTS: readonly (readonly [string, string | undefined])[] = [
    ['', 'wrong.path-empty'], ['a\tb', 'wrong.path-control'], ['folder/', 'wrong.path-folder'], ['folder\\', 'wrong.path-folder'], ['a/..', 'wrong.path-folder'], ['.', 'wrong.path-folder'],
    ['{day}', 'wrong.path-part'], ['{Stream}', 'wrong.path-part'], ['{{stream}}', 'wrong.path-part'], ['a}', 'wrong.path-part'],
    ['a', undefined], ['...', undefined], ['.hidden', undefined], ['{date}/{stream}-{epoch}', undefined],
  ];
  for (const [path, fault] of FAULTS) {
    it(`${JSON.stringify(path)}: ${fault ?? 'no fault'}`, () => { assert.equal(faultOf(path), fault); });
  }
});
