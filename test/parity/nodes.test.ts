import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { EndReason, StreamTotals } from '../../dist/runtime/index.js';
import { hasData } from '../support/data.js';
import { type FlowNode, readWholeLines, TapReader } from '../support/flows.js';
import { type NodeRed, startNodeRed } from '../support/node-red.js';
import { algosOf, ALGOS_FOLDER, assertAccounted, CASES, expectedOf, expectedResults, expectedRuns, type OracleAlgo, type OracleCase, type ParityResult, runsOf, titleOf } from '../support/oracle.js';

const BACKENDS = ['libav', 'ffmpeg'] as const;
type Backend = (typeof BACKENDS)[number];

type Ended = Pick<StreamTotals, 'frames' | 'algos'> & { readonly reason: EndReason };
type Line = { readonly stream: string; readonly ended?: Ended } & Partial<ParityResult>;

/** What of a message is written down: a result, or the end of a stream. */
const TO_LINE = `
const { topic: stream, algo, frame, payload } = msg;
if (algo !== undefined) return { payload: { stream, algo, index: frame.index, sourceIndex: frame.sourceIndex, result: payload } };
return payload.event === 'ended' ? { payload: { stream, ended: payload } } : null;`;

/** After the end of a stream starts the next source, which is at its next output; the last output tells that all are done. */
const TO_NEXT = `
if (msg.payload.ended === undefined) return null;
const next = context.get('next') ?? 1;
context.set('next', next + 1);
const messages = Array(node.outputCount).fill(null);
messages[next] = { payload: { action: 'start' } };
return messages;`;

function node(id: string, type: string, fields: Readonly<Record<string, unknown>> & { readonly wires: readonly (readonly string[])[] }): FlowNode {
  return { id, type, z: 'tab', x: 100, y: 100, ...fields };
}

/** A flow that plays all cases with one backend, one after the other, through a dispatcher that all share. */
function flowOf(backend: Backend): FlowNode[] {
  const id = (name: string): string => `${backend} ${name}`;
  const sources = CASES.map((one) => id(one.name));
  return [
    ...CASES.flatMap((one) => streamOf(one, backend)),
    node(id('dispatcher'), 'stream-dispatcher', { buffer: CASES[0]?.buffer, wires: [[id('line')], [id('line')]] }),
    node(id('line'), 'function', { func: TO_LINE, outputs: 1, libs: [], wires: [[id('file')]] }),
    node(id('file'), 'file', { filename: `${backend}.jsonl`, filenameType: 'str', appendNewline: true, overwriteFile: 'false', wires: [[id('next')]] }),
    node(id('next'), 'function', { func: TO_NEXT, outputs: sources.length + 1, libs: [], wires: [...sources.map((source) => [source]), [id('done')]] }),
    node(id('done'), 'file', { filename: `${backend}.done`, filenameType: 'str', appendNewline: false, overwriteFile: 'true', wires: [[]] }),
    node(id('begin'), 'inject', { props: [{ p: 'payload' }], payload: '{"action":"start"}', payloadType: 'json', once: true, onceDelay: 0, wires: [sources.slice(0, 1)] }),
  ];
}

/** Source, producer and algos of one case. */
function streamOf(one: OracleCase, backend: Backend): FlowNode[] {
  const id = `${backend} ${one.name}`;
  const algos = algosOf(one);
  const algoId = (algo: OracleAlgo): string => `${id} ${algo.name}`;
  return [
    node(id, 'stream-source', { name: id, location: one.location, mode: 'offline', start: 'message', position: one.position, engine: 'engine', wires: [[`${id} producer`]] }),
    node(`${id} producer`, 'stream-producer', { width: 64, height: 36, fps: one.fps ?? '', backend, wires: [algos.map(algoId)] }),
    ...algos.map((algo) => {
      const { frameCount, frameStep, interval, gives } = algo;
      // names as they were: a second one of the same name is numbered apart by the nodes
      const name = algo.name.replace(/ 2$/, '');
      const kwargs = JSON.stringify({ gives });
      return node(algoId(algo), 'stream-algo', { name, kind: 'module', module: 'barcode-algo.cjs', export: 'BarcodeAlgo', kwargs, frameCount, frameStep, interval, wires: [[`${backend} dispatcher`]] });
    }),
  ];
}

describe('a flow of nodes gives what the Python library gave', function () {
  this.timeout(300_000);
  let nodeRed: NodeRed;
  const lines = new Map<Backend, readonly Line[]>();

  before(async function () {
    if (!hasData) this.skip();
    nodeRed = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'Parity' },
        { id: 'engine', type: 'stream-engine', moduleFolder: ALGOS_FOLDER },
        ...BACKENDS.flatMap(flowOf),
      ],
    });
    const isDone = (backend: Backend): boolean => existsSync(join(nodeRed.userDir, `${backend}.done`));
    await new TapReader(nodeRed).until('end of all streams', () => BACKENDS.every(isDone), 280);
    for (const backend of BACKENDS) lines.set(backend, readWholeLines(join(nodeRed.userDir, `${backend}.jsonl`)).map((line) => JSON.parse(line) as Line));
  });
  after(() => (nodeRed as NodeRed | undefined)?.stop());

  for (const backend of BACKENDS) {
    describe(`with ${backend}`, () => {
      for (const one of CASES) {
        it(titleOf(one), () => {
          const given = (lines.get(backend) ?? []).filter(({ stream }) => stream === `${backend} ${one.name}`);
          const results = given.slice(0, -1).map(({ algo, index, sourceIndex, result }) => ({ algo, index, sourceIndex, result: result ?? null }));
          assert.deepEqual(results, expectedResults(one));
          const ended = given.at(-1)?.ended;
          assert.ok(ended);
          assert.equal(ended.reason, 'finished');
          assertAccounted(ended.frames, expectedOf(one).delivered.length);
          assert.deepEqual(runsOf(ended.algos), expectedRuns(one));
        });
      }
    });
  }
});
