import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

import { mutated } from '../mutations/index.js';
import type { Seed } from './seeds.js';
import { type Attempt, type Fate, Victim } from './victim.js';

/** A good file, and what is tried with it when it is broken. */
export type Target = Seed & { readonly way: Attempt['way'] };
export type Outcome = { readonly seed: number; readonly target: Target; readonly bytes: Buffer; readonly fate: Fate; readonly seconds: number };

/** More memory than this for one small file is too much, in MB. */
export const MUCH_MB = 1000;

/** Why an outcome is none that may be: the process died or hung, an error was not ours, it took too much; undefined where all is well. */
export function faultOf({ fate: { how, code, message, grownMb }, seconds }: Outcome): string | undefined {
  if (how !== 'answered') return `${how} ${code}`;
  if (code === 'UNKNOWN' || code === 'INTERNAL') return `an error without a code: ${message}`;
  if (grownMb > MUCH_MB) return `it took ${String(grownMb)} MB`;
  return seconds > 20 ? `it took ${seconds.toFixed(1)} s` : undefined;
}

/** Which of `targets` a seed breaks: neighbours break different files. */
export function targetOf(targets: readonly Target[], seed: number): Target {
  return targets[(seed * 7919) % targets.length] as Target;
}

/**
 * Breaks files, each seed one of `targets`, and tries them one after the other, in as many processes as `victims`; `seeds` may have no end.
 * `onOutcome` is told of each; false ends it.
 */
export async function tryMany(targets: readonly Target[], seeds: Iterator<number>, { victims, onOutcome }: { readonly victims: number; readonly onOutcome: (outcome: Outcome) => boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stream-infer-hostile-'));
  let isOver = false;
  const work = async (number: number): Promise<void> => {
    const victim = new Victim();
    for (let next = seeds.next(); next.done !== true && !isOver; next = seeds.next()) {
      const target = targetOf(targets, next.value);
      const bytes = mutated(target.bytes, target.name, next.value);
      const path = join(folder, `${String(number)}${extname(target.name)}`);
      writeFileSync(path, bytes);
      const startedAt = performance.now();
      const fate = await victim.try({ path, way: target.way });
      isOver ||= !onOutcome({ seed: next.value, target, bytes, fate, seconds: (performance.now() - startedAt) / 1000 });
    }
    victim.close();
  };
  await Promise.all(Array.from({ length: victims }, (_, number) => work(number)));
  rmSync(folder, { recursive: true });
}

/** Outcomes of `count` seeds from `first` on. */
export async function outcomesOf(targets: readonly Target[], first: number, count: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const seeds = Array.from({ length: count }, (_, i) => first + i).values();
  await tryMany(targets, seeds, { victims: 2, onOutcome: (outcome) => outcomes.push(outcome) > 0 });
  return outcomes;
}

/** Faults in words, with what is needed to see them again. */
export function faultsIn(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const fault = faultOf(outcome);
    return fault === undefined ? [] : [`seed ${String(outcome.seed)}, ${outcome.target.name}, ${outcome.target.way}: ${fault}`];
  });
}
