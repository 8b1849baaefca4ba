import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fileLines } from '../../../dist/runtime/base/index.js';

const MIB = 1024 * 1024;

describe('lines of a file', () => {
  let folder: string;

  before(() => { folder = mkdtempSync(join(tmpdir(), 'lines-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  async function linesOf(text: string, bytes = Buffer.byteLength(text)): Promise<string[]> {
    const path = join(folder, 'file');
    writeFileSync(path, text);
    const file = await open(path);
    try {
      const lines: string[] = [];
      for await (const line of fileLines(file, bytes)) lines.push(line.toString('utf8'));
      return lines;
    } finally {
      await file.close();
    }
  }

  const rows: [what: string, text: string, lines: string[]][] = [
    ['nothing', '', []],
    ['whole lines', 'a\nbc\n', ['a\n', 'bc\n']],
    ['a last one without its end', 'a\nb', ['a\n', 'b']],
    ['empty ones', '\n\n', ['\n', '\n']],
    ['what other readers take for ends of lines', 'a\r\u2028\u2029\u0085b\n', ['a\r\u2028\u2029\u0085b\n']],
    ['one that is read in several pieces', `${'ü'.repeat(1.5 * MIB)}\nz\n`, [`${'ü'.repeat(1.5 * MIB)}\n`, 'z\n']],
    ['one that ends where a piece does', `${'a'.repeat(MIB - 1)}\nz\n`, [`${'a'.repeat(MIB - 1)}\n`, 'z\n']],
  ];
  for (const [what, text, lines] of rows) {
    it(`are read: ${what}`, async () => { assert.deepEqual(await linesOf(text), lines); });
  }

  it('are read up to a length, and no further than the file goes', async () => {
    assert.deepEqual(await linesOf('a\nb\nc\n', 4), ['a\n', 'b\n']);
    assert.deepEqual(await linesOf('a\nb\n', 1e12), ['a\n', 'b\n']);
  });
});
