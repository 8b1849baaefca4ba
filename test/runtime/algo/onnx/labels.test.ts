import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { labelOf, type Labels, resolveLabels, wantedClasses } from '../../../../dist/runtime/algo/onnx/labels.js';
import { COCO_LABELS } from '../../../../dist/runtime/algo/onnx/coco-labels.js';
import { dataPath } from '../../../support/data.js';
import { readFileSync } from 'node:fs';

describe('algo/onnx/labels', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'labels-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  function write(content: string | Uint8Array): string {
    const path = join(folder, 'names.txt');
    writeFileSync(path, content);
    return path;
  }

  it('the option comes before the model, the model before COCO, COCO before numbers', async () => {
    const metadata = "{0: 'own'}";
    assert.deepEqual(await resolveLabels({ classNames: ['mine'], metadata, classes: 1 }), { names: ['mine'], from: 'options' });
    assert.deepEqual(await resolveLabels({ metadata, classes: 1 }), { names: ['own'], from: 'model' });
    assert.deepEqual(await resolveLabels({ classNames: [], metadata, classes: 1 }), { names: ['own'], from: 'model' });
    assert.deepEqual(await resolveLabels({ classes: 80 }), { names: COCO_LABELS, from: 'coco' });
    assert.deepEqual(await resolveLabels({ classes: 2 }), { names: ['class 0', 'class 1'], from: 'numbers' });
    assert.deepEqual(await resolveLabels({}), { names: [], from: 'numbers' });
  });

  it('names in the model that cannot be read, or are more than its classes, are not used', async () => {
    assert.equal((await resolveLabels({ metadata: 'exit()', classes: 2 })).from, 'numbers');
    assert.equal((await resolveLabels({ metadata: "{0: 'a', 1: 'b', 2: 'c'}", classes: 2 })).from, 'numbers');
  });

  it('a number of names that is not that of the classes is told', async () => {
    const labels = await resolveLabels({ classNames: ['a', 'b'], classes: 80 });
    assert.equal(labels.warning, 'options.classNames has 2 names, the model 80 classes');
    assert.equal(labelOf(labels, 1), 'b');
    assert.equal(labelOf(labels, 7), 'class 7');
  });

  it('the 80 names of COCO are those of the data', () => {
    assert.deepEqual(COCO_LABELS, JSON.parse(readFileSync(dataPath('coco80.json'), 'utf8')));
  });

  const FILES: readonly { why: string; content: string; expected: readonly string[] }[] = [
    { why: 'one a line', content: 'cat\ndog\n', expected: ['cat', 'dog'] },
    { why: 'with Windows line ends and a byte order mark', content: '\uFEFFcat\r\ndog\r\n', expected: ['cat', 'dog'] },
    { why: 'an empty line in between keeps its number', content: 'cat\n\ndog', expected: ['cat', '', 'dog'] },
    { why: 'a JSON array', content: '["cat", "dog"]', expected: ['cat', 'dog'] },
    { why: 'a dictionary by number', content: "{0: 'cat', 1: 'dog'}", expected: ['cat', 'dog'] },
    { why: 'one name', content: 'person', expected: ['person'] },
  ];
  for (const { why, content, expected } of FILES) {
    it(`a file of names, ${why}`, async () => {
      assert.deepEqual((await resolveLabels({ classNames: write(content) })).names, expected);
    });
  }

  const BAD_FILES = [
    { why: 'is missing', path: () => join(folder, 'nowhere.txt'), says: /cannot read .*nowhere\.txt \(ENOENT/ },
    { why: 'is a folder', path: () => folder, says: /cannot read / },
    { why: 'is empty', path: () => write(''), says: /holds no names/ },
    { why: 'has broken JSON', path: () => write('["cat", dog'), says: /holds no names/ },
    { why: 'has JSON of something else', path: () => write('{"names": {"cat": 1}}'), says: /holds no names/ },
    { why: 'is a big file', path: () => write(new Uint8Array((8 << 20) + 1)), says: /a list of names has at most 8388608/ },
  ];
  for (const { why, path, says } of BAD_FILES) {
    it(`a file of names that ${why} is OPTION_INVALID`, async () => {
      await assert.rejects(resolveLabels({ classNames: path() }), { code: 'OPTION_INVALID', message: says });
    });
  }

  const animals: Labels = { names: ['cat', 'dog', 'Cat', 'traffic light', '7'], from: 'model' };
  const FILTERS: readonly { why: string; wanted: readonly string[]; expected: readonly number[] | undefined }[] = [
    { why: 'an empty list keeps all', wanted: [], expected: undefined },
    { why: 'by name', wanted: ['dog'], expected: [1] },
    { why: 'case does not count, and two classes may have one name', wanted: ['CAT'], expected: [0, 2] },
    { why: 'spaces around do not count', wanted: [' traffic light '], expected: [3] },
    { why: 'by number', wanted: ['3', '0'], expected: [3, 0] },
    { why: 'by the name of a nameless class', wanted: ['class 1'], expected: [1] },
    { why: 'a name that is a number is a name', wanted: ['7'], expected: [4] },
  ];
  for (const { why, wanted, expected } of FILTERS) {
    it(`filter: ${why}`, () => {
      const classes = wantedClasses(wanted, animals, 5);
      assert.deepEqual(classes && [...classes], expected);
    });
  }

  const UNKNOWN = [
    { entry: 'dgo', says: /the model has no class "dgo"; did you mean "dog"\?|it has cat/ },
    { entry: 'trafic light', says: /did you mean "traffic light"\?/ },
    { entry: 'light', says: /did you mean "traffic light"\?/ },
    { entry: 'zebra', says: /it has cat, dog, Cat, traffic light, 7/ },
    { entry: '5', says: /no class "5"/ },
    { entry: '-1', says: /no class "-1"/ },
    { entry: '1.5', says: /no class "1\.5"/ },
    { entry: '', says: /no class ""/ },
  ];
  for (const { entry, says } of UNKNOWN) {
    it(`filter: "${entry}" is OPTION_INVALID`, () => {
      assert.throws(() => wantedClasses(['cat', entry], animals, 5), { code: 'OPTION_INVALID', message: says });
    });
  }

  it('filter: of a model with unknown classes any number may be asked for, but no name', () => {
    const nameless: Labels = { names: [], from: 'numbers' };
    assert.deepEqual([...(wantedClasses(['17'], nameless) ?? [])], [17]);
    assert.throws(() => wantedClasses(['cat'], nameless), { code: 'OPTION_INVALID', message: /it has no names, use class numbers/ });
  });

  it('filter: a long unknown entry among many long names is answered at once', () => {
    const many: Labels = { names: Array.from({ length: 2000 }, (_, i) => `name ${i} ${'x'.repeat(200)}`), from: 'model' };
    assert.throws(() => wantedClasses(['y'.repeat(256)], many, 2000), { code: 'OPTION_INVALID' });
  });
});
