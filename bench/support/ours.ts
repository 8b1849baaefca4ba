import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { StreamTotals } from '../../dist/runtime/index.js';
import type { BenchAlgo, BenchJob, JobRan } from './job.js';
import { runProgram } from './program.js';
import { workPath } from './work-folder.js';

const CLI = resolve(__dirname, '../../dist/runtime/jobs/cli.js');
/** Algos in JavaScript: `Noop`, `Box`, `Stamp`. */
export const ALGOS = resolve(__dirname, 'algos.cjs');

/** Does a job with `stream-infer run`, as anybody would: a process of its own, results as lines on its standard output. */
export async function runOurs(job: BenchJob): Promise<JobRan> {
  const path = workPath('job.json');
  writeFileSync(path, JSON.stringify(jobFileOf(job)));
  const { sample, lastLine } = await runProgram(process.execPath, [CLI, 'run', path, '--quiet']);
  const { event, algos } = JSON.parse(lastLine) as { event?: string } & Pick<StreamTotals, 'algos'>;
  if (event !== 'ended') throw new Error(`stream-infer run: the last line is no end: ${lastLine.slice(0, 300)}`);
  return { sample, runs: job.algos.map((algo, at) => algos[nameOf(algo, at)]?.runs ?? 0) };
}

function jobFileOf({ mode, source, size, position, record, algos }: BenchJob): object {
  return {
    mode, source, position, recording_path: record,
    producer: { ...size, format: 'bgr24' },
    algos: algos.map((algo, at) => ({
      name: nameOf(algo, at), frame_count: algo.frameCount, frame_step: algo.frameStep, interval: algo.interval,
      ...(algo.kind === 'yolox' ? { type: 'onnx', model: algo.model, options: { threads: algo.threads } } : { type: 'module', module: ALGOS, export: EXPORTS[algo.kind] }),
    })),
  };
}

const EXPORTS = { noop: 'Noop', box: 'Box' } as const;

function nameOf({ kind }: BenchAlgo, at: number): string {
  return `${at}-${kind}`;
}
