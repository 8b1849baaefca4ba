// Writes a CycloneDX list of all that `npm install --omit=dev` may bring: `npm run sbom`, or `npm run sbom -- FILE`; default sbom.cdx.json.
// The same lockfile gives the same file: npm's random serial number and time are left out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { BINARIES, licenceOf, type Locked, lockedPackages, ROOT, runTimeDependencies } from './dependencies.js';

type Component = { readonly 'bom-ref': string; readonly licenses?: readonly unknown[] };
type Bom = { serialNumber?: string; metadata: { timestamp?: string; component: { name: string } }; components: Component[] };

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
delete manifest['devDependencies'];
delete manifest['overrides']; // they speak of what is for the development
const byId = new Map(runTimeDependencies().map((dependency) => [`${dependency.name}@${dependency.version}`, dependency]));
const bom = npmSbom();
delete bom.serialNumber;
delete bom.metadata.timestamp;
bom.metadata.component.name = String(manifest['name']); // npm gives the name of the folder
bom.components = bom.components.map(completed);
writeFileSync(resolve(process.argv[2] ?? join(ROOT, 'sbom.cdx.json')), `${JSON.stringify(bom, null, 2)}\n`);

/**
 * What npm lists for our manifest and lockfile without what is for the development only. Not by `--omit=dev`: that drops
 * what a tool of the development needs as well, tinyglobby for one.
 */
function npmSbom(): Bom {
  const folder = mkdtempSync(join(tmpdir(), 'stream-infer-sbom-'));
  try {
    const packages: Record<string, unknown> = { '': manifest };
    for (const [path, { dev, devOptional, ...entry }] of lockedPackages()) if (!dev) packages[path] = forUsers(entry, devOptional);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name: manifest['name'], version: manifest['version'], lockfileVersion: 3, requires: true, packages }));
    const options = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
    const text = execFileSync('npm', options, { cwd: folder, encoding: 'utf8', maxBuffer: 64e6, shell: process.platform === 'win32' });
    return JSON.parse(text) as Bom;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function forUsers(entry: Locked, devOptional?: boolean): Locked {
  return devOptional ? { ...entry, optional: true } : entry;
}

/** With the scope that users see, a licence where npm knows none, and what a binary package holds: its own licence is not that of its contents. */
function completed(component: Component): Component {
  const id = component['bom-ref'];
  const inside = BINARIES.filter(({ packages }) => id.startsWith(packages));
  return {
    ...component,
    ...{ scope: byId.get(id)?.optional ? 'optional' : 'required' },
    licenses: component.licenses?.length ? component.licenses : [{ license: { id: licenceOf(id) } }],
    ...(inside.length > 0 && { components: inside.map(({ holds, licence }) => ({ 'bom-ref': `${id}/${holds}`, type: 'library', name: holds, licenses: [{ license: { id: licence } }] })) }),
  };
}
