import { createRequire } from 'node:module';
import { basename, dirname, join, normalize, sep } from 'node:path';

import { asStreamInferError, StreamInferError } from '../base/index.js';
import type { DownloadProgress } from './catalogue/download.js';
import { findInCatalogue, listCatalogue } from './catalogue/entries.js';
import { defaultCacheFolder, isFile, writeWhole } from './model-cache.js';

export type ModelFileOptions = {
  /** Where downloaded and imported models are kept. Default: `STREAM_INFER_CACHE`, else the system's folder for caches. */
  readonly cacheFolder?: string;
  /** Told while a model of the catalogue comes in. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** A mirror of the catalogue's files; see `downloadModel`. Default: `STREAM_INFER_MODELS_URL`, else each model's own place. */
  readonly baseUrl?: string | undefined;
};

/**
 * The `.onnx` file that a model's setting means: a path as it is, a TensorFlow.js `model.json` imported, `catalogue:NAME`
 * downloaded, `npm:PACKAGE/PATH` from an installed package. Imports and downloads are done once and kept.
 * Throws `OPTION_INVALID`, `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`, `MODEL_DOWNLOAD_FAILED`.
 */
export async function resolveModelFile(model: string, options: ModelFileOptions = {}): Promise<{ readonly path: string }> {
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder();
  if (/^https?:/i.test(model)) {
    throw new StreamInferError('OPTION_INVALID', 'model: expected a path or catalogue:NAME, got a URL; download the file and give its path');
  }
  if (model.startsWith('catalogue:')) return { path: await fromCatalogue(model, { ...options, cacheFolder }) };
  const path = model.startsWith('npm:') ? await fromPackage(model.slice('npm:'.length)) : model;
  return { path: /\.json$/i.test(path) ? await imported(path, cacheFolder) : path };
}

async function fromCatalogue(model: string, options: ModelFileOptions & { readonly cacheFolder: string }): Promise<string> {
  const name = model.slice('catalogue:'.length).trim();
  const entry = findInCatalogue(name);
  const baseUrl = options.baseUrl ?? (process.env['STREAM_INFER_MODELS_URL'] || undefined);
  if (entry !== undefined) return (await import('./catalogue/download.js')).downloadModel(entry, { ...options, baseUrl });
  const names = listCatalogue().map((known) => known.name);
  throw new StreamInferError('MODEL_NOT_FOUND', `the catalogue has no model ${name}; it has ${names.join(', ')}`);
}

/** The same content gives the same file, so that it is imported once, wherever it lies. */
async function imported(path: string, cacheFolder: string): Promise<string> {
  const { convertTfjsModel, readTfjsModel } = await import('./tfjs/import.js');
  const source = await readTfjsModel(path);
  const stem = basename(path).toLowerCase() === 'model.json' ? basename(dirname(path)) : basename(path, '.json');
  const name = stem.replace(/[^\w.-]+/g, '_').slice(0, 60);
  const target = join(cacheFolder, 'imported', `${name}-${source.contentHash.slice(0, 16)}.onnx`);
  if (await isFile(target)) return target;
  const bytes = convertTfjsModel(source);
  try {
    await writeWhole(target, bytes);
  } catch (cause) {
    const { message } = asStreamInferError(cause);
    throw new StreamInferError('MODEL_LOAD_FAILED', `keep the imported ${path} in ${cacheFolder}: ${message}`, { cause });
  }
  return target;
}

/** `@scope/name/path/in/package`, looked for where Node looks: from the working directory, then from this package. */
async function fromPackage(specifier: string): Promise<string> {
  const match = /^((?:@[\w.~-]+\/)?[\w~-][\w.~-]*)\/(.+)$/.exec(specifier);
  const [, name = '', given = ''] = match ?? [];
  const inside = normalize(given);
  if (!match || inside.startsWith(`..${sep}`) || inside === '..') {
    throw new StreamInferError('OPTION_INVALID', `model: expected npm:PACKAGE/PATH of a file in it, got npm:${specifier}`);
  }
  for (const start of [join(process.cwd(), 'start.js'), __filename]) {
    for (const folder of createRequire(start).resolve.paths(name) ?? []) {
      const path = join(folder, name, inside);
      if (await isFile(path)) return path;
    }
  }
  throw new StreamInferError('MODEL_NOT_FOUND', `no file ${given} in an installed npm package ${name}; npm install ${name} in ${process.cwd()}`);
}
