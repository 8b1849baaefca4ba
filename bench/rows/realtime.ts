import { atMostPartOf, OURS, SEED } from '../support/claims.js';
import { twentySeconds } from '../support/clips.js';
import { expectBetween } from '../support/expect.js';
import type { BenchJob, JobRan } from '../support/job.js';
import { runOurs } from '../support/ours.js';
import type { Row, Sample } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';

export const realtimeSmall = realtime('realtime-360p', { size: { width: 640, height: 360 }, cpu: 0.25 });
export const realtimeLarge = realtime('realtime-1080p', { size: { width: 1920, height: 1080 }, cpu: 0.15 });

type Facts = { readonly size: { readonly width: number; readonly height: number }; readonly cpu: number };

function realtime(name: string, { size, cpu }: Facts): Row {
  const job: BenchJob = {
    mode: 'realtime', source: twentySeconds.path, size,
    algos: [{ kind: 'noop', frameCount: 1, frameStep: 0, interval: 1 }, { kind: 'noop', frameCount: 5, frameStep: 6, interval: 2 }],
  };
  return {
    name,
    title: `20 s at their own speed, ${size.width}×${size.height}, algos (1, 0, 1) and (5, 6, 2): frames, step, seconds`,
    turns: 'few',
    needs: [twentySeconds, peers],
    sides: [
      { name: OURS, does: '`stream-infer run`, mode realtime', run: async () => checked(await runOurs(job)) },
      { name: SEED.opencv, does: '`Inference.start`, mode realtime, opencv producer', run: async () => checked(await runSeed('opencv', job)) },
    ],
    claims: [atMostPartOf(SEED.opencv, 'cpuMs', cpu), atMostPartOf(SEED.opencv, 'memoryMiB', 0.6)],
  };
}

/** The reference library's first run comes an interval late; ours may come at the start and at the end. */
function checked({ sample, runs: [one = 0, five = 0] }: JobRan): Sample {
  expectBetween('runs of the algo with one frame', one, [18, 21]);
  expectBetween('runs of the algo with five frames', five, [8, 11]);
  return sample;
}
