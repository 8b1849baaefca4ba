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
 * The text of a tab as an async function of what `CODE_PARTS` says and of `require`, compiled and not run. Its lines are counted as they were
 * typed. Throws a SyntaxError.
 */
export function compileCode(part: CodePart, text: string, folder: string): (...given: readonly unknown[]) => Promise<unknown> {
  const script = new Script(`(async (${[...CODE_PARTS[part], 'require'].join(', ')}) => {\n${text}\n})`, {
    filename: codeFile(part, folder),
    lineOffset: -1,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return script.runInThisContext() as (...given: readonly unknown[]) => Promise<unknown>;
}
