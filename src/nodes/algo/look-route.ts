import { stat } from 'node:fs/promises';
import { z } from 'zod';

import { check, findInCatalogue, inspectModelApart, labelsOfEntry, type ModelReport } from '../../runtime/index.js';
import { AtOnce } from '../shared/at-once.js';
import { coordinatorOf } from '../shared/coordinators.js';
import type { Red } from '../shared/red.js';
import { answering, mayDeploy, postedJson } from '../shared/routes.js';
import { formConfigSchema, modelOfForm } from './form-model.js';

const bodySchema = z.strictObject({
  config: formConfigSchema,
  /** Id of the stream-engine; empty: the default one. */
  engine: z.string().max(256).default(''),
});

/** Seconds for which a form waits. */
const PATIENCE_SEC = 60;
const MOST_AT_ONCE = 4;
/** Models of which it is remembered what they are. */
const MOST_KEPT = 20;
/** Class names that are shown: as many as a filter may have. */
const MOST_LABELS = 10_000;

/** What the form tells of a model. `family`: null where none fits; without `labels` they are not known beforehand. */
type Look = {
  readonly family: string | null;
  readonly task?: NonNullable<ModelReport['task']>;
  readonly why?: string;
  readonly input?: { readonly width: number; readonly height: number };
  readonly classes?: number;
  readonly labels?: readonly string[];
  /** What the file says; the catalogue's list tells that of its models. */
  readonly licence?: string;
};
type Wanted = ReturnType<typeof modelOfForm>;

/**
 * Answers the form's "what is this model": of the catalogue without fetching it, else out of the file, in a process of its own.
 * Whoever may deploy may name any model, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveModelLooks(red: Red): void {
  const coordinator = coordinatorOf(red);
  const known = new Map<string, Look>();
  const looks = new AtOnce(MOST_AT_ONCE, `${MOST_AT_ONCE} models are being looked at already: wait for one to end`);

  const lookAt = async ({ model, options: { family, classNames, input } }: Wanted, signal: AbortSignal): Promise<Look> => {
    const key = await keyOf(model, { family, classNames, input });
    const found = known.get(key) ?? lookOf(await looks.run(() => inspectModelApart(model, { overrides: { family, classNames, input }, timeout: PATIENCE_SEC, signal })));
    known.delete(key);
    known.set(key, found);
    for (const [oldest] of known) if (known.size > MOST_KEPT) known.delete(oldest);
    return found;
  };

  red.httpAdmin.post('/stream-infer/look-at-model', ...mayDeploy(red), answering((request, signal) => {
    const { config, engine } = check(bodySchema, postedJson(request));
    const wanted = modelOfForm(config, coordinator.engineSettings(engine));
    return lookInCatalogue(wanted) ?? lookAt(wanted, signal);
  }));
}

function lookInCatalogue({ model, options: { classNames } }: Wanted): Look | undefined {
  const entry = model.startsWith('catalogue:') ? findInCatalogue(model.slice('catalogue:'.length).trim()) : undefined;
  if (entry === undefined) return undefined;
  const { family, inputSize: input } = entry;
  const labels = labelsOfEntry(entry);
  return { family, task: 'object-detection', input, classes: labels.length, ...(classNames === undefined && { labels }) };
}

function lookOf({ family, task, why, tensor, classes, labels, licence }: ModelReport): Look {
  return {
    family,
    why,
    ...(task !== undefined && { task }),
    ...(tensor !== undefined && { input: { width: tensor.width, height: tensor.height } }),
    ...(classes !== undefined && { classes }),
    ...(labels !== undefined && { labels: labels.slice(0, MOST_LABELS) }),
    ...(licence !== undefined && { licence }),
  };
}

/** Changes with what is asked, and with the files. */
async function keyOf(model: string, overrides: Pick<Wanted['options'], 'family' | 'classNames' | 'input'>): Promise<string> {
  const { classNames } = overrides;
  const files = [model, ...(typeof classNames === 'string' ? [classNames] : [])];
  const states = await Promise.all(files.map((file) => stat(file).then(({ size, mtimeMs }) => [size, mtimeMs], () => undefined)));
  return JSON.stringify([model, overrides, states]);
}
