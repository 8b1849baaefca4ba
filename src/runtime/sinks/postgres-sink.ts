import type { Client, ClientConfig } from 'pg';

import { StreamInferError, withCredentials } from '../base/index.js';
import type { PostgresSinkPlan } from '../base/plan.js';
import { needed } from './needed.js';
import type { Sink, SinkRecord } from './sink.js';

/** Classes of errors that are the data's: what cannot be read, and what breaks a rule of the table (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const REFUSALS = /^(22|23|54)/;

/** A row each, once by its id; the table is made where there is none. */
export async function postgresSink(plan: PostgresSinkPlan): Promise<Sink> {
  const { default: pg } = await needed('pg', () => import('pg'));
  return new PostgresSink(plan, (config) => new pg.Client(config));
}

class PostgresSink implements Sink {
  readonly #plan: PostgresSinkPlan;
  readonly #make: (config: ClientConfig) => Client;
  #client: Client | undefined;

  constructor(plan: PostgresSinkPlan, make: (config: ClientConfig) => Client) {
    this.#plan = plan;
    this.#make = make;
  }

  async open(): Promise<void> {
    const { url, username, password, timeout, table } = this.#plan;
    const milliseconds = timeout * 1000;
    const client = this.#make({
      connectionString: withCredentials(url, username, password), connectionTimeoutMillis: milliseconds, query_timeout: milliseconds, application_name: 'stream-infer',
    });
    // an error that nobody hears would end the process; what was being sent fails by itself
    client.on('error', () => undefined);
    this.#client = client;
    await trying(async () => {
      await client.connect();
      // asked first: who may only insert may not create, even where there is nothing to create
      const { rows } = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [table]);
      if (rows[0]?.found == null) await client.query(createTable(table));
    });
  }

  async send(records: readonly SinkRecord[]): Promise<void> {
    const { table } = this.#plan;
    // one text of all: a column each would end at 65,535 values. PostgreSQL's JSON has no NUL
    const json = JSON.stringify(records).replaceAll('\\u0000', '\\ufffd');
    await trying(() => this.#client?.query(`INSERT INTO ${table} (id, time, stream, algo, position, frame, result, timing)
SELECT id, time, stream, algo, position, frame, result, timing FROM jsonb_to_recordset($1::jsonb)
AS given(id uuid, time timestamptz, stream text, algo text, position double precision, frame jsonb, result jsonb, timing jsonb) ON CONFLICT (id) DO NOTHING`, [json]));
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}

function createTable(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (id uuid PRIMARY KEY, time timestamptz NOT NULL, stream text NOT NULL, algo text NOT NULL,
position double precision NOT NULL, frame jsonb NOT NULL, result jsonb, timing jsonb NOT NULL)`;
}

async function trying(work: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const { message = '', code = '' } = cause as { message?: string; code?: string };
    throw new StreamInferError(REFUSALS.test(code) ? 'SINK_REFUSED' : 'SINK_FAILED', message !== '' ? message : `it cannot be reached: ${code}`, { cause });
  }
}
