import { z } from 'zod';

const path = z.string().trim().min(1, 'expected the path of a file').max(4096);
const secret = z.string().max(10_000);
const url = (protocols: RegExp, example: string): z.ZodType<string, string> => z.string().trim().max(4096).refine(
  (text) => URL.canParse(text) && protocols.test(new URL(text).protocol) && new URL(text).username === '' && new URL(text).password === '',
  `expected an address such as ${example}, with user and password in fields of their own`,
);

/** What all sinks have. */
const common = {
  /** What people call it, in errors and badges. Default: its type. */
  name: z.string().trim().min(1).max(200).optional(),
  /** Results that are sent at once, at most. Default 100. */
  batch: z.int().min(1).max(10_000).default(100),
  /** Seconds for which a batch is gathered, 0…3600. Default 0.5. */
  gather: z.number().min(0).max(3600).default(0.5),
  /** Seconds that connecting and sending may take each. Default 10. */
  timeout: z.number().positive().max(3600).default(10),
  /** Folder in which what waits is kept, of this sink alone; it outlives the process. Default: what waits is in memory, and lost with it. */
  spool: z.string().trim().min(1).max(4096).optional(),
  /** MiB that may wait. Default 64. */
  spoolMb: z.number().min(1).max(1_000_000).default(64),
  /** What is lost when more would have to wait: the `oldest` or the `newest` results. Default oldest. */
  whenFull: z.enum(['oldest', 'newest']).default('oldest'),
};

export const httpSinkSchema = z.strictObject({
  type: z.literal('http'),
  ...common,
  url: url(/^https?:$/, 'https://server/results'),
  /** `batch`: an array of results a request; `single`: one result each. Default batch. */
  body: z.enum(['batch', 'single']).default('batch'),
  /** Sent with each request. Default none. */
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]{1,200}$/, 'expected the name of a header'), z.string().max(10_000).regex(/^[^\r\n\0]*$/, 'expected one line')).default({}),
  /** `Authorization: Bearer TOKEN`. */
  token: secret.optional(),
  username: z.string().max(1000).optional(),
  password: secret.optional(),
});
export type HttpSinkPlan = z.output<typeof httpSinkSchema>;

/** A JSON object a line. */
export const jsonlSinkSchema = z.strictObject({ type: z.literal('jsonl'), ...common, path });
export type JsonlSinkPlan = z.output<typeof jsonlSinkSchema>;

/** A row for each thing that is detected, and one for what has found nothing or is no list. */
export const csvSinkSchema = z.strictObject({ type: z.literal('csv'), ...common, path });
export type CsvSinkPlan = z.output<typeof csvSinkSchema>;

const login = {
  username: z.string().max(1000).optional(),
  password: secret.optional(),
};

/** Of keys and topics: `{stream}` and `{algo}` are filled in. */
const template = (usual: string): z.ZodDefault<z.ZodString> => z.string().trim().min(1).max(1000).regex(/^[^\0\r\n]*$/, 'expected one line').default(usual);

export const redisSinkSchema = z.strictObject({
  type: z.literal('redis'),
  ...common,
  url: url(/^rediss?:$/, 'redis://server:6379/0, or rediss: with TLS,'),
  ...login,
  /** `stream`: an entry with `id` and `json` each; `sorted-set`: the JSON of each, by position, as the Python library's example keeps them. Default stream. */
  mode: z.enum(['stream', 'sorted-set']).default('stream'),
  key: template('results:{algo}'),
  /** Entries that are kept in a key, about; the oldest go. 0: all. Default 100,000. */
  most: z.int().min(0).max(1e9).default(100_000),
});
export type RedisSinkPlan = z.output<typeof redisSinkSchema>;

export const mqttSinkSchema = z.strictObject({
  type: z.literal('mqtt'),
  ...common,
  url: url(/^(mqtts?|wss?):$/, 'mqtt://server:1883, or mqtts:, ws:, wss:,'),
  ...login,
  topic: template('stream-infer/{stream}/{algo}'),
  /** 0: at most once; 1: at least once; 2: once. With 0 what is lost on the way is not known. Default 1. */
  qos: z.literal([0, 1, 2]).default(1),
  /** The broker keeps the newest of each topic for who comes later. Default false. */
  retain: z.boolean().default(false),
});
export type MqttSinkPlan = z.output<typeof mqttSinkSchema>;

/** Of a table, with the name of a schema before it where that is wanted. */
const table = z.string().regex(/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, 'expected the name of a table: small letters, digits and _').default('results');

export const postgresSinkSchema = z.strictObject({
  type: z.literal('postgres'),
  ...common,
  url: url(/^postgres(ql)?:$/, 'postgres://server:5432/database'),
  ...login,
  table,
});
export type PostgresSinkPlan = z.output<typeof postgresSinkSchema>;

/** A file of SQLite. */
export const sqliteSinkSchema = z.strictObject({ type: z.literal('sqlite'), ...common, path, table });
export type SqliteSinkPlan = z.output<typeof sqliteSinkSchema>;

/** Where results are sent, and what becomes of them while that cannot be. */
export const sinkSchema = z.discriminatedUnion('type', [httpSinkSchema, jsonlSinkSchema, csvSinkSchema, redisSinkSchema, mqttSinkSchema, postgresSinkSchema, sqliteSinkSchema]);
export type SinkPlan = z.output<typeof sinkSchema>;
export type SinkOptions = z.input<typeof sinkSchema>;
