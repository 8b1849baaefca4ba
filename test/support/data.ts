import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Folder of the test data: videos, models, goldens. Not part of the repository. */
const wanted = process.env['STREAM_INFER_TEST_DATA'] ?? resolve(__dirname, '..', '..', '..', 'shared', 'data');
// as the system names open files
const folder = existsSync(wanted) ? realpathSync(wanted) : wanted;

/** Whether the test data is on this machine. */
export const hasData = existsSync(join(folder, 'MANIFEST.md'));

/** Path of a file of the test data: `dataPath('videos/car-detection.mp4')`. */
export function dataPath(relative: string): string {
  return join(folder, relative);
}
