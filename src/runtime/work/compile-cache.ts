import * as nodeModule from 'node:module';

/** Node.js 22.1 and later; the declarations are those of 20. */
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: (folder: string) => unknown };

/**
 * What this process and the threads and processes that it starts compile from now on is kept in `folder` and taken from there
 * at the next start: about 50 ms of CPU less. Before Node.js 22.1, and where the folder cannot be written, nothing happens.
 * A folder in `NODE_COMPILE_CACHE` goes before.
 */
export function keepCompiled(folder: string): void {
  if (!enableCompileCache) return;
  process.env['NODE_COMPILE_CACHE'] ??= folder;
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
