import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { Red, RedResponse } from '../../nodes/shared/red.js';
import { answerError } from '../../nodes/shared/routes.js';
import { allSinks } from '../../nodes/shared/sinks.js';
import type { StreamsAnswer } from './contract.js';
import { isTokenOf } from './live-token.js';
import { type Measured, metricsText } from './metrics.js';
import type { Views } from './views.js';

/**
 * Tells Prometheus how all is: in the admin API to who may read, and at the address of the HTTP nodes to who knows the token of a
 * stream-engine whose live pictures are switched on, that engine's streams. Beside it whether all is well: `health`, to anybody who knows the address of the HTTP nodes.
 */
export function serveMetrics(red: Red, { coordinator, views }: { readonly coordinator: Coordinator; readonly views: Views }): void {
  const tell = (response: RedResponse, measured: Promise<Measured>): void => {
    measured.then(metricsText).then(
      ({ type, text }) => { response.set('Cache-Control', 'no-store').set('Content-Type', type).send(Buffer.from(text)); },
      (error: unknown) => { answerError(response, error); },
    );
  };

  red.httpAdmin.get('/stream-infer/metrics', red.auth.needsPermission('stream-infer.read'), (_request, response) => {
    tell(response, views.all().then((all) => ({ ...all, sinks: allSinks() })));
  });
  red.httpNode?.get('/stream-infer/metrics', (request, response) => {
    const engineIds = ['', ...coordinator.engineIds].filter((id) => isTokenOf(coordinator, id, request));
    if (engineIds.length === 0) {
      response.set('WWW-Authenticate', 'Bearer').status(401).json({ code: 'STATE_INVALID', message: 'token: missing or wrong' });
      return;
    }
    tell(response, views.all().then((all) => ({ ...ofEngines(all, new Set(engineIds)), sinks: allSinks() })));
  });
  red.httpNode?.get('/stream-infer/health', (_request, response) => {
    views.all().then(
      (all) => {
        const { isWell, ...counts } = healthOf(all);
        response.set('Cache-Control', 'no-store').status(isWell ? 200 : 503).json({ status: isWell ? 'ok' : 'failing', ...counts });
      },
      (error: unknown) => { answerError(response, error); },
    );
  });
}

function ofEngines({ streams, engines }: StreamsAnswer, ids: ReadonlySet<string>): StreamsAnswer {
  return { streams: streams.filter(({ engineId }) => ids.has(engineId)), engines: engines.filter(({ id }) => ids.has(id)) };
}

/** Well is: no engine is silent, no stream has failed, no live source is lost. Numbers only: names are nobody's business. */
function healthOf({ streams, engines }: StreamsAnswer): { readonly isWell: boolean; readonly streams: number; readonly failed: number; readonly stalled: number; readonly engines: number; readonly silent: number } {
  const count = (state: string): number => streams.filter((stream) => stream.state === state).length;
  const [failed, stalled, silent] = [count('failed'), count('stalled'), engines.filter(({ isReady }) => !isReady).length];
  return { isWell: failed + stalled + silent === 0, streams: streams.length, failed, stalled, engines: engines.length, silent };
}
