import { z } from 'zod';

import { check } from '../../runtime/index.js';
import type { DispatcherPart } from '../shared/parts.js';
import { numberOf } from '../shared/values.js';
import type { DispatcherConfig } from './dispatcher.config.js';

const keepSchema = z.object({ keep: z.int().min(1).max(10_000).default(100) });

/** What a stream-dispatcher's saved config gives to a plan. Throws `OPTION_INVALID` for `keep`, which no plan checks. */
export function dispatcherPart(config: DispatcherConfig): DispatcherPart {
  keptResults(config);
  return { kind: 'dispatcher', buffer: numberOf(config.buffer) };
}

/** Results kept for queries, per stream and algo. Throws `OPTION_INVALID`. */
export function keptResults(config: DispatcherConfig): number {
  return check(keepSchema, { keep: numberOf(config.keep) }).keep;
}

/** Ids of the stream-sinks that get each result, once each. */
export function sinkIds({ sink1, sink2, sink3, sink4 }: DispatcherConfig): readonly string[] {
  return [...new Set([sink1, sink2, sink3, sink4].filter((id) => id !== '' && id !== '_ADD_'))];
}
