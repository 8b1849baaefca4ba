import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type * as Sucrase from 'sucrase';

import { StreamInferError } from '../base/index.js';

/** Whether the file is written in TypeScript, by its name. */
export function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file);
}

/** Whether Node itself takes types away: 22.18, 23.6 and newer. */
export function stripsTypes(): boolean {
  return Boolean((process.features as { readonly typescript?: unknown }).typescript);
}

type Extensions = Record<string, ((module: { _compile(code: string, file: string): void }, file: string) => void) | undefined>;

/** Has `require` read TypeScript in this thread, as CommonJS, unless a loader does so already. Lines stay where they are. Throws `MODULE_LOAD_FAILED` where the compiler is not installed. */
export async function installTypeScript(require: NodeJS.Require): Promise<void> {
  if (extensionsOf(require)['.ts'] !== undefined) return;
  const { transform } = await loadCompiler();
  for (const ending of ['.ts', '.cts', '.mts']) {
    extensionsOf(require)[ending] = (module, file) => {
      module._compile(withoutTypes(transform, file), file);
    };
  }
}

/** The file as CommonJS. The compiler's error tells the place in it. */
function withoutTypes(transform: typeof Sucrase.transform, file: string): string {
  const text = readFileSync(file, 'utf8');
  try {
    return transform(text, { transforms: ['typescript', 'imports'], preserveDynamicImport: true }).code;
  } catch (cause) {
    throw new SyntaxError(`${basename(file)}: ${(cause as Error).message}`, { cause });
  }
}

async function loadCompiler(): Promise<typeof Sucrase> {
  try {
    return await import('sucrase');
  } catch (cause) {
    const way = 'compile it to JavaScript, install the package sucrase, or use Node 22.18 or newer';
    throw new StreamInferError('MODULE_LOAD_FAILED', `Node ${process.version} does not run TypeScript: ${way}`, { cause });
  }
}

/** Deprecated by Node, and the only way to have `require` read another language before `module.registerHooks` (22.15). */
function extensionsOf(require: NodeJS.Require): Extensions {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  return require.extensions as unknown as Extensions;
}
