import { hostOf, StreamInferError } from '../base/index.js';
import type { HttpSinkPlan } from '../base/plan.js';
import type { Sink, SinkRecord } from './sink.js';

/** Answers that say that this body will never be taken (RFC 9110): bad, too long, of no known kind, not to be processed. All others may change. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** Posts results as JSON: an array of them, or one a request. The id goes with each, and as `Idempotency-Key` of the request. */
export class HttpSink implements Sink {
  readonly #plan: HttpSinkPlan;

  constructor(plan: HttpSinkPlan) {
    this.#plan = plan;
  }

  /** There is nothing to connect before there is something to send. */
  open(): Promise<void> {
    return Promise.resolve();
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    if (this.#plan.body === 'batch') {
      await this.#post(records, { key: records[0]?.id ?? '', signal });
      return;
    }
    for (const record of records) await this.#post(record, { key: record.id, signal });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #post(body: unknown, { key, signal }: { readonly key: string; readonly signal: AbortSignal }): Promise<void> {
    const url = new URL(this.#plan.url);
    const response = await fetch(url, {
      method: 'POST', redirect: 'manual', signal, body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'idempotency-key': key, ...this.#authorization(), ...this.#plan.headers },
    }).catch((cause: unknown) => { throw new StreamInferError('SINK_FAILED', `${hostOf(url)}: ${reasonOf(cause)}`, { cause }); });
    // only its status says something: what else it sends is not read
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return;
    const what = `${hostOf(url)} answered ${response.status} ${response.statusText}`.trim();
    if (REFUSALS.has(response.status)) throw new StreamInferError('SINK_REFUSED', what);
    throw new StreamInferError('SINK_FAILED', response.status >= 300 && response.status < 400 ? `${what}: redirects are not followed: put in the address that it leads to` : what);
  }

  #authorization(): Record<string, string> {
    const { token, username, password } = this.#plan;
    if (token !== undefined && token !== '') return { authorization: `Bearer ${token}` };
    if (username === undefined || username === '') return {};
    return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
  }
}

/** `fetch` says why only in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.message || cause?.code || message || String(error);
}
