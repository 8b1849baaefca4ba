import { loadModule } from '../algo/index.js';
import { StreamInferError } from '../base/index.js';
import type { ModuleExport } from './job.js';

/**
 * What a user's module exports under that name; without a name its `default`, else the only function or class.
 * Throws `MODULE_LOAD_FAILED`.
 */
export async function loadExport({ module, baseFolder, export: name }: ModuleExport): Promise<unknown> {
  const { exports } = await loadModule(module, baseFolder);
  const found = name === undefined ? onlyExport(exports) : exports[name];
  if (found !== undefined) return found;
  const what = name === undefined ? 'has no default export and not exactly one function' : `exports no ${name}`;
  throw new StreamInferError('MODULE_LOAD_FAILED', `${module} ${what}; its exports: ${Object.keys(exports).join(', ') || 'none'}`);
}

function onlyExport({ default: standard, ...others }: Readonly<Record<string, unknown>>): unknown {
  if (standard !== undefined) return standard;
  const functions = Object.values(others).filter((value) => typeof value === 'function');
  return functions.length === 1 ? functions[0] : undefined;
}
