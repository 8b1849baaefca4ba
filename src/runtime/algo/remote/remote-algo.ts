import { type RemoteAlgoPlan, StreamInferError } from '../../base/index.js';
import type { BackendOptions } from '../../media/index.js';
import type { AlgoState, LaneAlgo } from '../algo.js';
import { openModelAlgo } from '../onnx/index.js';
import { Guard } from './guard.js';
import { openGrpcModel } from './grpc-model.js';
import { HttpModel } from './http-model.js';
import { openJsonAlgo } from './json-algo.js';
import { openRemoteSession, type RemoteModel } from './remote-session.js';
import { type Server, serverOf } from './server.js';

export type RemoteAlgoContext = {
  readonly stream: string;
  /** What encodes JPEGs. */
  readonly media: BackendOptions;
  /** The server is left alone for a while, or answers again. */
  readonly onState: (state: AlgoState) => void;
};

/**
 * An algo that a server computes: a model over the Open Inference Protocol, of which the server's metadata tells all that the file of
 * a local one would, or an address that takes pictures. Throws `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`, `REMOTE_ANSWER_INVALID`,
 * `ALGO_TIMEOUT`, `MODEL_UNSUPPORTED`, `OPTION_INVALID`; its runs throw the first four.
 */
export async function openRemoteAlgo(plan: RemoteAlgoPlan, { stream, media, onState }: RemoteAlgoContext): Promise<LaneAlgo> {
  const server = serverOf(plan);
  const guard = new Guard({ retries: plan.retries, onState });
  if (plan.protocol === 'json') return await openJsonAlgo({ plan, stream, media, server, guard });
  const opening = new AbortController();
  const late = new StreamInferError('ALGO_TIMEOUT', `${server.url} did not answer within ${plan.timeout} s`);
  const timer = setTimeout(() => { opening.abort(late); }, plan.timeout * 1000);
  try {
    const model = await modelOf(plan, server);
    const { session, facts } = await openRemoteSession(model, { guard, opening: opening.signal });
    return await openModelAlgo({ session, facts }, { ...plan.options, batch: 1 });
  } finally {
    clearTimeout(timer);
  }
}

async function modelOf({ protocol, model = '', version }: RemoteAlgoPlan, server: Server): Promise<RemoteModel> {
  return protocol === 'grpc' ? await openGrpcModel(server, { model, version }) : new HttpModel(server, { model, version });
}
