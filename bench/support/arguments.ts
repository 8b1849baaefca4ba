import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

export type BenchArguments = {
  /** Names of rows to be measured; each is one of those that there are. */
  readonly rows: readonly string[];
  /** Turns that count, 1…99. */
  readonly rounds: number;
  /** Where the outcome goes as JSON. */
  readonly json?: string;
};

const ROUNDS = 3;

/** What the command line asks for, of the rows that there are; none named: all. Throws with what is wrong with it. */
export function readArguments(args: readonly string[], names: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string' }, json: { type: 'string' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${names.join(', ')}`);
  return {
    rows: names.filter((name) => positionals.length === 0 || positionals.includes(name)),
    rounds: values.rounds === undefined ? ROUNDS : roundsOf(values.rounds),
    ...(values.json !== undefined && { json: writablePath(values.json) }),
  };
}

function roundsOf(text: string): number {
  if (/^[1-9][0-9]?$/.test(text)) return Number(text);
  throw new Error(`--rounds: expected a whole number from 1 to 99, got "${text}"`);
}

/** Half an hour later it would be too late to say so. */
function writablePath(path: string): string {
  const kindOf = (place: string): 'folder' | 'other' | 'nothing' => {
    const found = statSync(place, { throwIfNoEntry: false });
    if (found === undefined) return 'nothing';
    return found.isDirectory() ? 'folder' : 'other';
  };
  if (path === '' || kindOf(path) === 'folder' || kindOf(dirname(path)) !== 'folder') {
    throw new Error(`--json: expected the path of a file in a folder that exists, got "${path}"`);
  }
  return path;
}
