import { existsSync } from 'node:fs';

import { StreamInferError } from '../../../base/index.js';
import { startProgram } from './child.js';

/** An ffmpeg program that runs. */
export type Program = {
  readonly path: string;
  /** As it calls itself: `6.1.1`, `5.1.9-0+deb12u1`, `N-12345-g0123abc`. */
  readonly version: string;
  /** Major and minor as 5.01; Infinity for builds from the repository, which are new. */
  readonly release: number;
};

type Candidate = { readonly origin: string; readonly path: string | undefined };

/**
 * The first of these that runs: `ffmpegPath`, the variables FFMPEG_BIN and FFMPEG_PATH, the program of the package
 * `ffmpeg-static`, `ffmpeg` on the PATH. Throws `BACKEND_MISSING`, which says how to get one.
 */
export async function findProgram(ffmpegPath?: string): Promise<Program> {
  const { FFMPEG_BIN, FFMPEG_PATH } = process.env;
  const candidates: Candidate[] = [
    { origin: 'ffmpegPath', path: ffmpegPath },
    { origin: 'FFMPEG_BIN', path: FFMPEG_BIN },
    { origin: 'FFMPEG_PATH', path: FFMPEG_PATH },
    { origin: 'ffmpeg-static', path: await staticPath() },
    { origin: 'PATH', path: 'ffmpeg' },
  ];
  const tried: string[] = [];
  for (const { origin, path } of candidates) {
    if (path === undefined || path === '') continue;
    const version = await versionOf(path);
    if (version !== undefined) return { path, version, release: releaseOf(version) };
    tried.push(`${path} (${origin})`);
  }
  throw new StreamInferError(
    'BACKEND_MISSING',
    `no ffmpeg program runs here; tried ${tried.join(', ')}. Install ffmpeg with the system's packages (apt install ffmpeg, ` +
      'apk add ffmpeg, brew install ffmpeg) or set FFMPEG_BIN to its path',
  );
}

/** The package is there on most machines, its program only where its install script was allowed to fetch it. */
async function staticPath(): Promise<string | undefined> {
  try {
    const name = 'ffmpeg-static';
    const loaded = (await import(name)) as { default?: unknown };
    return typeof loaded.default === 'string' && existsSync(loaded.default) ? loaded.default : undefined;
  } catch {
    return undefined;
  }
}

/** What `-version` says; undefined when `path` does not run or is no ffmpeg. */
async function versionOf(path: string): Promise<string | undefined> {
  let text = '';
  const child = startProgram({ program: path, args: ['-version'], stdio: ['ignore', 'pipe', 'pipe'], onLine: () => undefined });
  child.process.stdout?.setEncoding('utf8').on('data', (chunk: string) => { text = (text + chunk).slice(0, 4096); });
  const stuck = setTimeout(() => { child.kill(); }, 10_000);
  await child.ended;
  clearTimeout(stuck);
  return /^ffmpeg version (\S+)/m.exec(text)?.[1];
}

function releaseOf(version: string): number {
  const match = /^n?(\d+)\.(\d+)/.exec(version);
  return match ? Number(match[1]) + Number(match[2]) / 100 : Infinity;
}
