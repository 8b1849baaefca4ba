import { z } from 'zod';

/**
 * Results that are known before a stream plays, from its beginning and without seeks: those of algos that keep nothing (`keepsNothing`) are
 * told again, not run again. Whatever else hangs on the stream goes on as if they had been run.
 */
export const knownSchema = z.strictObject({
  /** Absolute path of a result file of `stream-infer run`. */
  path: z.string().min(1).max(8192),
  /** So much of it counts: whole lines, results only. */
  bytes: z.int().min(1),
  /** `frame.index` of the last one: of frames before it all results are there that will ever be. */
  until: z.int().min(1),
});
export type KnownPlan = z.output<typeof knownSchema>;
