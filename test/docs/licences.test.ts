import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { INSTALL_SCRIPTS, lockedPackages, nameAt, ROOT, runTimeDependencies } from '../../scripts/dependencies.js';
import { licencesPage } from '../../scripts/licences.js';

/** Licences that a maintainer has thought about; another one needs a word in docs/licences.md. */
const CONSIDERED = ['MIT', 'ISC', 'BSD-3-Clause', 'Apache-2.0', '0BSD', '(MIT OR CC0-1.0)', 'BlueOak-1.0.0', 'Unlicense', 'MPL-2.0', 'GPL-3.0-or-later'];
const { written, expected } = licencesPage();

describe('docs/licences.md', () => {
  it('has the packages, versions and licences of package-lock.json (else: npm run licences)', () => {
    assert.equal(written, expected);
  });

  it('names every package that is not permissive in its prose, and knows every licence', () => {
    const prose = written.slice(0, written.indexOf('## Packages'));
    for (const { name, licence } of runTimeDependencies()) {
      assert.ok(CONSIDERED.includes(licence), `${name}: ${licence}`);
      if (/GPL|MPL/.test(licence)) assert.ok(prose.includes(`\`${name}\``), name);
    }
  });

  it('packages we need are permissive: what is under GPL or MPL is optional', () => {
    const needed = runTimeDependencies().filter(({ optional }) => !optional);
    assert.ok(needed.length >= 6);
    assert.deepEqual(needed.filter(({ licence }) => /GPL|MPL/.test(licence)), []);
  });

  it('tells what each install script does, and of no other', () => {
    const withScript = lockedPackages().filter(([, { hasInstallScript }]) => hasInstallScript);
    assert.deepEqual([...new Set(withScript.map(([path]) => nameAt(path)))].sort(), Object.keys(INSTALL_SCRIPTS).sort());
  });

  it('installed packages say the same licence as the lockfile', () => {
    const differs = lockedPackages().filter(([path, entry]) => !entry.dev && differsOnDisk(path, entry.license));
    assert.deepEqual(differs.map(([path]) => path), []);
  });

  it('the FFmpeg inside of node-av is built as the page says', function () {
    const configuration = builtInConfiguration();
    if (configuration === undefined) return this.skip();
    for (const flag of ['--enable-gpl', '--enable-version3', '--enable-libx264', '--enable-libx265', '--enable-libfdk-aac']) assert.ok(configuration.includes(flag), flag);
    assert.ok(!configuration.includes('--enable-nonfree'));
  });

  it('nothing of ours loads the part of node-av that loads werift', function () {
    const imports = sources(join(ROOT, 'src')).flatMap((text) => [...text.matchAll(/['"](node-av[^'"]*)['"]/g)].map(([, name = '']) => name)).filter((name) => name !== 'node-av');
    assert.deepEqual([...new Set(imports)].sort(), ['node-av/constants', 'node-av/lib']);
    assert.ok(!sources(join(ROOT, 'src')).some((text) => /(?:from|import\() ?'node-av'/.test(text)));
    const dist = join(ROOT, 'node_modules/node-av/dist');
    if (!existsSync(dist)) return this.skip();
    for (const text of ['lib', 'constants'].flatMap((folder) => sources(join(dist, folder)))) {
      for (const [, name = ''] of text.matchAll(/^(?:import|export) .*from ['"]([^'"]+)['"]/gm)) assert.doesNotMatch(name, /werift|\/api\/|\/webrtc\//);
    }
  });
});

function differsOnDisk(path: string, locked?: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as { license?: unknown }).license !== locked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // of another platform
    throw error;
  }
}

/** FFmpeg's configure line, out of the binary package of this platform. */
function builtInConfiguration(): string | undefined {
  let file: string;
  try {
    file = require.resolve(`@seydx/node-av-${process.platform}-${process.arch}/node-av.node`);
  } catch {
    return undefined;
  }
  const bytes = readFileSync(file);
  const at = bytes.indexOf('--enable-gpl');
  const [from, to] = [bytes.lastIndexOf(0, at), bytes.indexOf(0, at)];
  return at < 0 ? '' : bytes.toString('latin1', from + 1, to);
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
