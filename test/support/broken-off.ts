import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { checkpointPath, writeCheckpoint } from '../../dist/runtime/jobs/checkpoint.js';
import { resolveJob } from '../../dist/runtime/jobs/job.js';
import { identityOf } from '../../dist/runtime/jobs/run-identity.js';

/** Leaves at `path` what a run of the job would have left that broke off when so many lines of the file `whole` were safe. */
export async function breakOff(path: string, given: { readonly job: string; readonly whole: string; readonly lines: number }): Promise<void> {
  const bytes = Buffer.from(readFileSync(given.whole, 'utf8').split('\n').slice(0, given.lines).map((line) => `${line}\n`).join(''));
  writeFileSync(path, bytes);
  const identity = await identityOf(resolveJob(JSON.parse(readFileSync(given.job, 'utf8')), dirname(given.job)));
  await writeCheckpoint(checkpointPath(path), { checkpoint: 1, identity, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
}
