import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { BenchJob, JobRan } from './job.js';
import { runProgram } from './program.js';
import type { Need } from './row.js';
import { workPath } from './work-folder.js';

const PYTHON = workPath('peers/bin/python');
const PROGRAM = resolve(__dirname, 'seed.py');

/** The Python environment with what we are held against. */
export const peers: Need = {
  make: async () => {
    if (!existsSync(workPath('peers/versions.txt'))) await runProgram('bash', [resolve(__dirname, '../peers.sh')]);
  },
};

/** Does a job with the reference library, in a Python process of its own. */
export async function runSeed(producer: 'opencv' | 'pyav', job: BenchJob): Promise<JobRan> {
  const { size, algos, ...same } = job;
  const given = {
    ...same, ...size, producer,
    algos: algos.map(({ frameCount = 1, frameStep = 0, ...algo }) => ({ ...algo, frame_count: frameCount, frame_step: frameStep })),
  };
  const { sample, lastLine } = await runProgram(PYTHON, [PROGRAM, JSON.stringify(given)]);
  const { runs } = JSON.parse(lastLine) as Pick<JobRan, 'runs'>;
  return { sample, runs };
}
