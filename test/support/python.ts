import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '..', '..', '.cache', 'python');

/** Folder of the virtual environment that the tests use; has numpy, and what `scripts/test-python.sh` says. */
export function pythonFolder(): string {
  assert.ok(existsSync(join(folder, 'packages')), 'the tests need a Python of their own: run scripts/test-python.sh');
  return folder;
}

/** A program of that environment. */
export function pythonProgram(name = 'python'): string {
  return join(pythonFolder(), 'bin', name);
}
