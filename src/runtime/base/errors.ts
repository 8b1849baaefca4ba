/**
 * What went wrong, in words that a program can act on. docs/errors.md tells for each what to do; a test holds the
 * two lists together. A code never changes its meaning; errors are told apart by `code`, never by `instanceof`,
 * because an error that crossed a thread or a process is a copy.
 */
export const ERROR_CODES = [
  'OPTION_INVALID',
  'JOB_INVALID',
  'SOURCE_NOT_FOUND',
  'SOURCE_OPEN_FAILED',
  'SOURCE_AUTH_FAILED',
  'SOURCE_TIMEOUT',
  'SOURCE_NO_VIDEO',
  'SOURCE_CODEC_UNSUPPORTED',
  'SOURCE_READ_FAILED',
  'BACKEND_MISSING',
  'MODEL_NOT_FOUND',
  'MODEL_LOAD_FAILED',
  'MODEL_UNSUPPORTED',
  'MODEL_RUN_FAILED',
  'MODEL_DOWNLOAD_FAILED',
  'MODULE_LOAD_FAILED',
  'REMOTE_UNREACHABLE',
  'REMOTE_REFUSED',
  'REMOTE_ANSWER_INVALID',
  'PYTHON_MISSING',
  'ALGO_OPEN_FAILED',
  'ALGO_RUN_FAILED',
  'ALGO_TIMEOUT',
  'PROCESS_FAILED',
  'RECORD_OPEN_FAILED',
  'RECORD_WRITE_FAILED',
  'SINK_FAILED',
  'SINK_REFUSED',
  'STREAM_UNKNOWN',
  'STATE_INVALID',
  'ENGINE_CRASHED',
  'SET_ASIDE',
  'MESSAGES_LOST',
  'ENGINE_CLOSED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error as plain data: what crosses threads, processes and messages. */
export type WireError = { readonly code: ErrorCode; readonly message: string };

/** The one error class of the runtime. `message` says what was tried, what happened and the way out; no passwords. */
export class StreamInferError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StreamInferError';
    this.code = code;
  }
}

/** Plain data of any thrown thing; what is not ours becomes `fallback` (default `INTERNAL`). */
export function toWire(error: unknown, fallback: ErrorCode = 'INTERNAL'): WireError {
  const message = error instanceof Error ? error.message : String(error);
  return { code: codeOf(error) ?? fallback, message };
}

/** The error that `toWire` took apart. */
export function fromWire(wire: WireError): StreamInferError {
  return new StreamInferError(wire.code, wire.message);
}

/** Any thrown thing as a `StreamInferError`; ours stay as they are, others keep their place as `cause`. */
export function asStreamInferError(error: unknown, fallback: ErrorCode = 'INTERNAL'): StreamInferError {
  if (error instanceof StreamInferError) return error;
  const wire = toWire(error, fallback);
  return new StreamInferError(wire.code, wire.message, { cause: error });
}

/** An error of a file that a setting names, with that setting before its message. */
export function ofSetting(setting: string, error: unknown): StreamInferError {
  const { code, message } = toWire(error);
  return new StreamInferError(code, `${setting}: ${message}`, { cause: error });
}

function codeOf(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return ERROR_CODES.find((known) => known === code);
}
