import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ERROR_CODES } from '../../dist/runtime/base/index.js';
import { exitCodeOf } from '../../dist/runtime/jobs/commands/exit.js';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));

describe('docs/errors.md', () => {
  it('tells every code of the runtime, once, in the order of the code', () => {
    assert.deepEqual(rows.map(([code]) => code?.replaceAll('`', '')), [...ERROR_CODES]);
  });

  it('says for every code what it means, what to do and the exit code', () => {
    for (const [code, ...cells] of rows) {
      assert.equal(cells.length, 3, `${code}: cells`);
      assert.ok(cells.slice(0, 2).every((cell) => cell.length > 10), `${code}: an empty cell`);
    }
  });

  it('gives the exit codes that the command line gives', () => {
    for (const [cell = '', , , exit = ''] of rows) {
      const code = cell.replaceAll('`', '');
      const expected = exit === '-' ? 1 : Number(exit);
      assert.equal(exitCodeOf({ code, message: '' }), expected, code);
    }
  });
});
