import { z } from 'zod';

import { check } from '../../runtime/index.js';

/**
 * What a message asks of an algo or a recorder; undefined for a message that asks for nothing: results of other algos
 * come over the same wires. Throws `OPTION_INVALID` for an action that is none of `schema`.
 */
export function actionOf<S extends z.ZodType>(schema: S, payload: unknown): z.output<S> | undefined {
  if (typeof payload !== 'object' || payload === null || !('action' in payload)) return undefined;
  return (check(z.object({ payload: schema }), { payload }) as { payload: z.output<S> }).payload;
}
