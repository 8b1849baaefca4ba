/*
 * `npx tsx bench/resume.ts`: how long `stream-infer run --resume` takes for a job that broke off at 60 % of its results, held against the
 * whole job, in turns within one run; prints the table of bench/README.md. The results have to be the same, byte for byte but for what
 * was measured.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { breakOff } from '../test/support/broken-off.js';
import { dataPath } from '../test/support/data.js';
import { type Ran, runProgram } from './support/program.js';
import { workPath } from './support/work-folder.js';

const CLI = resolve(__dirname, '../dist/runtime/jobs/cli.js');
const ROUNDS = 3;
const BROKE_OFF_AT = 0.6;

const MODEL = { model: dataPath('models/det/yolox_nano_416.onnx'), name: 'things', interval: 0.2, track: true };
const KEEPS = 'let seen = 0; exports.Counts = class { run() { seen += 1; return seen; } };';
const JOBS: Readonly<Record<string, object>> = {
  'a model': { algos: [MODEL] },
  'a model, a module on every frame': { algos: [MODEL, { module: './resume-counts.js', export: 'Counts', name: 'counts', interval: 0 }] },
  'a model, a recording': { algos: [MODEL], recording_path: workPath('resume.mp4') },
};

/** A run, its start included. */
async function run(job: string, results: string, ...args: string[]): Promise<Ran['sample']> {
  return (await runProgram(process.execPath, [CLI, 'run', job, '--results', results, '--quiet', ...args])).sample;
}

/** Results without the last line and without what was measured. */
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(0, -1).map((line) => line.replace(/,"timing":\{[^}]*\}\}$/, '}'));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function measure(what: string, given: object): Promise<void> {
  const [job, whole, resumed] = [workPath('resume.json'), workPath('resume-whole.jsonl'), workPath('resume-resumed.jsonl')];
  writeFileSync(job, JSON.stringify({ mode: 'offline', source: dataPath('videos/vtest_pets09_s2l1_h264.mp4'), ...given }));
  const samples: { readonly whole: Ran['sample'][]; readonly resumed: Ran['sample'][] } = { whole: [], resumed: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.whole.push(await run(job, whole));
    const expected = linesOf(whole);
    await breakOff(resumed, { job, whole, lines: Math.round(BROKE_OFF_AT * expected.length) });
    samples.resumed.push(await run(job, resumed, '--resume'));
    if (linesOf(resumed).join('\n') !== expected.join('\n')) throw new Error(`${what}: the results are not those of the whole run`);
  }
  const told = (['wallMs', 'cpuMs'] as const).map((cost) => {
    const [all, rest] = [samples.whole, samples.resumed].map((side) => median(side.map((sample) => sample[cost])) / 1000) as [number, number];
    return `${all.toFixed(1)} s | ${rest.toFixed(1)} s | ${(rest / all).toFixed(2)}`;
  });
  process.stdout.write(`| ${what} | ${told.join(' | ')} |\n`);
}

async function main(): Promise<void> {
  writeFileSync(workPath('resume-counts.js'), KEEPS);
  process.stdout.write('| job | whole | from 60 % on | ratio | CPU, whole | from 60 % on | ratio |\n|---|---|---|---|---|---|---|\n');
  for (const [what, given] of Object.entries(JOBS)) await measure(what, given);
}

void main();
