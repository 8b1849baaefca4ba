import { dirname } from 'node:path';

import type { Flow } from '../../test/support/flows.js';
import type { NodeRed } from '../../test/support/node-red.js';
import { ALGOS } from './ours.js';

/** What plays in a flow that measures itself. */
export type FlowParts = {
  /** Files that are played without end, each by a source of its own. */
  readonly locations: readonly string[];
  /** Fields of the algo behind every source. */
  readonly algo: object;
  /** Default realtime. */
  readonly mode?: 'realtime' | 'offline';
};

/** What came in since the last time it was asked for. */
export type Noted = {
  /** Messages by stream. */
  readonly messages: Readonly<Record<string, number>>;
  /** Of messages with the moment their run ended: milliseconds from the frame to the flow, without the run. */
  readonly addedMs: readonly number[];
  /** 99th percentile of the event loop's delay in milliseconds. */
  readonly loopP99Ms: number;
};

/** Notes messages and the event loop's delay in a Node-RED. `process` and `perf` are modules of Node.js that the function node asks for. */
const NOTE = `
const seen = flow.get('seen');
seen.messages[msg.topic] = (seen.messages[msg.topic] ?? 0) + 1;
if (msg.payload?.endedAtMs !== undefined) {
  const sinceRunMs = Number(process.hrtime.bigint()) / 1e6 - msg.payload.endedAtMs;
  // the way back from the algo to the stream's thread is in both: counted twice rather than not at all
  seen.addedMs.push(msg.timing.latencyMs - msg.timing.inferenceMs + sinceRunMs);
}
`;
const NOTE_START = `
const loop = perf.monitorEventLoopDelay({ resolution: 1 });
loop.enable();
flow.set('loop', loop);
flow.set('seen', { messages: {}, addedMs: [] });
`;
const TELL = `
const loop = flow.get('loop');
msg.payload = { ...flow.get('seen'), loopP99Ms: loop.percentile(99) / 1e6 };
loop.reset();
flow.set('seen', { messages: {}, addedMs: [] });
return msg;
`;

/** The flow; what its functions note can be asked for at `/bench`. Without locations only they are there. */
export function measuringFlow({ locations, algo, mode = 'realtime' }: FlowParts): Flow {
  const z = 'bench';
  const place = { z, x: 100, y: 100 };
  return [
    { id: z, type: 'tab', label: 'Bench' },
    { id: 'engine', type: 'stream-engine', moduleFolder: dirname(ALGOS) },
    ...locations.flatMap((location, at) => [
      { ...place, id: `source${at}`, type: 'stream-source', name: `camera ${at}`, location, loop: true, mode, engine: 'engine', wires: [[`producer${at}`]] },
      { ...place, id: `producer${at}`, type: 'stream-producer', width: 640, height: 360, wires: [[`algo${at}`]] },
      { ...place, id: `algo${at}`, type: 'stream-algo', name: `algo ${at}`, ...algo, wires: [['note']] },
    ]),
    {
      ...place, id: 'note', type: 'function', func: NOTE, initialize: NOTE_START, outputs: 0, wires: [],
      libs: [{ var: 'process', module: 'process' }, { var: 'perf', module: 'perf_hooks' }],
    },
    { ...place, id: 'ask', type: 'http in', url: '/bench', method: 'get', wires: [['tell']] },
    { ...place, id: 'tell', type: 'function', func: TELL, outputs: 1, libs: [], wires: [['answer']] },
    { ...place, id: 'answer', type: 'http response', wires: [] },
  ];
}

/** What was noted since the last call. */
export async function takeNoted(nodeRed: NodeRed): Promise<Noted> {
  return await (await nodeRed.admin('/bench')).json() as Noted;
}
