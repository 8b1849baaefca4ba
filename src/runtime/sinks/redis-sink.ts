import type { Redis as Client } from 'ioredis';

import { StreamInferError } from '../base/index.js';
import type { RedisSinkPlan } from '../base/plan.js';
import { needed } from './needed.js';
import type { Sink, SinkRecord } from './sink.js';
import { filled } from './templates.js';

/** Answers that say that the key, or this entry, will never do. All others (LOADING, OOM, READONLY, NOAUTH …) may change. */
const REFUSALS = /^(WRONGTYPE|ERR string exceeds maximum|ERR Protocol error)/;

/** Entries of streams (`XADD key MAXLEN ~ n * id … json …`), or members of sorted sets, of Redis or what speaks its protocol. */
export async function redisSink(plan: RedisSinkPlan): Promise<Sink> {
  const { Redis } = await needed('ioredis', async () => (await import('ioredis')).default);
  return new RedisSink(plan, Redis);
}

class RedisSink implements Sink {
  readonly #plan: RedisSinkPlan;
  readonly #Redis: typeof Client;
  #client: Client | undefined;

  constructor(plan: RedisSinkPlan, Redis: typeof Client) {
    this.#plan = plan;
    this.#Redis = Redis;
  }

  async open(signal: AbortSignal): Promise<void> {
    const { url, username, password, timeout } = this.#plan;
    const client = new this.#Redis(url, {
      ...(username !== undefined && username !== '' && { username }), ...(password !== undefined && password !== '' && { password }),
      lazyConnect: true, connectTimeout: timeout * 1000, commandTimeout: timeout * 1000,
      // further tries are the queue's
      retryStrategy: null, reconnectOnError: null, maxRetriesPerRequest: 0, enableOfflineQueue: false,
    });
    this.#client = client;
    let why: Error | undefined;
    client.on('error', (error: Error) => { why ??= error; });
    const abort = (): void => { client.disconnect(); };
    signal.addEventListener('abort', abort);
    try {
      await client.connect();
      await client.ping();
    } catch (cause) {
      throw failureOf(why ?? cause);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    const pipeline = client.pipeline();
    for (const record of records) this.#add(pipeline, record);
    const abort = (): void => { client.disconnect(); };
    signal.addEventListener('abort', abort);
    const answers = await pipeline.exec().catch((cause: unknown) => { throw failureOf(cause); }).finally(() => { signal.removeEventListener('abort', abort); });
    for (const [error] of answers ?? []) if (error) throw failureOf(error);
  }

  close(): Promise<void> {
    this.#client?.disconnect();
    this.#client = undefined;
    return Promise.resolve();
  }

  #add(pipeline: ReturnType<Client['pipeline']>, record: SinkRecord): void {
    const { mode, most } = this.#plan;
    const key = filled(this.#plan.key, record);
    const json = JSON.stringify(record);
    if (mode === 'stream') {
      if (most === 0) pipeline.xadd(key, '*', 'id', record.id, 'json', json);
      else pipeline.xadd(key, 'MAXLEN', '~', most, '*', 'id', record.id, 'json', json);
      return;
    }
    // sent again it is the same member
    pipeline.zadd(key, record.position, json);
    if (most > 0) pipeline.zremrangebyrank(key, 0, -most - 1);
  }
}

function failureOf(cause: unknown): StreamInferError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new StreamInferError(REFUSALS.test(message) ? 'SINK_REFUSED' : 'SINK_FAILED', message, { cause });
}
