import { StreamInferError } from '../../base/index.js';

const MAX_REDIRECTS = 5;

export type OpenUrlOptions = {
  /** First byte wanted; the server may start at 0 all the same (status 200). */
  readonly from: number;
  readonly signal?: AbortSignal;
};

/**
 * The answer to a GET, redirects followed: status 200 from the start, 206 from `from`. Nothing is fetched over plain
 * http but from this machine itself. Throws `MODEL_DOWNLOAD_FAILED`, and fetch's errors for a line that breaks.
 */
export async function openUrl(address: string, options: OpenUrlOptions): Promise<Response> {
  let url = new URL(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    requireSafe(url);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { 'accept-encoding': 'identity', ...(options.from > 0 && { range: `bytes=${options.from}-` }) },
      signal: options.signal ?? null,
    });
    const next = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || next === null) return accepted(response, options);
    await response.body?.cancel();
    url = new URL(next, url);
  }
  throw failed(`more than ${MAX_REDIRECTS} redirects`);
}

async function accepted(response: Response, options: OpenUrlOptions): Promise<Response> {
  if (response.status === 200) return response;
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 206 && Number(range?.[1]) === options.from) return response;
  await response.body?.cancel();
  throw failed(`the server answers ${response.status} ${response.statusText}`.trimEnd());
}

function requireSafe(url: URL): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) return;
  throw failed(`${url.origin} is not https`);
}

function failed(reason: string): StreamInferError {
  return new StreamInferError('MODEL_DOWNLOAD_FAILED', reason);
}
