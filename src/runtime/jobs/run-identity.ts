import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { AlgoPlan } from '../base/index.js';
import type { RunIdentity } from './checkpoint.js';
import type { Job } from './job.js';
import { packageVersion } from './version.js';

/** They may be renewed without a change of what is played, and do not belong into a file. */
const CREDENTIALS: readonly string[] = ['username', 'password', 'token', 'headers'];

/**
 * What a run is of: the job as it was resolved, the version of this package, and size and time of change of the source, models and modules
 * that are files. What lies behind a URL is known by its address only.
 */
export async function identityOf({ plan, dispatcher, process }: Job): Promise<RunIdentity> {
  const text = JSON.stringify({ plan, dispatcher, process }, (key, value: unknown) => (CREDENTIALS.includes(key) ? undefined : value));
  const named = [plan.source.location, ...plan.algos.flatMap(filesOf), ...[dispatcher, process].flatMap((given) => (given ? [moduleFile(given)] : []))];
  const paths = [...new Set(named.map(asPath).filter((path) => path !== undefined))].sort();
  const files: Record<string, string> = {};
  for (const path of paths) files[path] = await stateOf(path);
  return { version: packageVersion(), job: createHash('sha256').update(text).digest('hex'), files };
}

/** Paths, and what may be none. */
function filesOf(algo: AlgoPlan): (string | undefined)[] {
  if (algo.kind === 'module' || algo.kind === 'python') return [moduleFile(algo)];
  if (algo.kind !== 'onnx') return [];
  const { classNames, recognition, characters } = algo.options;
  return [algo.model, recognition, characters, typeof classNames === 'string' ? classNames : undefined];
}

/** A module by the name of a package is no path. */
function moduleFile({ module, baseFolder }: { readonly module: string; readonly baseFolder?: string | undefined }): string | undefined {
  return /^\.{1,2}[\\/]/.test(module) || isAbsolute(module) || module.endsWith('.py') ? resolve(baseFolder ?? '.', module) : undefined;
}

function asPath(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (/^file:\/\//i.test(given)) return URL.canParse(given) ? fileURLToPath(given) : undefined;
  return isAbsolute(given) ? given : undefined;
}

async function stateOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 'none' : `${found.size} bytes, ${found.mtime.toISOString()}`;
}
