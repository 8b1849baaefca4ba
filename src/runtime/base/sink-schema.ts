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

/** Where results are sent, and what becomes of them while that cannot be. */
export const sinkSchema = z.discriminatedUnion('type', [httpSinkSchema, jsonlSinkSchema, csvSinkSchema]);
export type SinkPlan = z.output<typeof sinkSchema>;
export type SinkOptions = z.input<typeof sinkSchema>;
