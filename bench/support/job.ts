import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { runProgram } from './program.js';
import { workFolder } from './clip.js';

const cli = resolve(__dirname, '../../dist/runtime/jobs/cli.js');
const noop = resolve(__dirname, 'noop-algo.cjs');

/** Runs an offline job on `source` with an algo that does nothing, as `stream-infer run` does; milliseconds, start of Node.js included. */
export async function runNoopJob(source: string, interval: number): Promise<number> {
  const path = join(workFolder, 'job.json');
  const algo = { module: noop, export: 'Noop', interval };
  writeFileSync(path, JSON.stringify({ mode: 'offline', source, producer: { width: 640, height: 360, format: 'bgr24' }, algos: [algo] }));
  return runProgram(process.execPath, [cli, 'run', path, '--quiet']);
}
