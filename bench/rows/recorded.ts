import { atMost, fasterThan, OURS } from '../support/claims.js';
import { countFrames, minute } from '../support/clips.js';
import { expectEqual } from '../support/expect.js';
import type { BenchJob } from '../support/job.js';
import { type JobRan, runOurs } from '../support/ours.js';
import type { Row, Sample } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';
import { workPath } from '../support/work-folder.js';

const SEED = 'seed PyAV';

export const recorded: Row = {
  name: 'recorded',
  title: 'every frame of the minute at 640×360 with a labelled box drawn on it, recorded as H.264',
  needs: [minute, peers],
  sides: [
    { name: OURS, does: '`stream-infer run` with `recording_path`', run: () => record('ours.mp4', runOurs) },
    { name: SEED, does: '`Inference.start` with PyAVProducer and `recording_path`, drawn with cv2', run: () => record('seed.mp4', (job) => runSeed('pyav', job)) },
  ],
  claims: [fasterThan(SEED, 2.5), atMost('lostFrames', 0)],
};

async function record(name: string, run: (job: BenchJob) => Promise<JobRan>): Promise<Sample> {
  const path = workPath(name);
  const { sample, runs } = await run({ mode: 'offline', source: minute.path, size: { width: 640, height: 360 }, record: path, algos: [{ kind: 'box', interval: 0 }] });
  expectEqual('runs of the algo', runs, [minute.frames]);
  return { ...sample, lostFrames: minute.frames - (await countFrames(path)) };
}
