import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as limits from '../../dist/runtime/base/limits.js';

const page = readFileSync(join(__dirname, '../../docs/reliability.md'), 'utf8');
const section = page.slice(page.indexOf('\n## Limits\n'));
const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what')).map((line) => line.split('|').map((cell) => cell.trim()));
/** The first whole number of each row. */
const told = rows.map(([, , most = '']) => Number(/\d+/.exec(most)?.[0]) * (most.includes('MiB') ? 2 ** 20 : 1));

describe('docs/reliability.md, Limits', () => {
  it('tells every limit of the runtime, and no other', () => {
    const known = Object.values<number>(limits);
    const byNumber = (a: number, b: number): number => a - b;
    // nodes and weights have the same one, on one row
    assert.deepEqual([...told].sort(byNumber), [...known].sort(byNumber));
  });

  it('says of every limit what happens beyond it', () => {
    for (const [, what, , error = ''] of rows) assert.ok(error.length > 5, what);
  });
});
