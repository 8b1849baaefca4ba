/* `npm run bench [-- ROW…] [--rounds N] [--json FILE]`: measures the rows named, or all, and prints the tables of bench/README.md. */
import { ROWS } from './rows/index.js';
import { runBench } from './support/bench.js';
import { describeMachine } from './support/machine.js';

async function main(): Promise<void> {
  process.exitCode = await runBench({
    rows: ROWS,
    machine: describeMachine,
    print: (text) => { process.stdout.write(text); },
    tell: (line) => { process.stderr.write(`bench: ${line}\n`); },
  }, process.argv.slice(2));
}

void main();
