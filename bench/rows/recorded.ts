import { atMost, fasterThan, OURS, SEED } from '../support/claims.js';
import { countFrames, minute } from '../support/clips.js';
import { type BenchJob, type JobRan, sampleOf } from '../support/job.js';
import { runOurs } from '../support/ours.js';
import type { Row, Sample } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';
import { workPath } from '../support/work-folder.js';

export const recorded: Row = {
  name: 'recorded',
  title: 'every frame of the minute at 640×360 with a labelled box drawn on it, recorded as H.264',
  needs: [minute, peers],
  sides: [
    { name: OURS, does: '`stream-infer run` with `recording_path`', run: () => record('ours.mp4', runOurs) },
    { name: SEED.pyav, does: '`Inference.start` with `recording_path`, pyav producer, drawn with cv2', run: () => record('seed.mp4', (job) => runSeed('pyav', job)) },
  ],
  claims: [fasterThan(SEED.pyav, 2.5), atMost('lostFrames', 0)],
};

async function record(name: string, run: (job: BenchJob) => Promise<JobRan>): Promise<Sample> {
  const path = workPath(name);
  const job: BenchJob = { mode: 'offline', source: minute.path, size: { width: 640, height: 360 }, record: path, algos: [{ kind: 'box', interval: 0 }] };
  const sample = sampleOf(await run(job), minute.frames);
  return { ...sample, lostFrames: minute.frames - (await countFrames(path)) };
}
