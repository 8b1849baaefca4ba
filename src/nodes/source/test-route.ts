import { z } from 'zod';

import { check, probeApart, producerSchema, type SourceInfo, type SourceOptions, takeStill, toWire } from '../../runtime/index.js';
import { AtOnce } from '../shared/at-once.js';
import type { Coordinator } from '../shared/coordinator.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { migrateConfig } from '../shared/migrate.js';
import { sourcePlan } from '../shared/plan-builder.js';
import type { Red } from '../shared/red.js';
import { answering, mayDeploy, postedJson } from '../shared/routes.js';
import { sourceConfig } from './source.config.js';
import { sourcePart } from './source.plan.js';

const bodySchema = z.strictObject({
  /** What the form holds: fields of a stream-source's config. */
  config: z.object({ location: z.string().trim().min(1, 'expected a path, URL, device or test:').max(4096) }).catchall(z.union([z.string().max(4096), z.number(), z.boolean()])),
  username: z.string().max(1000).default(''),
  /** Absent: the one that the deployed source has, if it is for the same host. */
  password: z.string().max(1000).optional(),
  /** Id of the node, which may be deployed. */
  source: z.string().max(256).optional(),
});

/** Pixels a row of the picture. */
const WIDTH = 480;
/** Seconds for which a form waits beyond the source's own time-out. */
const PATIENCE_SEC = 10;

/**
 * Answers the form's "what is there": opens the location in processes of their own and gives what it is, and its first picture.
 * Whoever may deploy may play any location, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveSourceTests(red: Red): void {
  const coordinator = coordinatorOf(red);
  const tests = new AtOnce(1, 'a source is being tested already: wait for it to end');

  red.httpAdmin.post('/stream-infer/test-source', ...mayDeploy(red), answering((request, signal) => {
    const wanted = wantedOf(coordinator, check(bodySchema, postedJson(request)));
    return tests.run(() => lookAt(wanted, signal));
  }));
}

type Wanted = { readonly source: SourceOptions; readonly ffmpegPath: string | undefined };

function wantedOf(coordinator: Coordinator, { config, username, password, source: id }: z.output<typeof bodySchema>): Wanted {
  const part = sourcePart(migrateConfig(sourceConfig, config), { username, ...(password !== undefined && { password }) });
  // an engine that is chosen in the form may not be deployed yet
  const { ffmpegPath } = part.engineId === '' ? { ffmpegPath: undefined } : coordinator.engineSettings(part.engineId);
  const known = password === undefined && id !== undefined ? deployed(coordinator, id) : undefined;
  if (known === undefined) return { source: sourcePlan(part, { overrides: {}, parts: coordinator }), ffmpegPath };
  // as if the typed location came by message: the stored password goes to the host that it was typed for, and no other
  const stored = { ...part.source, location: known.location, password: known.password };
  return { source: sourcePlan({ source: stored }, { overrides: { location: config.location }, parts: coordinator }), ffmpegPath };
}

function deployed(coordinator: Coordinator, id: string): SourceOptions | undefined {
  try {
    return coordinator.deployedSource(id).source;
  } catch {
    // it is new, or was deployed wrong
    return undefined;
  }
}

async function lookAt({ source, ffmpegPath }: Wanted, signal: AbortSignal): Promise<object> {
  const backend = ffmpegPath === undefined ? {} : { ffmpegPath };
  const info = await probeApart(source, { backend: 'auto', ...backend, timeout: PATIENCE_SEC, signal });
  const still = await takeStill({ source, producer: producerSchema.parse(backend), width: WIDTH }, { signal }).catch((error: unknown) => toWire(error));
  return { info: shown(info), ...('jpeg' in still ? { picture: pictureOf(still) } : { error: still }) };
}

function shown({ width, height, fps, duration, live, codec, container, hasAudio }: SourceInfo): object {
  return { width, height, fps: fps.num / fps.den, live, codec, container, hasAudio, ...(duration !== undefined && { duration }) };
}

function pictureOf({ width, height, jpeg }: { readonly width: number; readonly height: number; readonly jpeg: Uint8Array }): object {
  return { width, height, url: `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}` };
}
