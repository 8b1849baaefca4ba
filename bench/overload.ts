/** More streams than the cores can carry, with priorities and without, in a real Node-RED: `npx tsx bench/overload.ts [--minutes 10] [--times 3] [--interval 0.5]`. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { dataPath } from '../test/support/data.js';
import { cpuOfStream, type OverloadOptions, type OverloadOutcome, playOverload } from '../test/support/overload.js';
import { shortCamera } from './support/clips.js';

const { values } = parseArgs({ options: {
  minutes: { type: 'string', default: '10' },
  times: { type: 'string', default: '3' },
  interval: { type: 'string', default: '0.5' },
  sides: { type: 'string', default: 'priorities,equal' },
} });

const MODEL = process.env['STREAM_INFER_BENCH_MODEL'] ?? dataPath('models/det/yolox_nano_416.onnx');
const algo = existsSync(MODEL)
  ? { kind: 'onnx', model: MODEL }
  : { kind: 'module', module: resolve(__dirname, 'support/algos.cjs'), export: 'Burn' };

function print(what: string, { priorities, memory, answers, idlePercent, troubles }: OverloadOutcome): void {
  const ms = (value: number): string => value.toFixed(0);
  process.stdout.write(`\n### ${what}\n\nidle ${idlePercent.toFixed(1)} %; engine ${memory.afterStartMiB} MiB after the start, ${memory.endMiB} at the end, ${memory.peakMiB} at most; troubles: ${troubles.length}\n\n`);
  process.stdout.write('| priority | runs kept | age p50 / p99 / max, ms | turns skipped | frames dropped |\n|---|---|---|---|---|\n');
  for (const { priority, keptPercent, ageMs, skipped, dropped } of priorities) {
    process.stdout.write(`| ${priority} | ${keptPercent.toFixed(1)} % | ${ms(ageMs.p50)} / ${ms(ageMs.p99)} / ${ms(ageMs.max)} | ${JSON.stringify(skipped)} | ${JSON.stringify(dropped)} |\n`);
  }
  process.stdout.write('\n| Node-RED answers | p50 / p99 / max, ms |\n|---|---|\n');
  for (const [path, { p50, p99, max }] of Object.entries(answers)) process.stdout.write(`| ${path} | ${p50.toFixed(1)} / ${p99.toFixed(1)} / ${max.toFixed(1)} |\n`);
}

async function main(): Promise<void> {
  await shortCamera.make();
  const work = { clip: shortCamera.path, algo, moduleFolder: resolve(__dirname, 'support'), interval: Number(values.interval) };
  const cores = await cpuOfStream(work);
  const count = 3 * Math.ceil((Number(values.times) * availableParallelism()) / cores / 3);
  process.stdout.write(`one stream takes ${cores.toFixed(3)} of ${availableParallelism()} cores: ${count} streams are ${(count * cores / availableParallelism()).toFixed(1)} times what they can carry\n`);
  const third = count / 3;
  const sides: Record<string, OverloadOptions['streams']> = { priorities: { 5: third, 0: third, [-5]: third }, equal: { 0: count } };
  for (const side of values.sides.split(',')) {
    print(`${side}, ${values.minutes} min`, await playOverload({ ...work, streams: sides[side] ?? {}, seconds: Number(values.minutes) * 60 }));
  }
}

void main();
