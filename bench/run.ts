/* `npm run bench [-- ROW…]`: measures the rows named, or all, and prints the table of bench/README.md. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

import { eventLoop } from './rows/event-loop.js';
import { everyFrame } from './rows/every-frame.js';
import { oneASecond } from './rows/one-a-second.js';
import { measure, type Outcome, type Row, type Spread } from './support/row.js';

const ROWS: readonly Row[] = [everyFrame, oneASecond, eventLoop];
const ROUNDS = 5;

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${ROWS.map(({ name }) => name).join(', ')}`);
  const wanted = ROWS.filter(({ name }) => names.length === 0 || names.includes(name));
  process.stdout.write(`${machine()}\n\n| row | what | A | B | A / B |\n|---|---|---|---|---|\n`);
  for (const row of wanted) process.stdout.write(`${line(await measure(row, ROUNDS))}\n`);
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const ffmpeg = execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' }).split(' ')[2] ?? '?';
  return `${all.length} × ${all[0]?.model ?? 'CPU'}, ${memory} GiB, ${type()} ${release()}, Node.js ${process.versions.node}, ffmpeg ${ffmpeg}, load ${(loadavg()[0] ?? 0).toFixed(1)} before; median of ${ROUNDS} (least … most), A and B in turns`;
}

function line({ row, a, b }: Outcome): string {
  const cell = (label: string, spread: Spread): string => `${label}: **${text(spread.median)} ${row.unit}** (${text(spread.least)} … ${text(spread.most)})`;
  return `| ${row.name} | ${row.title} | ${cell(row.a.label, a)} | ${cell(row.b.label, b)} | ${(a.median / b.median).toFixed(2)} |`;
}

function text(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
