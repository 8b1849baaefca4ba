import { fasterThan, FFMPEG, OURS, SEED } from '../support/claims.js';
import { type Clip, minute, tenMinutes } from '../support/clips.js';
import { decodeMinute, writeMinute } from '../support/ffmpeg.js';
import { type BenchJob, sampleOf } from '../support/job.js';
import { runOurs } from '../support/ours.js';
import type { Row, Side } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';

/** A job of one algo that does nothing, and how often it is to run. */
type Work = { readonly job: BenchJob; readonly runs: number };

const all = workOf(minute, { interval: 0, runs: minute.frames });
const oneOfEachSecond = workOf(minute, { interval: 1, runs: 60 });
const oneOfThirtySeconds = workOf(tenMinutes, { interval: 30, runs: 20 });
const lastMinute = workOf(tenMinutes, { interval: 1, runs: 60, position: 540 });

export const everyFrame: Row = {
  name: 'every-frame',
  title: 'every frame of the minute, at 640×360 bgr24, to an algo that does nothing',
  needs: [minute, peers],
  sides: [ours(all), seed('opencv', all), seed('pyav', all), { name: FFMPEG, does: '`ffmpeg … -f rawvideo -`, its bytes counted', run: writeMinute }],
  claims: [fasterThan(SEED.opencv, 1.25), fasterThan(SEED.pyav, 1.8), fasterThan(FFMPEG, 1)],
};

export const oneASecond: Row = {
  name: 'one-a-second',
  title: 'one frame a second of the minute, as above',
  needs: [minute, peers],
  sides: [ours(oneOfEachSecond), seed('opencv', oneOfEachSecond), seed('pyav', oneOfEachSecond), { name: FFMPEG, does: '`ffmpeg … -f null -`', run: decodeMinute }],
  claims: [fasterThan(SEED.opencv, 2.5), fasterThan(SEED.pyav, 3.3), fasterThan(FFMPEG, 1.7)],
};

export const oneInThirty: Row = {
  name: 'one-in-30-s',
  title: 'one frame in 30 s of ten minutes, as above',
  turns: 'one',
  needs: [tenMinutes, peers],
  sides: [ours(oneOfThirtySeconds), seed('opencv', oneOfThirtySeconds)],
  claims: [fasterThan(SEED.opencv, 30)],
};

export const lateStart: Row = {
  name: 'late-start',
  title: 'the last of ten minutes, from position 540 s on, one frame a second, as above',
  turns: 'one',
  needs: [tenMinutes, peers],
  sides: [ours(lastMinute), seed('pyav', lastMinute)],
  claims: [fasterThan(SEED.pyav, 15)],
};

function workOf({ path }: Clip, { interval, runs, position }: { readonly interval: number; readonly runs: number; readonly position?: number }): Work {
  const job: BenchJob = {
    mode: 'offline', source: path, size: { width: 640, height: 360 },
    ...(position !== undefined && { position }),
    algos: [{ kind: 'noop', interval }],
  };
  return { job, runs };
}

function ours({ job, runs }: Work): Side {
  return { name: OURS, does: '`stream-infer run`', run: async () => sampleOf(await runOurs(job), runs) };
}

function seed(producer: 'opencv' | 'pyav', { job, runs }: Work): Side {
  return { name: SEED[producer], does: `\`Inference.start\`, ${producer} producer`, run: async () => sampleOf(await runSeed(producer, job), runs) };
}
