import { z } from 'zod';

import { type CodePart, checkCode } from './code.js';

/** Text of a tab, at most a million characters; refused where it is no JavaScript: "Unexpected identifier 'b' (Run:3)". */
export function codeText(part: CodePart): z.ZodString {
  return z.string().max(1_000_000).check((given) => {
    const message = syntaxFault(part, given.value);
    if (message !== undefined) given.issues.push({ code: 'custom', message, input: given.value });
  });
}

function syntaxFault(part: CodePart, text: string): string | undefined {
  try {
    checkCode(part, text, '/');
    return undefined;
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const line = /:(\d+)$/.exec(stack.split('\n')[0] ?? '')?.[1];
    // a brace too many or too few shows behind the end of the text
    return line === undefined ? message : `${message} (${part}:${Math.min(Number(line), text.split('\n').length)})`;
  }
}
