import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, relative, resolve, sep } from 'node:path';

import { findModule } from './module-path.js';

/** More files than that are not looked at, and of a bigger file only its size and time: neither is written by hand. */
const MAX_FILES = 500;
const MAX_BYTES = 1 << 20;

const CODE = /\.[cm]?[jt]s$/;
/** Any text that could be a path of a neighbour: of `require`, of `import`, of a file that is read. */
const NEIGHBOURS = /(['"`])(\.{1,2}\/[^'"`\n]+)\1/g;
const ENDINGS = ['', '.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.json', '/index.js', '/index.ts'];

/**
 * Of what a module is made: the same text as long as its file is the same, and those that it names by relative paths,
 * they too, below `baseFolder` (of a package or a file elsewhere: below the folder of its file). Undefined where there is no such module.
 */
export function moduleRevision(module: string, baseFolder: string): string | undefined {
  let file: string;
  try {
    file = findModule(module, baseFolder);
  } catch {
    return undefined;
  }
  const root = isBelow(file, resolve(baseFolder)) ? resolve(baseFolder) : dirname(file);
  const hash = createHash('sha256');
  for (const [path, content] of filesOf(file, root)) hash.update(`${relative(root, path)}\0${content}\0`);
  return hash.digest('hex').slice(0, 16);
}

/** The file and all that belongs to it, each once, with what tells a change. */
function filesOf(file: string, root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const queue = [file];
  for (let path = queue.shift(); path !== undefined && found.size < MAX_FILES; path = queue.shift()) {
    if (found.has(path)) continue;
    const content = contentOf(path);
    if (content === undefined) continue;
    found.set(path, content);
    if (CODE.test(extname(path))) queue.push(...neighboursIn(content, dirname(path)).filter((neighbour) => isBelow(neighbour, root)));
  }
  return found;
}

function neighboursIn(text: string, folder: string): string[] {
  const named = [...text.matchAll(NEIGHBOURS)].map((match) => resolve(folder, match[2] ?? ''));
  return named.flatMap((path) => ENDINGS.map((ending) => path + ending).filter((candidate) => isFile(candidate)).slice(0, 1));
}

function contentOf(path: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(path);
    return size > MAX_BYTES ? `${size} ${mtimeMs}` : readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What is installed does not change by hand. */
function isBelow(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return !inside.startsWith('..') && resolve(folder, inside) === path && !inside.split(sep).includes('node_modules');
}
