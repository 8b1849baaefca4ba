import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

import { StreamInferError } from '../base/index.js';

/** Looks for modules from `folder`. */
export function requireFrom(folder: string): NodeJS.Require {
  return createRequire(join(resolve(folder), 'start.js'));
}

/** The file of a path (relative ones from `baseFolder`) or of an installed package. Throws `MODULE_LOAD_FAILED`. A path wins over a package of the same name: `my-algo.js` is a file for most people. */
export function findModule(module: string, baseFolder: string): string {
  const require = requireFrom(baseFolder);
  let reason: unknown;
  for (const candidate of [resolve(baseFolder, module), module]) {
    try {
      return require.resolve(candidate);
    } catch (error) {
      reason = error;
    }
  }
  const text = (reason as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? 'there is no such file or package' : (reason as Error).message;
  throw new StreamInferError('MODULE_LOAD_FAILED', `load ${module} (from ${resolve(baseFolder)}): ${text}`, { cause: reason });
}
