import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { DIFFERENCES } from '../support/oracle.js';

const root = resolve(__dirname, '../..');

/** Rows of a page's table of differences, by their numbers. */
function rowsOf(page: string): Map<string, string[]> {
  const rows = readFileSync(resolve(root, page), 'utf8').split('\n').filter((line) => /^\| A\d+ \|/.test(line));
  return new Map(rows.map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim())).map(([number = '', ...cells]) => [number, cells]));
}

const tested = [...readFileSync(resolve(root, 'test/parity/differences.test.ts'), 'utf8').matchAll(/ it\([`'](A\d+): /g)].map(([, number = '']) => number);

for (const page of ['README.md', 'README.zh-CN.md']) {
  describe(`differences from the Python library in ${page}`, () => {
    it('are those that have a test, and are numbered in order', () => {
      assert.deepEqual([...rowsOf(page).keys()], [...new Set(tested)]);
      assert.deepEqual([...rowsOf(page).keys()], Array.from({ length: rowsOf(page).size }, (_, i) => `A${i + 1}`));
    });

    it('tell what it is, how it was, how it is, and why', () => {
      for (const [number, cells] of rowsOf(page)) assert.deepEqual(cells.map((cell) => cell.length > 0), [true, true, true, true], number);
    });

    it('name the reason for every recorded run that comes out differently', () => {
      const missing = Object.entries(DIFFERENCES).filter(([, { from, row }]) => from.some((recording) => recording.startsWith('0.6.7')) && !rowsOf(page).has(row ?? ''));
      assert.deepEqual(missing, []);
    });
  });
}
