import { writeFileSync } from 'node:fs';

import { type BenchArguments, readArguments } from './arguments.js';
import { type Outcome, reportOf, tablesOf } from './report.js';
import { measure, type Row } from './row.js';

export type Bench = {
  readonly rows: readonly Row[];
  /** What the numbers were measured on, in words. */
  readonly machine: (rounds: number) => string;
  /** The tables go here, */
  readonly print: (text: string) => void;
  /** what happens meanwhile here. */
  readonly tell: (line: string) => void;
};

/**
 * Measures what the arguments ask for. Gives the exit code: 0, also where a ratio is not reached; 1 where a row could not be measured,
 * which does not keep the others from it; 2 for arguments that are wrong.
 */
export async function runBench(bench: Bench, args: readonly string[]): Promise<0 | 1 | 2> {
  let wanted: BenchArguments;
  try {
    wanted = readArguments(args, bench.rows.map(({ name }) => name));
  } catch (error) {
    bench.tell(messageOf(error));
    return 2;
  }
  const machine = bench.machine(wanted.rounds);
  const outcomes: Outcome[] = [];
  let code: 0 | 1 = 0;
  for (const row of bench.rows.filter(({ name }) => wanted.rows.includes(name))) {
    const why = row.missing?.();
    if (why !== undefined) {
      bench.tell(`${row.name}: skipped: ${why}`);
      continue;
    }
    try {
      const outcome = { row, measured: await measure(row, wanted.rounds, (news) => { bench.tell(`${row.name}: ${news}`); }) };
      reportOf(machine, [outcome]);
      outcomes.push(outcome);
    } catch (error) {
      bench.tell(`${row.name}: could not be measured: ${messageOf(error)}`);
      code = 1;
    }
    // after each row: whoever ends a long run keeps what it has
    if (wanted.json !== undefined) writeFileSync(wanted.json, `${JSON.stringify(reportOf(machine, outcomes), null, 2)}\n`);
  }
  bench.print(tablesOf(machine, outcomes));
  return code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
