import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { dataPath } from '../../test/support/data.js';
import { fasterThan, OURS, SEED } from '../support/claims.js';
import { minute } from '../support/clips.js';
import { decodeMinute } from '../support/ffmpeg.js';
import { type BenchJob, sampleOf } from '../support/job.js';
import { CORES } from '../support/machine.js';
import { runOurs } from '../support/ours.js';
import { runProgram } from '../support/program.js';
import type { MedianOf, Row, Sample } from '../support/row.js';
import { peers, runSeed } from '../support/seed.js';

const MODEL = process.env['STREAM_INFER_BENCH_MODEL'] ?? dataPath('models/det/yolox_nano_416.onnx');
const DECODE = 'decoding alone';
const INFERENCE = 'inference alone';
const EVERY = 5;
const RUNS = minute.frames / EVERY;

/** No size for the producer: both sides letterbox the source's own picture, which spares the reference library its resizing of every frame. */
const job: BenchJob = {
  mode: 'offline', source: minute.path,
  // a little more than five frames last: both sides round down to whole frames
  algos: [{ kind: 'yolox', interval: 0.1667, model: MODEL, threads: CORES }],
};

export const yolox: Row = {
  name: 'yolox',
  title: `YOLOX-nano on every ${EVERY}th frame of the minute, with ${CORES} threads each`,
  needs: [minute, peers],
  sides: [
    { name: OURS, does: '`stream-infer run`', run: async () => sampleOf(await runOurs(job), RUNS) },
    { name: SEED.opencv, does: '`Inference.start`, opencv producer, letterbox by cv2, onnxruntime', run: async () => sampleOf(await runSeed('opencv', job), RUNS) },
    { name: DECODE, does: '`ffmpeg … -f null -`', run: decodeMinute },
    { name: INFERENCE, does: `${RUNS} runs of onnxruntime-node, nothing else`, run: inferAlone },
  ],
  claims: [
    fasterThan(SEED.opencv, 1.5),
    { against: 'the lower bound', reach: { atMost: 1.15 }, ratio: (of) => of(OURS, 'wallMs') / leastMs(of) },
  ],
  missing: () => (existsSync(MODEL) ? undefined : `there is no ${MODEL}; STREAM_INFER_BENCH_MODEL names the file of YOLOX-nano`),
};

async function inferAlone(): Promise<Sample> {
  const { lastLine } = await runProgram(process.execPath, [resolve(__dirname, '../support/inference-alone.cjs'), MODEL, String(CORES), String(RUNS)]);
  return JSON.parse(lastLine) as Sample;
}

/** Least time that decoding all frames and inferring can take: that of the longer one, or all cores busy to the end. */
function leastMs(of: MedianOf): number {
  const cores = (of(DECODE, 'cpuMs') + of(INFERENCE, 'cpuMs')) / CORES;
  return Math.max(of(DECODE, 'wallMs'), of(INFERENCE, 'wallMs'), cores);
}
