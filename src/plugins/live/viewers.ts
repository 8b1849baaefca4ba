import { once } from 'node:events';
import { z } from 'zod';

import { check, type Clock, StreamInferError } from '../../runtime/index.js';
import type { Coordinator, DeployedStream } from '../../nodes/shared/coordinator.js';
import type { Red, RedRequest, RedResponse } from '../../nodes/shared/red.js';
import { answerError } from '../../nodes/shared/routes.js';
import { isSame, liveTokenOf, tokenIn } from './live-token.js';
import type { Pictures, ShownPicture, Wish } from './pictures.js';

const querySchema = z.object({
  width: z.coerce.number().int().min(16).max(1920).default(640),
  fps: z.coerce.number().min(0.1).max(25).default(10),
  draw: z.string().max(2000).optional(),
});

/** Streams that are shown at a time; a single picture counts while it is waited for. */
const MOST_VIEWERS = 64;
/** Milliseconds that a single picture may take. */
const PATIENCE_MS = 5000;
const BOUNDARY = 'stream-infer-picture';

type Served = { readonly coordinator: Coordinator; readonly pictures: Pictures; readonly clock: Clock };

/**
 * Shows streams to dashboards, home automation and browsers, at the address of the HTTP nodes: those whose engine has live pictures
 * switched on, to who knows its token. `live/NAME.mjpg` is a moving picture, latest wins; `live/NAME.jpg` the next frame.
 */
export function serveViewers(red: Red, served: Served): void {
  let viewers = 0;
  red.httpNode?.get('/stream-infer/live/:name', (request, response) => {
    if (viewers >= MOST_VIEWERS) {
      response.set('Retry-After', '5').status(503).json({ code: 'STATE_INVALID', message: `${MOST_VIEWERS} pictures are being watched already` });
      return;
    }
    const over = new AbortController();
    response.on('close', () => { over.abort(); });
    viewers += 1;
    show({ request, response, served, signal: over.signal })
      .catch((error: unknown) => { if (!over.signal.aborted) answerError(response, error); })
      .finally(() => { viewers -= 1; });
  });
}

type Visit = { readonly request: RedRequest; readonly response: RedResponse; readonly served: Served; readonly signal: AbortSignal };

async function show(visit: Visit): Promise<void> {
  const { request, response } = visit;
  const { name = '', kind } = /^(?<name>.+)\.(?<kind>mjpe?g|jpe?g)$/i.exec(request.params['name'] ?? '')?.groups ?? {};
  const stream = kind === undefined ? undefined : streamFor(visit, name);
  if (stream === 'forbidden') {
    response.set('WWW-Authenticate', 'Bearer').status(401).json({ code: 'STATE_INVALID', message: 'token: missing or wrong' });
    return;
  }
  if (stream === undefined) throw new StreamInferError('STREAM_UNKNOWN', `no stream ${name} is shown here: expected /stream-infer/live/NAME.mjpg or .jpg, and live pictures switched on in its stream-engine`);
  const { width, fps, draw } = check(querySchema, request.query);
  const wish: Wish = { stream: stream.ref.id, width, everyMs: 1000 / fps, ...drawn(stream, draw) };
  if (kind?.toLowerCase().startsWith('m') === true) await play(visit, { name, wish });
  else await single(visit, wish);
}

/** The stream of that name that may be seen; `forbidden`: with another token it may. */
function streamFor({ request, served: { coordinator } }: Visit, name: string): DeployedStream | 'forbidden' | undefined {
  const tokenOf = ({ run }: DeployedStream): string | undefined => run.planned && liveTokenOf(coordinator, run.planned.engineId);
  const shown = coordinator.streams.filter((stream) => tokenOf(stream) !== undefined);
  const token = tokenIn(request);
  const known = shown.filter((stream) => token !== undefined && isSame(token, tokenOf(stream) ?? ''));
  // who knows no token does not learn names
  if (known.length === 0) return shown.length === 0 ? undefined : 'forbidden';
  return known.find(({ ref, topology }) => ref.name === name || topology.sourceId === name);
}

/** Names of algos as their ids. Throws `OPTION_INVALID` for a name that none has. */
function drawn({ run }: DeployedStream, draw: string | undefined): Pick<Wish, 'draw'> {
  if (draw === undefined || draw === 'all') return {};
  if (draw === 'none') return { draw: [] };
  const algos = run.planned?.plan.algos ?? [];
  return {
    draw: draw.split(',').map((given) => {
      const found = algos.find(({ id, name }) => name === given.trim() || id === given.trim());
      if (found === undefined) throw new StreamInferError('OPTION_INVALID', `draw: no algo ${given.trim()}; there are ${algos.map(({ name }) => name).join(', ')}`);
      return found.id;
    }),
  };
}

async function single({ response, served, signal }: Visit, wish: Wish): Promise<void> {
  const picture = await served.pictures.next(wish, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
  if (picture === undefined) throw new StreamInferError('STATE_INVALID', 'no picture came: the stream does not play, or its source gives nothing');
  response.set('Cache-Control', 'no-store').type('image/jpeg').send(picture.jpeg);
}

/** Writes each picture when the one before has gone out: who is slow gets fewer, and never old ones. */
async function play(visit: Visit, { name, wish }: { readonly name: string; readonly wish: Wish }): Promise<void> {
  const { response, served, signal } = visit;
  response.set('Cache-Control', 'no-store').set('Content-Type', `multipart/x-mixed-replace; boundary=${BOUNDARY}`).status(200);
  response.write(`--${BOUNDARY}\r\n`);
  let after: string | undefined;
  // a token that is changed ends it
  while (!signal.aborted && typeof streamFor(visit, name) === 'object') {
    const picture = await served.pictures.next({ ...wish, ...(after !== undefined && { after }) }, signal);
    if (picture === undefined) break;
    after = picture.id;
    await write(visit, picture);
  }
  response.end();
}

async function write({ response, signal }: Visit, { jpeg }: ShownPicture): Promise<void> {
  response.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
  response.write(jpeg);
  // browsers show a picture when the boundary behind it is there
  const isOut = response.write(`\r\n--${BOUNDARY}\r\n`);
  if (!isOut) await once(response, 'drain', { signal }).catch(() => undefined);
}
