import { type Claim, type Measured, medianOf, type Row, type Spread } from './row.js';

/** A claim held against what was measured; a line of the JSON. */
export type Verdict = {
  readonly name: string;
  readonly against: string;
  readonly ratio: number;
  readonly reach: number;
  /** Whether the ratio is what it is to be, at least or at most. */
  readonly ok: boolean;
};

/** The JSON that `--json` writes. */
export type Report = { readonly machine: string; readonly rows: readonly Verdict[] };

/** A row that was measured. */
export type Outcome = { readonly row: Row; readonly measured: Measured };

export function reportOf(machine: string, outcomes: readonly Outcome[]): Report {
  return { machine, rows: outcomes.flatMap(verdictsOf) };
}

function verdictsOf({ row, measured }: Outcome): Verdict[] {
  return row.claims.map((claim) => verdictOf(row.name, claim, measured));
}

function verdictOf(name: string, { against, reach, ratio }: Claim, measured: Measured): Verdict {
  const value = ratio(medianOf(measured));
  if (!Number.isFinite(value)) throw new Error(`${name} against ${against}: the ratio is ${value}`);
  const isAtLeast = 'atLeast' in reach;
  const limit = isAtLeast ? reach.atLeast : reach.atMost;
  return { name, against, ratio: Math.round(value * 1000) / 1000, reach: limit, ok: isAtLeast ? value >= limit : value <= limit };
}

/** Two tables in Markdown: what is to be reached and what was, then what each side measured. */
export function tablesOf(machine: string, outcomes: readonly Outcome[]): string {
  const verdicts = outcomes.flatMap((outcome) => verdictsOf(outcome).map((verdict, at) => verdictLine(verdict, outcome.row.claims[at])));
  return [
    machine, '',
    '| row | against | ratio | to reach | |', '|---|---|---|---|---|', ...verdicts, '',
    '| row | side | median (least … most) |', '|---|---|---|', ...outcomes.flatMap(sideLines), '',
  ].join('\n');
}

function verdictLine({ name, against, ratio, reach, ok }: Verdict, claim: Claim | undefined): string {
  const sign = claim !== undefined && 'atLeast' in claim.reach ? '≥' : '≤';
  return `| ${name} | ${against} | ${ratio.toFixed(2)} | ${sign} ${reach} | ${ok ? 'reached' : '**not reached**'} |`;
}

function sideLines({ row, measured }: Outcome): string[] {
  const lines = row.sides.map(({ name, does }) => {
    const figures = Object.entries(measured.get(name) ?? {}).map(([figure, spread]) => `${figure} ${spreadText(spread)}`);
    return `| | ${name}: ${does} | ${figures.join(', ')} |`;
  });
  return [`| ${row.name} | *${row.title}* | |`, ...lines];
}

function spreadText({ median, least, most }: Spread): string {
  return `**${text(median)}** (${text(least)} … ${text(most)})`;
}

function text(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
