import path from 'node:path';
import { z } from 'zod';

import { check, StreamInferError } from '../../runtime/index.js';
import { AtOnce } from '../shared/at-once.js';
import type { Coordinator } from '../shared/coordinator.js';
import type { Red, RedRequest } from '../shared/red.js';
import { answering, mayDeploy } from '../shared/routes.js';
import { mostBytesOf, receiveFile, whatIsThere } from './model-upload.js';

const querySchema = z.object({
  /** Of the file, without a folder. */
  name: z.string().max(1000),
  /** Id of a stream-engine, whose models folder it is; empty: the default one. */
  engine: z.string().max(256).default(''),
  overwrite: z.enum(['true', 'false']).default('false'),
});

/** Folder below Node-RED's user directory for engines that have no models folder. */
const DEFAULT_FOLDER = 'models';
const MOST_AT_ONCE = 4;

/**
 * Takes a model file out of the algo's form and answers with the path by which an algo names it; says before whether it may come. Whoever
 * may deploy may have any file loaded, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveUploads(red: Red, coordinator: Coordinator): void {
  const allowed = mayDeploy(red);
  const uploads = new AtOnce(MOST_AT_ONCE, `${MOST_AT_ONCE} files are being uploaded already: wait for one to end`);

  red.httpAdmin.post('/stream-infer/models', ...allowed, answering(async (request) => {
    // no form of another site can send this type
    if (!request.is('application/octet-stream')) throw new StreamInferError('OPTION_INVALID', 'expected the file as application/octet-stream');
    const { name, engine, overwrite } = check(querySchema, request.query);
    const { folder, pathOf } = placeOf(coordinator, engine);
    await uploads.run(() => receiveFile(request, { folder, name, existing: overwrite === 'true' ? 'replace' : 'keep', bytes: lengthOf(request) }));
    return { path: pathOf(name) };
  }));
  red.httpAdmin.get('/stream-infer/models/:name', ...allowed, answering((request) => stateOf(coordinator, request)));
}

/** What a form asks before it sends a file: how large it may be, and whether something has its name. */
async function stateOf(coordinator: Coordinator, { params, query }: RedRequest): Promise<object> {
  const { name, engine } = check(querySchema, { ...query, name: params['name'] });
  const { folder } = placeOf(coordinator, engine);
  return { maxBytes: mostBytesOf(name), isThere: (await whatIsThere(folder, name)) !== 'nothing' };
}

/** `pathOf`: how an algo names a file of the folder. */
function placeOf(coordinator: Coordinator, engine: string): { readonly folder: string; readonly pathOf: (name: string) => string } {
  const { modelFolder, modelsOnlyFromFolder } = coordinator.engineSettings(engine);
  if (modelsOnlyFromFolder) return { folder: modelFolder, pathOf: (name) => name };
  return { folder: path.join(coordinator.folder, DEFAULT_FOLDER), pathOf: (name) => `${DEFAULT_FOLDER}/${name}` };
}

/** HTTP holds the sender to it. */
function lengthOf({ headers }: RedRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
