// What package-lock.json says about the packages that users get; shared by the scripts for licences, SBOM and audit.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The repository's root. */
export const ROOT = resolve(__dirname, '..');

/** An entry of package-lock.json, as far as we read it. */
export type Locked = {
  readonly version: string; readonly license?: string; readonly resolved?: string; readonly integrity?: string;
  readonly dev?: boolean; readonly optional?: boolean; readonly devOptional?: boolean; readonly inBundle?: boolean; readonly hasInstallScript?: boolean;
};

/** A package that comes with ours. `licence`: SPDX expression. `optional`: all works without it, or says what is missing. */
export type Dependency = { readonly name: string; readonly version: string; readonly licence: string; readonly optional: boolean };

/** Licences of packages whose package.json names none, or not as SPDX; read in their LICENSE files, for this version only. */
const READ_LICENCES: Readonly<Record<string, string>> = {
  '@shinyoshiaki/jspack@0.0.6': 'BSD-3-Clause',
  'async@0.2.10': 'MIT',
  'parse-cache-control@1.0.1': 'BSD-3-Clause',
};

/** What else is in, or is fetched by, packages that hold or fetch programs: name of a package (or its beginning), contents, SPDX expression. */
export const BINARIES: readonly { readonly packages: string; readonly holds: string; readonly licence: string }[] = [
  { packages: '@seydx/node-av-', holds: 'FFmpeg', licence: 'GPL-3.0-or-later' },
];

/** Every package with an install script, development included, and what that does. One that is not here fails the tests. */
export const INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  esbuild: 'development only (tsx): checks its binary',
  'ffmpeg-static': 'fetches the `ffmpeg` program from its GitHub releases, or from `FFMPEG_BINARIES_URL`',
  'node-av': 'looks for the binary package of the platform, builds one if there is none, and fetches an `ffmpeg` program from its GitHub releases (`SKIP_FFMPEG=true`: not), which we do not use',
  'onnxruntime-node': 'Linux on x64: fetches the CUDA libraries, unless `ONNXRUNTIME_NODE_INSTALL=skip`',
  protobufjs: 'compares version numbers; fetches nothing',
};

/** The packages of package-lock.json by their path; without the root. */
export function lockedPackages(): readonly (readonly [path: string, entry: Locked])[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> };
  return Object.entries(lock.packages).filter(([path]) => path !== '');
}

/** The name of the package at a path of package-lock.json. */
export function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** All that `npm install --omit=dev` may bring, each version once, by name. Throws for a package whose licence nobody has read. */
export function runTimeDependencies(): readonly Dependency[] {
  const found = new Map<string, Dependency>();
  for (const [path, entry] of lockedPackages()) {
    if (entry.dev) continue;
    const name = nameAt(path);
    const id = `${name}@${entry.version}`;
    const optional = Boolean(entry.optional ?? entry.devOptional) && found.get(id)?.optional !== false;
    found.set(id, { name, version: entry.version, licence: licenceOf(id, entry.license), optional });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependency]) => dependency);
}

/** The licence of `name@version`: what package.json says, else what was read in its LICENSE. */
export function licenceOf(id: string, said?: string): string {
  const licence = said ?? READ_LICENCES[id];
  if (licence === undefined) throw new Error(`${id} names no licence: read its LICENSE file and add it to READ_LICENCES in scripts/dependencies.ts`);
  return licence;
}
