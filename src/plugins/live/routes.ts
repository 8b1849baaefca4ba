import { z } from 'zod';

import { check, type Clock, StreamInferError } from '../../runtime/index.js';
import type { Coordinator, DeployedStream } from '../../nodes/shared/coordinator.js';
import type { Red } from '../../nodes/shared/red.js';
import { answering, postedJson } from '../../nodes/shared/routes.js';
import type { StreamRun } from '../../nodes/shared/stream-run.js';
import type { LivePicture, PicturesAnswer, PictureWish } from './contract.js';
import type { Pictures } from './pictures.js';
import type { Views } from './views.js';

const streamId = z.string().min(1).max(200);

const streamRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum(['start', 'stop', 'pause', 'resume', 'step']) }),
  z.strictObject({ action: z.literal('seek'), position: z.number().min(0).max(1e7) }),
]);

const picturesRequest = z.strictObject({
  wishes: z.array(z.strictObject({
    key: z.string().max(200),
    stream: streamId,
    width: z.int().min(16).max(1920),
    draw: z.array(z.string().max(200)).max(100).optional(),
    after: z.string().max(50).optional(),
    everyMs: z.number().min(40).max(60_000).optional(),
  })).max(64),
});

/** Milliseconds that a request for pictures may stay without an answer. */
const PATIENCE_MS = 20_000;
/** Part of the time between two pictures that the first of several waits for the others: each answer costs more than its pictures. */
const GATHER_PART = 0.5;

/** Answers the editor's questions about streams that play, shows their pictures, and has them obey. */
export function serveLive(red: Red, { coordinator, views, pictures, clock }: { readonly coordinator: Coordinator; readonly views: Views; readonly pictures: Pictures; readonly clock: Clock }): void {
  const mayRead = red.auth.needsPermission('stream-infer.read');

  red.httpAdmin.get('/stream-infer/streams', mayRead, answering(() => views.all()));
  red.httpAdmin.post('/stream-infer/streams/:id', red.auth.needsPermission('stream-infer.write'), answering((request) => obey(coordinator, { id: request.params['id'] ?? '', body: postedJson(request) })));
  red.httpAdmin.post('/stream-infer/pictures', mayRead, answering((request, signal) => show(pictures, { wishes: check(picturesRequest, postedJson(request)).wishes as PictureWish[], clock, signal })));
}

/** Throws `STREAM_UNKNOWN`. */
function streamOf({ streams }: Coordinator, id: unknown): DeployedStream {
  const stream = streams.find(({ ref }) => ref.id === id);
  if (stream === undefined) throw new StreamInferError('STREAM_UNKNOWN', 'there is no such stream: it may have gone with a deploy');
  return stream;
}

/** Of a stream of the flow, or of a guest. Throws `STREAM_UNKNOWN`. */
export function runOf(coordinator: Coordinator, id: string): StreamRun {
  return coordinator.guests.has(id) ? coordinator.guests.of(id).run : streamOf(coordinator, id).run;
}

async function obey(coordinator: Coordinator, { id, body }: { readonly id: string; readonly body: unknown }): Promise<void> {
  if (coordinator.guests.has(id)) {
    await coordinator.guests.request(id, check(streamRequest, body));
    return;
  }
  await coordinator.request(streamOf(coordinator, id).topology.sourceId, check(streamRequest, body));
}

/** All pictures that are there soon after the first of them. */
async function show(pictures: Pictures, { wishes, clock, signal }: { readonly wishes: readonly PictureWish[]; readonly clock: Clock; readonly signal: AbortSignal }): Promise<PicturesAnswer> {
  const enough = new AbortController();
  const over = AbortSignal.any([signal, enough.signal]);
  const found: LivePicture[] = [];
  const wait = (ms: number): Promise<void> => clock.sleep(ms, over).catch(() => undefined);
  const looks = wishes.map(async (wish) => {
    const picture = await pictures.next(wish, over);
    if (picture !== undefined) found.push({ key: wish.key, id: picture.id, ...picture.place, jpeg: picture.base64 });
  });
  await Promise.race([wait(PATIENCE_MS), ...looks]);
  await Promise.race([wait(GATHER_PART * pictures.everyMs(wishes)), Promise.all(looks)]);
  enough.abort();
  return { pictures: found };
}
