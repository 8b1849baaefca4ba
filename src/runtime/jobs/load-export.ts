import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { StreamInferError } from '../base/index.js';
import type { ModuleExport } from './job.js';

/**
 * What a user's module exports under that name; without a name its `default`, else the only function or class.
 * Throws `MODULE_LOAD_FAILED`.
 */
export async function loadExport(wanted: ModuleExport): Promise<unknown> {
  const exported = exportsOf(await importModule(wanted));
  const found = wanted.export === undefined ? onlyExport(exported) : exported[wanted.export];
  if (found !== undefined) return found;
  const there = Object.keys(exported).join(', ') || 'nothing';
  const what = wanted.export === undefined ? 'default or only export' : `export "${wanted.export}"`;
  throw new StreamInferError('MODULE_LOAD_FAILED', `load ${wanted.module}: no ${what} (it exports ${there})`);
}

async function importModule({ module, baseFolder }: ModuleExport): Promise<Record<string, unknown>> {
  try {
    const path = isAbsolute(module) ? module : createRequire(join(baseFolder, 'job.json')).resolve(module);
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StreamInferError('MODULE_LOAD_FAILED', `load ${module}: ${why}`, { cause });
  }
}

/** A CommonJS module's exports stand under `default`; both levels count, the outer first. */
function exportsOf(namespace: Record<string, unknown>): Record<string, unknown> {
  const inner = namespace['default'];
  const names = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  const outer = Object.entries(namespace).filter(([name]) => name !== 'module.exports' && name !== '__esModule');
  return { ...names, ...Object.fromEntries(outer) };
}

function onlyExport(exported: Record<string, unknown>): unknown {
  const { default: first, ...others } = exported;
  if (typeof first === 'function') return first;
  const functions = Object.values(others).filter((value) => typeof value === 'function');
  return functions.length === 1 ? functions[0] : undefined;
}
