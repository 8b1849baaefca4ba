import { constants } from 'node:os';

import { type ErrorCode, StreamInferError } from '../../../base/index.js';
import type { Libav } from './libav.js';

/** A return code of FFmpeg for an open or read that failed. `what` says what was tried, `why`, if known, what was in the way; they hold no password. */
export function sourceError(av: Libav, code: number, { what, why }: { readonly what: string; readonly why?: string | undefined }): StreamInferError {
  const hint = code === av.AVERROR_INVALIDDATA ? ' (no video of a known kind, or cut off before its index)' : '';
  return new StreamInferError(codeFor(av, code), `${what}: ${why ?? `${av.FFmpegError.strerror(code)}${hint}`}`);
}

function codeFor(av: Libav, code: number): ErrorCode {
  switch (code) {
    case av.AVERROR_HTTP_UNAUTHORIZED:
    case av.AVERROR_HTTP_FORBIDDEN:
      return 'SOURCE_AUTH_FAILED';
    case av.AVERROR_HTTP_NOT_FOUND:
    case av.AVERROR_ENOENT:
      return 'SOURCE_NOT_FOUND';
    case av.AVERROR_DECODER_NOT_FOUND:
      return 'SOURCE_CODEC_UNSUPPORTED';
    case -constants.errno.ETIMEDOUT:
      return 'SOURCE_TIMEOUT';
    default:
      return 'SOURCE_OPEN_FAILED';
  }
}

/** Throws `code` when `result` is one of FFmpeg's errors (negative), else gives it back. */
export function must(av: Libav, result: number, failure: { readonly code: ErrorCode; readonly what: string }): number {
  if (result >= 0) return result;
  throw new StreamInferError(failure.code, `${failure.what}: ${av.FFmpegError.strerror(result)}`);
}
