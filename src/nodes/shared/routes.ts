import { toWire, type WireError } from '../../runtime/index.js';
import type { Red, RedRequest, RedRequestHandler, RedResponse } from './red.js';

/** What was posted; undefined where it is no JSON: a page of another site could send a form, but no JSON. */
export function postedJson(request: RedRequest): unknown {
  return request.is('application/json') ? request.body : undefined;
}

/** Gives an answer, `undefined` for none, or rejects with what is wrong. The signal aborts when who asked has gone. */
export type Answerer = (request: RedRequest, signal: AbortSignal) => unknown;

/** A handler that answers in JSON, with 204 where there is no answer, or with what went wrong. */
export function answering(answer: Answerer): RedRequestHandler {
  return (request, response) => {
    const gone = new AbortController();
    response.on('close', () => { gone.abort(); });
    Promise.resolve().then(() => answer(request, gone.signal)).then(
      (body) => {
        response.set('Cache-Control', 'no-store');
        if (body === undefined) response.status(204).end();
        else response.json(body);
      },
      (error: unknown) => {
        // what is still being sent is read over, or the answer would not be
        request.resume();
        if (!gone.signal.aborted) answerError(response, error);
      },
    );
  };
}

/** Lets those through who may deploy, and so have anything played, loaded and written that Node-RED can. */
export function mayDeploy(red: Red): RedRequestHandler[] {
  return ['stream-infer.write', 'flows.write'].map((permission) => red.auth.needsPermission(permission));
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
