import { z } from 'zod';

import { type AlgoPlan, algoSchema } from './algo-schema.js';
import { check } from './check.js';
import { cropsFault } from './crops-fault.js';
import { knownSchema } from './known-schema.js';
import { recorderSchema } from './recorder-schema.js';
import { producerSchema, sourceSchema } from './source-schema.js';

export * from './algo-schema.js';
export { codeText } from './code-text.js';
export * from './crops-fault.js';
export * from './crops-schema.js';
export * from './known-schema.js';
export { type Line, lineSchema, type MotionGateOptions, type SlicesOptions, type Zone, zoneSchema } from './look-schema.js';
export * from './model-options.js';
export * from './recorder-schema.js';
export * from './sink-schema.js';
export * from './source-schema.js';

/*
 * What a stream is made of: one source, read by one producer, with the algos and recorders that hang on it. A plan is
 * plain data; it crosses processes, and two equal plans are the same stream. Every field has its default in its schema.
 */

function checkCrops(algos: readonly AlgoPlan[], context: z.core.$RefinementCtx): void {
  algos.forEach((algo, i) => {
    const fault = cropsFault(algo, algos.slice(0, i));
    if (fault) context.addIssue({ code: 'custom', ...fault, path: [i, ...fault.path] });
  });
}

export const streamSchema = z.strictObject({
  /** Stays the same over deploys; unique in the engine. */
  id: z.string().min(1).max(512),
  /** What people call it: `msg.topic`, `{stream}` in paths. */
  name: z.string().min(1).max(512),
  /** `offline`: every frame, as fast as it goes; `realtime`: at its own speed, newest frames. Default realtime. */
  mode: z.enum(['offline', 'realtime']).default('realtime'),
  /** Who goes first where several streams wait for the same algo, −10…10: one that is 2 higher gets twice as many runs, none waits for ever. On Linux also who gets the cores. Default 0. */
  priority: z.int().min(-10).max(10).default(0),
  source: sourceSchema,
  /**
   * Who plays the source: streams that agree in it, in `source`, `mode` and how they decode, and that start together, are
   * decoded once; pausing or seeking one of them acts on all. A live source may be joined later. Default: empty.
   */
  sourceId: z.string().max(512).default(''),
  producer: producerSchema.prefault({}),
  algos: z.array(algoSchema).max(64).superRefine(checkCrops).default([]),
  recorders: z.array(recorderSchema).max(16).default([]),
  /** Frames kept for windows; raised to what the algos need. Default 0. */
  buffer: z.int().min(0).max(10_000).default(0),
  /** True: every delivered frame goes to the engine owner's `process` hook before it is recorded. Default false. */
  process: z.boolean().default(false),
  /** Realtime: frames of a file are decoded even where nobody uses them, as those of a camera are. Default false. */
  decodeAll: z.boolean().default(false),
  /** Offline: results of a run of the same plan that broke off. Default: none. */
  known: knownSchema.optional(),
});
export type StreamPlan = z.output<typeof streamSchema>;
export type StreamPlanInput = z.input<typeof streamSchema>;
export type StreamMode = StreamPlan['mode'];

/** A plan checked and filled; `OPTION_INVALID` names each wrong field. */
export function resolveStreamPlan(given: unknown): StreamPlan {
  return check(streamSchema, given);
}
