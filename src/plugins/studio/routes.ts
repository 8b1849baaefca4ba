import { z } from 'zod';

import { check, type Clock } from '../../runtime/index.js';
import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { Red, RedRequest, RedResponse } from '../../nodes/shared/red.js';
import { answerError, postedJson } from '../../nodes/shared/routes.js';
import type { Config, Draft, StartAnswer, StudioSetup } from './contract.js';
import { listDevices } from './devices.js';
import { admitSource, allowedOf, type DraftPlace, draftSchema, planOf } from './draft.js';
import { exported } from './exported.js';
import { listFiles } from './files.js';
import { SavedNodes } from './saved-nodes.js';
import { Sessions } from './sessions.js';

const id = z.string().min(1).max(200);
const setupQuery = z.object({ node: z.string().max(256).optional() });
const filesQuery = z.object({ engine: z.string().max(256).default(''), folder: z.string().min(1).max(4096).optional() });
const resultsQuery = z.object({ play: z.coerce.number().int().min(0).default(0), after: z.coerce.number().int().min(0).default(0) });
const startRequest = z.strictObject({ id: id.optional(), draft: draftSchema });
const exportRequest = z.strictObject({ draft: draftSchema });

/** What gives an answer, undefined for none; rejects with what is wrong. The signal aborts when who asked has gone. */
type Answerer = (request: RedRequest, signal: AbortSignal) => unknown;

/** Answers what the studio's page asks. */
export function serveStudio(red: Red, { coordinator, clock }: { readonly coordinator: Coordinator; readonly clock: Clock }): void {
  const saved = new SavedNodes(red, coordinator);
  const sessions = new Sessions(coordinator, clock);
  const place: DraftPlace = { coordinator, saved };
  const mayRead = [red.auth.needsPermission('stream-infer.read')];
  // who may deploy may play anything anyway
  const mayPlay = ['stream-infer.write', 'flows.write'].map((permission) => red.auth.needsPermission(permission));

  red.httpAdmin.get('/stream-infer/studio/setup', ...mayPlay, answering(({ query }) => setup(red, check(setupQuery, query).node, place)));
  red.httpAdmin.get('/stream-infer/studio/devices', ...mayPlay, answering(async () => ({ devices: await listDevices() })));
  red.httpAdmin.get('/stream-infer/studio/files', ...mayPlay, answering(({ query }) => {
    const { engine, folder } = check(filesQuery, query);
    return listFiles({ allowed: allowedOf(coordinator.engineSettings(engine).messageLocations), folder: coordinator.folder }, folder);
  }));
  red.httpAdmin.post('/stream-infer/studio/streams', ...mayPlay, answering((request) => start(check(startRequest, postedJson(request)), sessions, place)));
  red.httpAdmin.get('/stream-infer/studio/streams/:id', ...mayRead, answering(({ params, query }, signal) => sessions.results(check(id, params['id']), check(resultsQuery, query), signal)));
  red.httpAdmin.delete('/stream-infer/studio/streams/:id', ...mayPlay, answering(({ params }) => sessions.close(check(id, params['id']))));
  red.httpAdmin.post('/stream-infer/studio/export', ...mayPlay, answering((request) => exported(check(exportRequest, postedJson(request)).draft as Draft, place)));
}

function answering(answer: Answerer): (request: RedRequest, response: RedResponse) => void {
  return (request, response) => {
    const gone = new AbortController();
    response.on('close', () => { gone.abort(); });
    Promise.resolve().then(() => answer(request, gone.signal)).then(
      (body) => {
        response.set('Cache-Control', 'no-store');
        if (body === undefined) response.status(204).end();
        else response.json(body);
      },
      (error: unknown) => { if (!gone.signal.aborted) answerError(response, error); },
    );
  };
}

function setup(red: Red, node: string | undefined, { coordinator, saved }: DraftPlace): StudioSetup {
  const defaultsOf = (kind: 'source' | 'producer' | 'algo'): Config => coordinator.makers.of(kind).defaults as Config;
  return {
    defaults: { source: defaultsOf('source'), producer: defaultsOf('producer'), algo: defaultsOf('algo') },
    engines: ['', ...coordinator.engineIds].map((engineId) => ({ id: engineId, name: red.nodes.getNode(engineId)?.name ?? '' })),
    ...(node !== undefined && { draft: saved.draftOf(node) }),
  };
}

async function start(request: z.output<typeof startRequest>, sessions: Sessions, place: DraftPlace): Promise<StartAnswer> {
  const draft = request.draft as Draft;
  const name = sessions.nameFor(request.id);
  const planned = planOf(draft, name, place);
  await admitSource(draft, planned, place);
  return { id: await sessions.start(name, planned) };
}
