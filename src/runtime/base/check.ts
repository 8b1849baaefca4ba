import type { z } from 'zod';

import { type ErrorCode, StreamInferError } from './errors.js';
import { hidePassword } from './secrets.js';

/**
 * `given` checked and filled by `schema`, frozen. Throws `OPTION_INVALID` (or `code`) with one line for each wrong
 * field: "algos[1].interval: expected number to be >=0, got -1".
 */
export function check<S extends z.ZodType>(schema: S, given: unknown, code: ErrorCode = 'OPTION_INVALID'): z.output<S> {
  const outcome = schema.safeParse(given, { reportInput: true });
  if (outcome.success) return Object.freeze(outcome.data) as z.output<S>;
  throw new StreamInferError(code, outcome.error.issues.map(issueText).join('; '));
}

/** Characters of a wrong value in which passwords are looked for; far fewer are shown. */
const MAX_LOOKED_AT = 8192;

/** Fields whose values are not shown. */
const SECRETS: ReadonlySet<unknown> = new Set(['password', 'token']);

function issueText(issue: z.core.$ZodIssue): string {
  // the object around an unknown key is not shown: it may hold a password
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown key`).join('; ');
  const where = issue.path.length > 0 ? `${pathText(issue.path)}: ` : '';
  const input = 'input' in issue && !SECRETS.has(issue.path.at(-1)) ? `, got ${valueText(issue.input)}` : '';
  return `${where}${issue.message.replace(/^(Invalid input|Too small|Too big|Invalid option): /, '').replace(/, received .*$/, '')}${input}`;
}

/** `['algos', 1, 'interval']` as `algos[1].interval`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) return typeof value;
  // what comes from a message may have megabytes
  const text = hidePassword(json.slice(0, MAX_LOOKED_AT));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
