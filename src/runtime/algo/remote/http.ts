import { StreamInferError } from '../../base/index.js';
import type { Server } from './server.js';

export type HttpRequest = {
  readonly url: string;
  /** Present: a POST. */
  readonly body?: Uint8Array<ArrayBuffer> | string | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

export type HttpAnswer = { readonly status: number; readonly headers: Headers; readonly body: Buffer };

/** Answers of a server, or of what stands before it, that has no time just now. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);
/** Redirects that are followed, each to the same server. */
const MOST_REDIRECTS = 3;
/** Characters of an error's text that are shown. */
const SHOWN = 300;

/**
 * One request, whatever its status, but for those that say "not now". Certificates are verified. Throws `REMOTE_UNREACHABLE`,
 * `REMOTE_REFUSED` (a redirect elsewhere), `REMOTE_ANSWER_INVALID` (larger than allowed), or the signal's reason.
 */
export async function ask(server: Server, request: HttpRequest): Promise<HttpAnswer> {
  let { url } = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(server, { ...request, url });
    const next = redirectOf(response, url);
    if (next === undefined) return await read(server, response, request);
    await response.body?.cancel();
    if (redirects === MOST_REDIRECTS || new URL(next).origin !== new URL(url).origin) {
      throw new StreamInferError('REMOTE_REFUSED', `${url} redirects to ${next}, which is not followed: use that address`);
    }
    url = next;
  }
}

/** Body of an answer that is a success. Throws `REMOTE_REFUSED`, and what `ask` throws. */
export async function askWell(server: Server, request: HttpRequest): Promise<HttpAnswer> {
  const answer = await ask(server, request);
  if (answer.status < 200 || answer.status > 299) throw refused(server, request.url, answer);
  return answer;
}

/** What an answer with an error's status means. */
export function refused(server: Server, url: string, { status, body }: HttpAnswer): StreamInferError {
  const wayOut = status === 401 || status === 403 ? ': the token is wrong, or lacks the right' : '';
  return new StreamInferError('REMOTE_REFUSED', `${url} answered ${status}${wayOut}${errorText(server, body)}`);
}

/** The JSON that an answer holds. Throws `REMOTE_ANSWER_INVALID`. */
export function jsonOf(server: Server, url: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    const start = server.hide(body.toString('utf8', 0, 80));
    throw new StreamInferError('REMOTE_ANSWER_INVALID', `${url} gave no JSON: ${start === '' ? 'nothing' : JSON.stringify(start)}`, { cause });
  }
}

async function send(server: Server, { url, body, headers, signal }: HttpRequest): Promise<Response> {
  try {
    return await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', 'accept-encoding': 'identity', ...server.headers, ...headers },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal,
    });
  } catch (cause) {
    throw failure(url, cause, signal);
  }
}

function redirectOf(response: Response, url: string): string | undefined {
  const location = response.headers.get('location');
  if (!REDIRECTS.has(response.status) || location === null || !URL.canParse(location, url)) return undefined;
  return new URL(location, url).href;
}

async function read({ limitBytes, hide }: Server, response: Response, { url, signal }: HttpRequest): Promise<HttpAnswer> {
  const pieces: Uint8Array[] = [];
  let size = Number(response.headers.get('content-length') ?? 0);
  const tooLarge = (): StreamInferError => new StreamInferError('REMOTE_ANSWER_INVALID', `${url} gave more than ${limitBytes / 2 ** 20} MiB`);
  try {
    if (size > limitBytes) {
      await response.body?.cancel();
      throw tooLarge();
    }
    size = 0;
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > limitBytes) throw tooLarge();
      pieces.push(piece);
    }
  } catch (cause) {
    throw cause instanceof StreamInferError ? cause : failure(url, cause, signal);
  }
  const answer = { status: response.status, headers: response.headers, body: Buffer.concat(pieces) };
  if (BUSY.has(answer.status)) throw new StreamInferError('REMOTE_UNREACHABLE', `${url} answered ${answer.status}${errorText({ hide }, answer.body)}`);
  return answer;
}

/** What `fetch` threw: it hides the reason behind "fetch failed". */
function failure(url: string, thrown: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error;
  const cause = (thrown as Error).cause ?? thrown;
  const { code, message } = cause as NodeJS.ErrnoException;
  const text = message || code || String(cause);
  return new StreamInferError('REMOTE_UNREACHABLE', `${url}: ${code !== undefined && !text.includes(code) ? `${text} (${code})` : text}`, { cause: thrown });
}

/** ": text" of an error's body: servers say `{ "error": … }`, or `{ "detail": … }`. */
function errorText({ hide }: Pick<Server, 'hide'>, body: Buffer): string {
  const text = body.toString('utf8', 0, 4096);
  let shown = text;
  try {
    const { error, detail } = JSON.parse(text) as { error?: unknown; detail?: unknown };
    const told = error ?? detail;
    if (told !== undefined) shown = typeof told === 'string' ? told : JSON.stringify(told);
  } catch {
    // a text of its own
  }
  shown = hide(shown.replace(/\s+/g, ' ').trim());
  return shown === '' ? '' : `: ${shown.slice(0, SHOWN)}`;
}
