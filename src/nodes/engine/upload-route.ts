import path from 'node:path';
import { z } from 'zod';

import { check, StreamInferError } from '../../runtime/index.js';
import type { Coordinator } from '../shared/coordinator.js';
import type { Red, RedRequest } from '../shared/red.js';
import { answerError } from '../shared/routes.js';
import { MAX_UPLOAD_BYTES, takeUpload, tooLarge } from './model-upload.js';

const querySchema = z.object({
  /** Of the file, without a folder. */
  name: z.string().max(200),
  /** Id of a stream-engine, whose models folder it is; empty: the default one. */
  engine: z.string().max(256).default(''),
  overwrite: z.enum(['true', 'false']).default('false'),
});

/** Folder below Node-RED's user directory for engines that have no models folder. */
const DEFAULT_FOLDER = 'models';

/**
 * Takes a model file out of the algo's form and answers with the path by which an algo names it. Whoever may deploy may have any
 * file loaded, so that permission is needed too. What is wrong comes as `{ code, message }`.
 */
export function serveUploads(red: Red, coordinator: Coordinator): void {
  const allowed = ['stream-infer.write', 'flows.write'].map((permission) => red.auth.needsPermission(permission));

  red.httpAdmin.post('/stream-infer/models', ...allowed, (request, response) => {
    const gone = new AbortController();
    response.on('close', () => { gone.abort(); });
    upload(coordinator, request, gone.signal).then(
      (saved) => response.json({ path: saved }),
      (error: unknown) => {
        if (gone.signal.aborted) return;
        // what is still to come is read over, or the answer would not be
        request.resume();
        answerError(response, error);
      },
    );
  });
}

async function upload(coordinator: Coordinator, request: RedRequest, signal: AbortSignal): Promise<string> {
  // no form of another site can send this type
  if (!request.is('application/octet-stream')) throw new StreamInferError('OPTION_INVALID', 'expected the file as application/octet-stream');
  if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES) throw tooLarge();
  const { name, engine, overwrite } = check(querySchema, request.query);
  const { modelFolder, modelsOnlyFromFolder } = coordinator.engineSettings(engine);
  const folder = modelsOnlyFromFolder ? modelFolder : path.join(coordinator.folder, DEFAULT_FOLDER);
  await takeUpload({ folder, name, overwrite: overwrite === 'true', body: request, signal });
  return modelsOnlyFromFolder ? name : `${DEFAULT_FOLDER}/${name}`;
}
