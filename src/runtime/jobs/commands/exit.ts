import { parseArgs, type ParseArgsConfig } from 'node:util';

import { type ErrorCode, hidePassword, StreamInferError, toWire } from '../../base/index.js';
import { isLoadError } from '../load-error.js';

/** Exit codes that programs rely on. */
export const EXIT = { done: 0, other: 1, badJob: 2, source: 3, load: 4 } as const;

const SOURCE_CANNOT_OPEN: readonly ErrorCode[] = [
  'SOURCE_NOT_FOUND', 'SOURCE_OPEN_FAILED', 'SOURCE_AUTH_FAILED', 'SOURCE_TIMEOUT', 'SOURCE_NO_VIDEO', 'SOURCE_CODEC_UNSUPPORTED',
];

/** The exit code for an error. `phase`: a source that fails while it plays was opened before. */
export function exitCodeOf(error: unknown, phase: 'opening' | 'playing' = 'opening'): number {
  const { code } = toWire(error);
  if (code === 'JOB_INVALID' || code === 'OPTION_INVALID') return EXIT.badJob;
  if (SOURCE_CANNOT_OPEN.includes(code)) return phase === 'opening' ? EXIT.source : EXIT.other;
  return isLoadError(code) ? EXIT.load : EXIT.other;
}

/** One line on standard error: "stream-infer: SOURCE_NOT_FOUND: open cars.mp4: no such file or folder". */
export function tellError(error: unknown): void {
  const { code, message } = toWire(error);
  process.stderr.write(`stream-infer: ${code}: ${oneLine(message)}\n`);
}

/** Text for a log: one line, without passwords. */
export function oneLine(text: string): string {
  return hidePassword(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

/** `parseArgs` whose complaints are `OPTION_INVALID`. */
export function readArguments<const C extends ParseArgsConfig>(config: C): ReturnType<typeof parseArgs<C>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The one thing that a command is about. Throws `OPTION_INVALID`. */
export function onlyArgument(positionals: readonly string[], what: string): string {
  const [first, ...more] = positionals;
  if (first !== undefined && first !== '' && more.length === 0) return first;
  throw new StreamInferError('OPTION_INVALID', `expected one ${what}, got ${positionals.length === 0 ? 'none' : positionals.join(' ')}`);
}

/** The number that an option's text is. Throws `OPTION_INVALID`. */
export function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new StreamInferError('OPTION_INVALID', `${option}: expected a number, got ${text}`);
}
