import type { ErrorCode } from '../base/index.js';

/** Without these a stream runs, but not as asked: a run ends on them. */
const CANNOT_LOAD: readonly ErrorCode[] = [
  'MODEL_NOT_FOUND', 'MODEL_LOAD_FAILED', 'MODEL_UNSUPPORTED', 'MODEL_DOWNLOAD_FAILED', 'MODULE_LOAD_FAILED', 'PYTHON_MISSING', 'ALGO_OPEN_FAILED',
];

/** True for errors of a model or module that cannot be loaded. */
export function isLoadError(code: ErrorCode): boolean {
  return CANNOT_LOAD.includes(code);
}
