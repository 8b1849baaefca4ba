import { z } from 'zod';

import { check, type ModelTest, type SourceOptions, StreamInferError, testModelApart } from '../../runtime/index.js';
import type { Coordinator } from '../shared/coordinator.js';
import { coordinatorOf } from '../shared/coordinators.js';
import type { EngineSettings } from '../shared/parts.js';
import { sourcePlan } from '../shared/plan-builder.js';
import { preview } from '../shared/preview.js';
import type { Red } from '../shared/red.js';
import { answering, mayDeploy, postedJson } from '../shared/routes.js';
import { formConfigSchema, modelOfForm } from './form-model.js';

const bodySchema = z.strictObject({
  config: formConfigSchema,
  /** Id of a deployed source. */
  source: z.string().max(256).optional(),
  /** In place of one. */
  location: z.string().trim().max(4096).optional(),
  /** Id of the stream-engine where no source says it; empty: the default one. */
  engine: z.string().max(256).default(''),
});

/** Pixels of the picture's longer side. */
const MAX_SIDE = 640;
/** As a data URL, a third more, it has less than 200 kB. */
const MAX_PICTURE_BYTES = 149_000;

type Place = { readonly engineId: string; readonly engine: EngineSettings; readonly source: SourceOptions };

/**
 * Answers the form's "what would this model find": runs it, in a process of its own, on one picture. Whoever may deploy may name
 * any model and location, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveModelTests(red: Red): void {
  const coordinator = coordinatorOf(red);
  /** Engines that have one under way. */
  const busy = new Set<string>();

  red.httpAdmin.post('/stream-infer/test-model', ...mayDeploy(red), answering((request, signal) => testOf(coordinator, { body: postedJson(request), busy, signal })));
}

async function testOf(coordinator: Coordinator, given: { body: unknown; busy: Set<string>; signal: AbortSignal }): Promise<object> {
  const { config, ...where } = check(bodySchema, given.body);
  const { engineId, engine, source } = placeOf(coordinator, where);
  const { model, options } = modelOfForm(config, engine);
  if (given.busy.has(engineId)) throw new StreamInferError('STATE_INVALID', 'a model is being tested on this engine already: wait for it to end');
  given.busy.add(engineId);
  try {
    const producer = engine.ffmpegPath === undefined ? {} : { ffmpegPath: engine.ffmpegPath };
    return answerOf(await testModelApart({ model, options: { ...options, threads: engine.threads }, source, producer, maxSide: MAX_SIDE, maxBytes: MAX_PICTURE_BYTES }, { signal: given.signal }));
  } finally {
    given.busy.delete(engineId);
  }
}

function placeOf(coordinator: Coordinator, { source, location, engine }: { source?: string | undefined; location?: string | undefined; engine: string }): Place {
  if (location !== undefined && location !== '') {
    return { engineId: engine, engine: coordinator.engineSettings(engine), source: sourcePlan({ source: { location } }, { overrides: {}, parts: coordinator }) };
  }
  if (source === undefined) throw new StreamInferError('OPTION_INVALID', 'location: expected a file, URL or device, or the id of a source');
  return coordinator.deployedSource(source);
}

function answerOf({ picture, results, report, ...test }: ModelTest): object {
  const { width, height, jpeg } = picture;
  return {
    report: preview(report),
    ...test,
    ...(Array.isArray(results) && { count: results.length }),
    results: preview(results),
    picture: { width, height, url: `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}` },
  };
}
