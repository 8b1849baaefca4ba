// Writes the tables of docs/licences.md out of package-lock.json: `npm run licences`. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { INSTALL_SCRIPTS, ROOT, runTimeDependencies } from './dependencies.js';

const PAGE = join(ROOT, 'docs/licences.md');

/** The page as it is, and as it would be with tables of today's lockfile. */
export function licencesPage(): { readonly written: string; readonly expected: string } {
  const written = readFileSync(PAGE, 'utf8');
  return { written, expected: Object.entries(tables()).reduce((page, [name, lines]) => withTable(page, name, lines), written) };
}

function tables(): Readonly<Record<string, readonly string[]>> {
  const all = runTimeDependencies();
  const counts = new Map<string, number>();
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const byCount = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return {
    counts: ['| licence | packages |', '|---|---|', ...byCount.map(([licence, count]) => `| ${licence} | ${count} |`)],
    scripts: ['| package | what its install script does |', '|---|---|', ...Object.entries(INSTALL_SCRIPTS).map(([name, what]) => `| \`${name}\` | ${what} |`)],
    packages: [
      '| package | version | licence | |', '|---|---|---|---|',
      ...all.map(({ name, version, licence, optional }) => `| \`${name}\` | ${version} | ${licence} | ${optional ? 'optional' : ''} |`),
    ],
  };
}

function withTable(page: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}: npm run licences -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/licences.md: no place for the table "${name}"`);
  return `${page.slice(0, from)}${begin}\n${lines.join('\n')}\n\n${page.slice(to)}`;
}

if (require.main === module) writeFileSync(PAGE, licencesPage().expected);
