import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for screenshots of a test. */
export function picturesFolder(test: string): string {
  return mkdtempSync(join(tmpdir(), `stream-infer-${test}-`));
}

/** Removes it; with `KEEP_PICTURES` in the environment says where it is, to be looked at. */
export function endPictures(folder: string): void {
  if (process.env['KEEP_PICTURES']) process.stdout.write(`${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
}
