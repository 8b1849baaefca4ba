import { join } from 'node:path';
import { constants, Script } from 'node:vm';

/** The tabs of a code algo, and what each one's function gets. Errors name their lines as `Run:3`. */
export const CODE_PARTS = { Setup: ['context'], Run: ['frames', 'context'], Close: ['context'] } as const;
export type CodePart = keyof typeof CODE_PARTS;

/** Name of a tab's text in stack traces; imports in it are looked for from `folder`. */
export function codeFile(part: CodePart, folder: string): string {
  return join(folder, part);
}

/**
 * The text of a tab as an async function of what `CODE_PARTS` says and of `require`; the function is made, not called. Its lines are
 * counted as they were typed. Throws a SyntaxError.
 */
export function compileCode(part: CodePart, text: string, folder: string): (...given: readonly unknown[]) => Promise<unknown> {
  return scriptOf(part, text, folder).runInThisContext() as (...given: readonly unknown[]) => Promise<unknown>;
}

/** Nothing of the text is run. Throws a SyntaxError, also where it is more than the body of a function: `}); more(); (() => {`. */
export function checkCode(part: CodePart, text: string, folder: string): void {
  scriptOf(part, text, folder);
  try {
    Reflect.construct(AsyncFunction, [...parametersOf(part), text]);
  } catch (cause) {
    throw new SyntaxError('it ends its own function', { cause });
  }
}

/** Takes text as the body of a function and as nothing else; no global has it. */
const AsyncFunction = (async () => { await Promise.resolve(); }).constructor;

function parametersOf(part: CodePart): string[] {
  return [...CODE_PARTS[part], 'require'];
}

function scriptOf(part: CodePart, text: string, folder: string): Script {
  return new Script(`(async (${parametersOf(part).join(', ')}) => {\n${text}\n})`, {
    filename: codeFile(part, folder),
    lineOffset: -1,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}
