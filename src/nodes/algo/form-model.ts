import { z } from 'zod';

import { algoSchema, check, StreamInferError } from '../../runtime/index.js';
import { migrateConfig } from '../shared/migrate.js';
import type { EngineSettings } from '../shared/parts.js';
import { algoConfig } from './algo.config.js';
import { algoPart } from './algo.plan.js';

const savedValue = z.union([z.string().max(100_000), z.number(), z.boolean()]);

/** What a form holds of a model: fields of a stream-algo's config. */
export const formConfigSchema = z.object({ model: z.string().max(4096) }).catchall(savedValue);

/** The model of a form, and its options, as a deploy would make a plan of them. Throws `OPTION_INVALID`. */
export function modelOfForm(config: z.output<typeof formConfigSchema>, engine: EngineSettings): OnnxPlan {
  const part = algoPart({ ...migrateConfig(algoConfig, config), kind: 'onnx' });
  const algo = check(algoSchema, { ...part.algo(engine), id: 'form', name: 'form' });
  if (algo.kind !== 'onnx') throw new StreamInferError('INTERNAL', 'only models are looked at');
  return algo;
}

type OnnxPlan = Extract<z.output<typeof algoSchema>, { kind: 'onnx' }>;
