import { pathToFileURL } from 'node:url';

import { StreamInferError } from '../base/index.js';
import { whatAndWhere } from './lane-algo.js';
import { findModule, requireFrom } from './module-path.js';
import { installTypeScript, isTypeScript, stripsTypes } from './typescript.js';

export type LoadedModule = {
  /** Absolute path of the file that was loaded. */
  readonly file: string;
  /** By name; what a CommonJS module assigns as a whole is `default`. */
  readonly exports: Readonly<Record<string, unknown>>;
};

let loads = 0;

/**
 * Loads a path (relative ones from `baseFolder`) or an installed package (looked for from there), as the file is now:
 * the file itself is read again each time, the files it imports are read once in a thread. Throws `MODULE_LOAD_FAILED`.
 */
export async function loadModule(module: string, baseFolder: string): Promise<LoadedModule> {
  const file = findModule(module, baseFolder);
  const require = requireFrom(baseFolder);
  Reflect.deleteProperty(require.cache, file);
  try {
    return { file, exports: await exportsOf(file, require) };
  } catch (cause) {
    throw new StreamInferError('MODULE_LOAD_FAILED', `load ${file}: ${loadError(cause, file)}`, { cause });
  }
}

async function exportsOf(file: string, require: NodeJS.Require): Promise<LoadedModule['exports']> {
  if (isTypeScript(file) && !stripsTypes()) {
    await installTypeScript(require);
    return commonJsExports(require(file));
  }
  loads += 1;
  const namespace = (await import(`${pathToFileURL(file).href}?load=${process.pid}-${loads}`)) as Record<string, unknown>;
  const commonJs = require.cache[file];
  return commonJs ? commonJsExports(commonJs.exports) : { ...namespace };
}

/** What is assigned as a whole is the default export, unless it only holds others; compiled ESM has a default of its own. */
function commonJsExports(exported: unknown): LoadedModule['exports'] {
  if (typeof exported !== 'object' || exported === null) return { default: exported };
  const { __esModule: isCompiled, ...parts } = exported as Record<string, unknown>;
  const isWhole = isCompiled !== true && typeof (exported as { run?: unknown }).run === 'function';
  return isWhole ? { default: exported } : parts;
}

function loadError(cause: unknown, file: string): string {
  const text = whatAndWhere(cause, [file]);
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return `${text}: Node only takes types away; write it without enums, namespaces and parameter properties, or compile it to JavaScript`;
  if (isReadAsCommonJs(cause)) return `${text}: a package.json above it has it read as CommonJS; end its name in .mjs (.mts), or put a package.json with { "type": "module" } beside it`;
  return text;
}

/** Node looks for `import` and `export` itself only where no package.json says what files are. */
function isReadAsCommonJs(cause: unknown): boolean {
  return cause instanceof SyntaxError && /^(Unexpected token 'export'|Cannot use import statement outside a module)/.test(cause.message);
}
