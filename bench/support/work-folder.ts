import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '../../.cache/bench');

/** Path of a file that the benchmarks make or use; its folder exists, git ignores it. */
export function workPath(name: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}
