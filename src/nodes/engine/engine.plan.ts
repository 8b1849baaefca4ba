import path from 'node:path';
import { z } from 'zod';

import { check, onnxOptionsSchema } from '../../runtime/index.js';
import type { EngineSettings } from '../shared/parts.js';
import { jsonOf, listOf, numberOf, textOf } from '../shared/values.js';
import type { EngineConfig } from './engine.config.js';

const settingsSchema = z.object({
  executionProviders: z.array(z.string().max(64)).max(16),
  providerOptions: z.record(z.string(), z.record(z.string(), z.unknown()), 'expected a JSON object such as {"cuda": {"deviceId": 1}}').optional(),
  threads: z.int().min(0).max(256).default(0),
  memoryLimitMb: z.int().min(0).max(1_048_576).default(0),
  ffmpegPath: z.string().max(4096).optional(),
  modelFolder: z.string().max(4096).default(''),
  moduleFolder: z.string().max(4096).default(''),
  mirror: onnxOptionsSchema.shape.mirror,
  messageLocations: z.array(z.string().max(4096)).max(100),
  liveToken: z.string().min(8, 'live pictures need a token of at least 8 characters').max(200).optional(),
});

/** What a stream-engine's saved config and credentials say; relative folders start at `userDir`. Throws `OPTION_INVALID`. */
export function engineSettings(config: EngineConfig, { userDir, credentials }: { readonly userDir: string; readonly credentials: Readonly<Record<string, unknown>> }): EngineSettings {
  const { executionProviders, providerOptions, modelFolder, moduleFolder, ffmpegPath, mirror, liveToken, ...rest } = check(settingsSchema, {
    executionProviders: listOf(config.executionProviders),
    providerOptions: jsonOf('providerOptions', config.providerOptions),
    threads: numberOf(config.threads),
    memoryLimitMb: numberOf(config.memoryLimitMb),
    ffmpegPath: textOf(config.ffmpegPath),
    modelFolder: textOf(config.modelFolder),
    moduleFolder: textOf(config.moduleFolder),
    mirror: textOf(config.mirror),
    messageLocations: listOf(config.messageLocations),
    liveToken: config.live ? (credentials['liveToken'] ?? '') : undefined,
  });
  return {
    ...rest,
    ...(providerOptions === undefined ? {} : { providerOptions }),
    ...(ffmpegPath === undefined ? {} : { ffmpegPath }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(liveToken === undefined ? {} : { liveToken }),
    executionProviders: executionProviders.length > 0 ? executionProviders : ['cpu'],
    modelFolder: path.resolve(userDir, modelFolder),
    modelsOnlyFromFolder: modelFolder !== '',
    moduleFolder: path.resolve(userDir, moduleFolder),
  };
}
