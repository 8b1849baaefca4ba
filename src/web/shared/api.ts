import type { PicturesAnswer, PicturesRequest, StreamRequest, StreamsAnswer } from '../../plugins/live/contract.js';

/** What a request was answered where it went wrong; `code` is one of the package's error codes, or `HTTP_…`. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

export type ApiOptions = {
  /** Where Node-RED's admin API is, with a slash at its end; relative to the page. */
  readonly root: string;
  /** Of the user who is logged in; undefined where nobody has to. */
  readonly token: () => string | undefined;
};

/** The admin routes of this package. */
export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async streams(signal?: AbortSignal): Promise<StreamsAnswer> {
    return (await this.ask('streams', signal ? { signal } : {})) as StreamsAnswer;
  }

  async tell(streamId: string, request: StreamRequest): Promise<void> {
    await this.ask(`streams/${encodeURIComponent(streamId)}`, { method: 'POST', body: JSON.stringify(request) });
  }

  async pictures(request: PicturesRequest, signal: AbortSignal): Promise<PicturesAnswer> {
    return (await this.ask('pictures', { method: 'POST', body: JSON.stringify(request), signal })) as PicturesAnswer;
  }

  /** What a route answers, its path below `stream-infer/`; undefined where it has nothing to say. Rejects with an `ApiError`. */
  async ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const { root, token } = this.#options;
    const bearer = token();
    const headers = { 'Content-Type': 'application/json', ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }) };
    const response = await fetch(`${root}stream-infer/${path}`, { ...init, headers });
    if (response.ok) return response.status === 204 ? undefined : response.json();
    throw await failureOf(response);
  }
}

async function failureOf(response: Response): Promise<ApiError> {
  const told = (await response.json().catch(() => undefined)) as { code?: string; message?: string } | undefined;
  return new ApiError(told?.code ?? `HTTP_${response.status}`, told?.message ?? response.statusText);
}
