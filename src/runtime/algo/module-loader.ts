import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { StreamInferError } from '../base/index.js';
import { whatAndWhere } from './lane-algo.js';

export type LoadedModule = {
  /** Absolute path of the file that was loaded. */
  readonly file: string;
  /** By name; what a CommonJS module assigns as a whole is `default`. */
  readonly exports: Readonly<Record<string, unknown>>;
};

let loads = 0;

/**
 * Loads a path (relative ones from `baseFolder`) or an installed package (looked for from there), as the file is now:
 * the file itself is read again each time, the files it imports are not. Throws `MODULE_LOAD_FAILED`.
 */
export async function loadModule(module: string, baseFolder: string): Promise<LoadedModule> {
  const require = createRequire(join(resolve(baseFolder), 'start.js'));
  const file = findFile(module, resolve(baseFolder), require);
  Reflect.deleteProperty(require.cache, file);
  loads += 1;
  try {
    const namespace = (await import(`${pathToFileURL(file).href}?load=${process.pid}-${loads}`)) as Record<string, unknown>;
    const commonJs = require.cache[file];
    return { file, exports: commonJs ? commonJsExports(commonJs.exports) : { ...namespace } };
  } catch (cause) {
    throw new StreamInferError('MODULE_LOAD_FAILED', `load ${file}: ${loadError(cause, file)}`, { cause });
  }
}

/** A path wins over a package of the same name: `my-algo.js` is a file for most people. */
function findFile(module: string, baseFolder: string, require: NodeJS.Require): string {
  let reason: unknown;
  for (const candidate of [resolve(baseFolder, module), module]) {
    try {
      return require.resolve(candidate);
    } catch (error) {
      reason = error;
    }
  }
  const text = (reason as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? 'there is no such file or package' : (reason as Error).message;
  throw new StreamInferError('MODULE_LOAD_FAILED', `load ${module} (from ${baseFolder}): ${text}`, { cause: reason });
}

/** What is assigned as a whole is the default export, unless it only holds others; compiled ESM has a default of its own. */
function commonJsExports(exported: unknown): Readonly<Record<string, unknown>> {
  if (typeof exported !== 'object' || exported === null) return { default: exported };
  const { __esModule: isCompiled, ...parts } = exported as Record<string, unknown>;
  const isWhole = isCompiled !== true && typeof (exported as { run?: unknown }).run === 'function';
  return isWhole ? { default: exported } : parts;
}

function loadError(cause: unknown, file: string): string {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(file)) {
    return `Node ${process.version} does not run TypeScript: compile it to JavaScript, or use Node 22.18 or newer`;
  }
  return whatAndWhere(cause, file);
}
