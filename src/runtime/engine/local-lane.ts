import { MessageChannel } from 'node:worker_threads';

import { type LaneAlgo, laneAlgoOf, type UserAlgo } from '../algo/index.js';
import { type AlgoPlan, StreamInferError } from '../base/index.js';
import type { Lane, LaneReady } from './lane.js';
import { LaneServer } from './lane-server.js';

/** A lane of an object of the owner's, in the owner's thread. */
export function openLocalLane(plan: AlgoPlan, streamName: string, algo: UserAlgo | undefined): Lane {
  const opening = openServer(plan, streamName, algo);
  opening.catch(() => undefined);
  return {
    ready: opening.then(({ ready }) => ready),
    attach: (priority) => {
      const { port1, port2 } = new MessageChannel();
      opening.then(({ server }) => { server.attach(port2, priority); }, () => { port2.close(); });
      return port1;
    },
    set: () => undefined,
    answer: () => undefined,
    close: async () => {
      const opened = await opening.catch(() => undefined);
      await opened?.server.close();
    },
    kill: () => undefined,
  };
}

async function openServer(plan: AlgoPlan, streamName: string, algo: UserAlgo | undefined): Promise<{ server: LaneServer; ready: LaneReady }> {
  if (algo === undefined) throw new StreamInferError('ALGO_OPEN_FAILED', `${plan.name}: the engine's owner has no algo of the id ${plan.id}`);
  const lane: LaneAlgo = await laneAlgoOf(algo, { name: plan.name, stream: streamName, kwargs: {} });
  const server = new LaneServer(lane, { name: plan.name, timeout: plan.timeout });
  return { server, ready: { needs: lane.needs, description: lane.description } };
}

