import { z } from 'zod';

import { check, type Clock, findCameras, streamsOfCamera } from '../../runtime/index.js';
import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { Red } from '../../nodes/shared/red.js';
import { answering, mayDeploy, postedJson } from '../../nodes/shared/routes.js';
import type { CameraAnswer, CameraRequest, CamerasAnswer, Config, Draft, StartAnswer, StudioSetup } from './contract.js';
import { listDevices } from './devices.js';
import { admitSource, allowedOf, type DraftPlace, draftSchema, loginSchema, planOf } from './draft.js';
import { exported } from './exported.js';
import { listFiles } from './files.js';
import { SavedNodes } from './saved-nodes.js';
import { Sessions } from './sessions.js';

const id = z.string().min(1).max(200);
const setupQuery = z.object({ node: z.string().max(256).optional() });
const filesQuery = z.object({ engine: z.string().max(256).default(''), folder: z.string().min(1).max(4096).optional() });
const resultsQuery = z.object({ play: z.coerce.number().int().min(0).default(0), after: z.coerce.number().int().min(0).default(0) });
const startRequest = z.strictObject({ id: id.optional(), draft: draftSchema });
const cameraRequest = loginSchema.extend({ address: z.string().trim().min(1, 'expected that of a camera, such as 192.168.1.20').max(1000) });
const exportRequest = z.strictObject({ draft: draftSchema });

/** Answers what the studio's page asks. */
export function serveStudio(red: Red, { coordinator, clock }: { readonly coordinator: Coordinator; readonly clock: Clock }): void {
  const saved = new SavedNodes(red, coordinator);
  const sessions = new Sessions(coordinator, clock);
  const place: DraftPlace = { coordinator, saved };
  const mayRead = [red.auth.needsPermission('stream-infer.read')];
  // who may deploy may play anything anyway
  const mayPlay = mayDeploy(red);

  red.httpAdmin.get('/stream-infer/studio/setup', ...mayPlay, answering(({ query }) => setup(red, check(setupQuery, query).node, place)));
  red.httpAdmin.get('/stream-infer/studio/devices', ...mayPlay, answering(async () => ({ devices: await listDevices() })));
  red.httpAdmin.get('/stream-infer/studio/cameras', ...mayPlay, answering(async (_request, signal): Promise<CamerasAnswer> => ({ cameras: await findCameras({ signal }) })));
  red.httpAdmin.post('/stream-infer/studio/cameras', ...mayPlay, answering(async (request, signal): Promise<CameraAnswer> => await streamsOfCamera(check(cameraRequest, postedJson(request)) as CameraRequest, signal)));
  red.httpAdmin.get('/stream-infer/studio/files', ...mayPlay, answering(({ query }) => {
    const { engine, folder } = check(filesQuery, query);
    return listFiles({ allowed: allowedOf(coordinator.engineSettings(engine).messageLocations), folder: coordinator.folder }, folder);
  }));
  red.httpAdmin.post('/stream-infer/studio/streams', ...mayPlay, answering((request) => start(check(startRequest, postedJson(request)), sessions, place)));
  red.httpAdmin.get('/stream-infer/studio/streams/:id', ...mayRead, answering(({ params, query }, signal) => sessions.results(check(id, params['id']), check(resultsQuery, query), signal)));
  red.httpAdmin.delete('/stream-infer/studio/streams/:id', ...mayPlay, answering(({ params }) => sessions.close(check(id, params['id']))));
  red.httpAdmin.post('/stream-infer/studio/export', ...mayPlay, answering((request) => exported(check(exportRequest, postedJson(request)).draft as Draft, place)));
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
