import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '..', '..', '.cache', 'python');
const isThere = existsSync(join(folder, 'packages'));

/** Tests that need the virtual environment of `scripts/test-python.sh`: shown as pending where it could not be made. */
export const describeWithPython = isThere ? describe : describe.skip;
export const itWithPython = isThere ? it : it.skip;

/** Folder of that environment; has numpy, and what the script says. */
export function pythonFolder(): string {
  return folder;
}

/** A program of that environment. */
export function pythonProgram(name = 'python'): string {
  return join(folder, 'bin', name);
}
