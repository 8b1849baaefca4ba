import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after } from 'mocha';

import { type Ended, must, run, type RunOptions } from './program.js';

const ROOT = resolve(__dirname, '../..');
export const PACKAGE = '@stream-infer/node-red';
/** What Node-RED's palette gives npm. */
const PALETTE_FLAGS = ['--no-audit', '--no-update-notifier', '--no-fund', '--save', '--save-prefix=~', '--omit=dev', '--engine-strict'];
/** What install scripts download is out of reach, whatever network this machine has; the registry of npm is not. */
const NO_DOWNLOADS = { ONNXRUNTIME_NODE_INSTALL: 'out-of-reach', FFMPEG_BINARIES_URL: 'http://127.0.0.1:9' };

/** The npm of version 10 that Node-RED 4 brings along; Node 20 has one as well. */
export const NPM_10 = join(ROOT, 'node_modules/npm/bin/npm-cli.js');

/** `program`: default the npm on the PATH. */
export type NpmOptions = RunOptions & { readonly program?: string };

const work = mkdtempSync(join(tmpdir(), 'stream-infer-package-'));
after(() => { rmSync(work, { recursive: true, force: true, maxRetries: 3 }); });

let clone: Promise<string> | undefined;
let tarball: Promise<string> | undefined;
const installs = new Map<boolean, Promise<Installed>>();

/** A folder with what git knows of this tree and nothing else, after `npm ci` with an empty cache. */
export function freshClone(): Promise<string> {
  return (clone ??= makeClone());
}

/** What would be published: `npm pack` in the fresh clone, which builds from nothing. */
export function packed(): Promise<string> {
  return (tarball ??= pack());
}

/** Node-RED's user directory after the palette installed the package; with install scripts whose downloads fail, or without. */
export function installed(scripts: boolean): Promise<Installed> {
  let install = installs.get(scripts);
  if (!install) installs.set(scripts, (install = palette(scripts)));
  return install;
}

/** A value for PATH with which node is the only program there is. */
export function pathWithNodeOnly(): string {
  const folder = join(work, 'node-only');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'node'))) symlinkSync(process.execPath, join(folder, 'node'));
  return folder;
}

/** npm with a cache that was empty at the start. */
export function npm(args: readonly string[], options: NpmOptions = {}): Promise<string> {
  return must(options.program ?? 'npm', args, { ...options, env: { ...options.env, npm_config_cache: join(work, 'cache') } });
}

async function makeClone(): Promise<string> {
  const folder = join(work, 'clone');
  const listed = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  await npm(['ci', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}

async function pack(): Promise<string> {
  const folder = join(work, 'packed');
  mkdirSync(folder);
  await npm(['pack', '--pack-destination', folder], { cwd: await freshClone() });
  const [file] = readdirSync(folder);
  return join(folder, file ?? 'nothing was packed');
}

async function palette(scripts: boolean): Promise<Installed> {
  const userDir = join(work, scripts ? 'with-scripts' : 'without-scripts');
  mkdirSync(userDir);
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', version: '0.0.1', private: true }));
  await npm(['install', ...PALETTE_FLAGS, ...(scripts ? [] : ['--ignore-scripts']), '--', await packed()], { cwd: userDir, env: NO_DOWNLOADS });
  return new Installed(userDir);
}

/** An installed package: as a user has it. */
export class Installed {
  readonly userDir: string;

  constructor(userDir: string) {
    this.userDir = userDir;
  }

  /** Folder of one of the packages that were installed. */
  path(name: string): string {
    return join(this.userDir, 'node_modules', name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** The installed command line. */
  cli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return run(join(this.userDir, 'node_modules/.bin/stream-infer'), args, { cwd: this.userDir, ...options });
  }

  /** Does something while packages are not there. */
  async without<T>(packages: readonly string[], what: () => Promise<T>): Promise<T> {
    const there = packages.filter((name) => this.has(name));
    for (const name of there) renameSync(this.path(name), this.#away(name));
    try {
      return await what();
    } finally {
      for (const name of there) renameSync(this.#away(name), this.path(name));
    }
  }

  #away(name: string): string {
    return join(this.userDir, `away-${name.replace('/', '-')}`);
  }
}
