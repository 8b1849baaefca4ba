import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { moduleRevision } from '../../../dist/runtime/algo/index.js';
import { temporaryFolder } from '../../support/tfjs.js';

const FILES = {
  'algos/mine.js': 'const { a } = require("./lib/a");\nmodule.exports = () => import("../shared/b.mjs").then(({ b }) => a + b);',
  'algos/lib/a.js': 'exports.a = require("./a.json").a;',
  'algos/lib/a.json': '{ "a": 1 }',
  'shared/b.mjs': 'export const b = 2; // "./b.mjs" names itself',
  'algos/other.js': 'module.exports = 1',
  'node_modules/pack/index.js': 'exports.part = require("./part");',
  'node_modules/pack/part.js': 'module.exports = 1;',
};

describe('algo/module-revision', () => {
  let folder: string;

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    for (const [name, text] of Object.entries(FILES)) write(name, text);
  });

  const CHANGES: readonly { file: string; changes: boolean }[] = [
    { file: 'algos/mine.js', changes: true },
    { file: 'algos/lib/a.js', changes: true },
    { file: 'algos/lib/a.json', changes: true },
    { file: 'shared/b.mjs', changes: true },
    { file: 'algos/other.js', changes: false },
    { file: 'algos/new.js', changes: false },
    { file: 'node_modules/pack/index.js', changes: false },
  ];
  for (const { file, changes } of CHANGES) {
    it(`a change of ${file} ${changes ? 'makes another' : 'makes no other'} revision, and its undoing the same again`, () => {
      const before = moduleRevision('algos/mine.js', folder);
      assert.match(before ?? '', /^[0-9a-f]{16}$/);
      write(file, `${(FILES as Record<string, string>)[file] ?? ''}\n`);
      assert.equal(moduleRevision('algos/mine.js', folder) === before, !changes);
      if (file in FILES) write(file, (FILES as Record<string, string>)[file] ?? '');
      assert.equal(moduleRevision('algos/mine.js', folder), before);
    });
  }

  it('is the same wherever the folder lies, and whatever its files\' times are', async () => {
    const before = moduleRevision('algos/mine.js', folder);
    folder = await temporaryFolder();
    for (const [name, text] of Object.entries(FILES)) write(name, text);
    assert.equal(moduleRevision(join(folder, 'algos/mine.js'), folder), before);
  });

  it('an installed package has one too', () => {
    assert.match(moduleRevision('pack', folder) ?? '', /^[0-9a-f]{16}$/);
  });

  it('what is not there has none, and a neighbour that is missing does not matter', () => {
    assert.equal(moduleRevision('algos/gone.js', folder), undefined);
    assert.equal(moduleRevision('', join(folder, 'gone')), undefined);
    rmSync(join(folder, 'algos/lib/a.js'));
    assert.match(moduleRevision('algos/mine.js', folder) ?? '', /^[0-9a-f]{16}$/);
  });

  it('a ring of files, a folder named like a file, and a file that is no text are read once and left alone', () => {
    write('ring.js', 'require("./ring2.js"); require("./algos"); require("./blob.bin");');
    write('ring2.js', 'require("./ring.js");');
    writeFileSync(join(folder, 'blob.bin'), Buffer.alloc(3_000_000, 7));
    assert.match(moduleRevision('ring.js', folder) ?? '', /^[0-9a-f]{16}$/);
  });
});
