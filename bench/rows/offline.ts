import { fasterThan, OURS } from '../support/claims.js';
import { minute, tenMinutes } from '../support/clips.js';
import { expectEqual } from '../support/expect.js';
import type { BenchJob } from '../support/job.js';
import { type JobRan, runOurs } from '../support/ours.js';
import { runProgram } from '../support/program.js';
import type { Row, Sample, Side } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';

const SEED_OPENCV = 'seed OpenCV';
const SEED_PYAV = 'seed PyAV';
const FFMPEG = 'ffmpeg';
const SIZE = { width: 640, height: 360 };

/** All frames, or those that an algo with this interval gets, of the minute. */
const everyFrameJob = jobOf({ source: minute.path, interval: 0 });
const oneASecondJob = jobOf({ source: minute.path, interval: 1 });
const oneInThirtyJob = jobOf({ source: tenMinutes.path, interval: 30 });
const lateStartJob = { ...jobOf({ source: tenMinutes.path, interval: 1 }), position: 540 };

export const everyFrame: Row = {
  name: 'every-frame',
  title: 'every frame of the minute, scaled to 640×360 bgr24, to an algo that does nothing',
  needs: [minute, peers],
  sides: [
    ours(everyFrameJob, minute.frames),
    seed('opencv', everyFrameJob, minute.frames),
    seed('pyav', everyFrameJob, minute.frames),
    { name: FFMPEG, does: '`ffmpeg … -f rawvideo - \\| wc -c`', run: writeRawFrames },
  ],
  claims: [fasterThan(SEED_OPENCV, 1.25), fasterThan(SEED_PYAV, 1.8), fasterThan(FFMPEG, 1)],
};

export const oneASecond: Row = {
  name: 'one-a-second',
  title: 'one frame a second of the minute, as above',
  needs: [minute, peers],
  sides: [
    ours(oneASecondJob, 60),
    seed('opencv', oneASecondJob, 60),
    seed('pyav', oneASecondJob, 60),
    { name: FFMPEG, does: '`ffmpeg … -f null -`', run: async () => decodeAll(minute.path) },
  ],
  claims: [fasterThan(SEED_OPENCV, 2.5), fasterThan(SEED_PYAV, 3.3), fasterThan(FFMPEG, 1.7)],
};

export const oneInThirty: Row = {
  name: 'one-in-30-s',
  title: 'one frame in 30 s of ten minutes, as above',
  turns: 'few',
  needs: [tenMinutes, peers],
  sides: [ours(oneInThirtyJob, 20), seed('opencv', oneInThirtyJob, 20)],
  claims: [fasterThan(SEED_OPENCV, 30)],
};

export const lateStart: Row = {
  name: 'late-start',
  title: 'the last of ten minutes, from position 540 s on, one frame a second',
  turns: 'few',
  needs: [tenMinutes, peers],
  sides: [ours(lateStartJob, 60), seed('pyav', lateStartJob, 60)],
  claims: [fasterThan(SEED_PYAV, 15)],
};

function jobOf({ source, interval }: { readonly source: string; readonly interval: number }): BenchJob {
  return { mode: 'offline', source, size: SIZE, algos: [{ kind: 'noop', interval }] };
}

function ours(job: BenchJob, runs: number): Side {
  return { name: OURS, does: '`stream-infer run`', run: async () => checked(await runOurs(job), runs) };
}

function seed(producer: 'opencv' | 'pyav', job: BenchJob, runs: number): Side {
  const [name, its] = producer === 'opencv' ? [SEED_OPENCV, 'OpenCVProducer'] : [SEED_PYAV, 'PyAVProducer'];
  return { name, does: `\`Inference.start\` with ${its}`, run: async () => checked(await runSeed(producer, job), runs) };
}

function checked({ sample, runs }: JobRan, wanted: number): Sample {
  expectEqual('runs of the algo', runs, [wanted]);
  return sample;
}

/** The same frames through a pipe to a program that counts their bytes. */
async function writeRawFrames(): Promise<Sample> {
  const command = 'ffmpeg -v error -nostdin -i "$0" -vf scale=640:360:flags=bilinear -pix_fmt bgr24 -f rawvideo - | wc -c';
  const { sample, lastLine } = await runProgram('bash', ['-o', 'pipefail', '-c', command, minute.path]);
  expectEqual('bytes of raw frames', Number(lastLine), minute.frames * SIZE.width * SIZE.height * 3);
  return sample;
}

/** All frames decoded, none converted. */
export async function decodeAll(path: string): Promise<Sample> {
  return (await runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-i', path, '-an', '-f', 'null', '-'])).sample;
}
