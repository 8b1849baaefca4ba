import { toWire, type WireError } from '../../runtime/index.js';
import type { RedRequest, RedResponse } from './red.js';

/** What was posted; undefined where it is no JSON: a page of another site could send a form, but no JSON. */
export function postedJson(request: RedRequest): unknown {
  return request.is('application/json') ? request.body : undefined;
}

/** Answers with what went wrong, as `{ code, message }`. */
export function answerError(response: RedResponse, error: unknown): void {
  const wire = toWire(error);
  response.status(statusOf(wire)).json(wire);
}

function statusOf({ code }: WireError): number {
  if (code === 'OPTION_INVALID') return 400;
  if (code === 'STREAM_UNKNOWN') return 404;
  return code === 'STATE_INVALID' ? 409 : 422;
}
