import { StreamInferError } from '../../runtime/index.js';

/**
 * Saved values as the plan's schemas want them. Forms save text, and `${ENV}` gives text: what reads as a number
 * becomes one; what does not is left as it is, so that the schema's message shows what was typed.
 */

/** A number, `undefined` for nothing, anything else as it came. */
export function numberOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  const text = value.trim();
  if (text === '') return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? value : number;
}

/** True or false, also of their text; anything else as it came. */
export function flagOf(value: unknown): unknown {
  if (value === 'true') return true;
  if (value === 'false') return false;
  return value;
}

/** Text without the space around it, `undefined` for nothing, anything else as it came. */
export function textOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

/** The parts of a comma-separated text, without space around them and without empty ones; anything else as it came. */
export function listOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** What a text in JSON says, `undefined` for nothing, anything else as it came. Throws `OPTION_INVALID`, which names `field` and what is `expected`. */
export function jsonOf(field: string, value: unknown, expected = 'a JSON object'): unknown {
  const text = textOf(value);
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `${field}: expected ${expected}, got ${text.slice(0, 80)}`, { cause });
  }
}

/** A copy of `value` that lacks `keys`. */
export function without<T extends object, K extends keyof T & string>(value: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.some((left) => left === key))) as Omit<T, K>;
}
