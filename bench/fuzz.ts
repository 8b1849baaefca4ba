import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { faultOf, type Outcome, type Target, tryMany } from '../test/support/hostile/many.js';
import { mediaTargets, modelTargets } from '../test/support/hostile/seeds.js';

/*
 * Breaks good videos, pictures and models and opens them, until the time is over or somebody stops it: README.md, Fuzzing. What kills, hangs,
 * takes much memory or fails without a code is told, and its file kept; the exit code is then 1.
 */

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  cases: { type: 'string', default: 'Infinity' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string' },
  victims: { type: 'string', default: '1' },
  keep: { type: 'string', default: '.cache/fuzz' },
} as const;

function targetsOf(only: string | undefined): readonly Target[] {
  const [media, models] = [mediaTargets(), modelTargets()];
  if (only === 'media') return media;
  if (only === 'models') return models;
  // half of all
  return [...media, ...Array.from({ length: Math.ceil(media.length / models.length) }, () => models).flat()];
}

function* seedsFrom(first: number, count: number): Generator<number, undefined> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
  return undefined;
}

function keep({ seed, target, bytes, fate }: Outcome, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${String(seed)}-${target.way}-${fate.how}-${target.name}`);
  writeFileSync(path, bytes);
  return path;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const endAt = performance.now() + Number(values.minutes) * 60_000;
  const counts = new Map<string, number>();
  let [all, bad] = [0, 0];
  const onOutcome = (outcome: Outcome): boolean => {
    const { seed, target: { way, name }, fate: { how, code } } = outcome;
    all += 1;
    counts.set(`${way} ${how} ${code}`, (counts.get(`${way} ${how} ${code}`) ?? 0) + 1);
    const fault = faultOf(outcome);
    if (fault !== undefined) {
      bad += 1;
      process.stdout.write(`seed ${String(seed)}, ${name}, ${way}: ${fault}; kept as ${keep(outcome, values.keep)}\n`);
    }
    return performance.now() < endAt;
  };
  await tryMany(targetsOf(values.only), seedsFrom(Number(values.seed), Number(values.cases)), { victims: Number(values.victims), onOutcome });
  process.stdout.write(`${String(all)} cases, ${String(bad)} bad\n`);
  for (const [kind, count] of [...counts].sort(([a], [b]) => a.localeCompare(b))) process.stdout.write(`  ${kind} ${String(count)}\n`);
  return bad === 0 ? 0 : 1;
}

void main().then((code) => { process.exitCode = code; });
