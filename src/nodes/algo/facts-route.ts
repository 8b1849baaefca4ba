import { z } from 'zod';

import { algoSchema, check, inspectModelApart, type ModelReport, StreamInferError } from '../../runtime/index.js';
import type { Coordinator } from '../shared/coordinator.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { answerError, postedJson } from '../shared/routes.js';
import { algoConfig } from './algo.config.js';
import { algoPart } from './algo.plan.js';

const bodySchema = z.strictObject({
  model: z.string().trim().max(4096),
  /** Id of the stream-engine; empty: the default one. */
  engine: z.string().max(256).default(''),
});

/** Labels that a form is told. */
const MOST_LABELS = 2000;

/**
 * Answers the form's "what model is this": opens a model file, in a process of its own, and tells its family, input and labels. Whoever
 * may deploy may have any file opened, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveModelFacts(red: Red): void {
  const coordinator = coordinatorOf(red);
  const allowed = ['stream-infer.write', 'flows.write'].map((permission) => red.auth.needsPermission(permission));

  red.httpAdmin.post('/stream-infer/model-facts', ...allowed, (request, response) => {
    const gone = new AbortController();
    response.on('close', () => { gone.abort(); });
    Promise.resolve().then(() => factsOf(coordinator, postedJson(request), gone.signal)).then(
      (facts) => response.json(facts),
      (error: unknown) => {
        if (!gone.signal.aborted) answerError(response, error);
      },
    );
  });
}

async function factsOf(coordinator: Coordinator, body: unknown, signal: AbortSignal): Promise<object> {
  const { model, engine } = check(bodySchema, body);
  const part = algoPart({ ...migrateConfig(algoConfig, { model }), kind: 'onnx' });
  const algo = check(algoSchema, { ...part.algo(coordinator.engineSettings(engine)), id: 'facts', name: 'facts' });
  if (algo.kind !== 'onnx' || !/\.onnx$/i.test(algo.model) || /^(catalogue|npm):/.test(algo.model)) throw new StreamInferError('OPTION_INVALID', 'model: expected a model file (.onnx)');
  return shown(await inspectModelApart(algo.model, { timeout: 30, signal }));
}

function shown({ family, task, why, classes, labels, tensor }: ModelReport): object {
  return {
    family, why,
    ...(task !== undefined && { task }),
    ...(classes !== undefined && { classes }),
    ...(labels !== undefined && { labels: labels.slice(0, MOST_LABELS) }),
    ...(tensor !== undefined && { width: tensor.width, height: tensor.height }),
  };
}
