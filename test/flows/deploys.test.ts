import assert from 'node:assert/strict';
import { join } from 'node:path';

import { TapReader, withTaps, type FlowNode } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { frameNumbers } from '../support/video-frames.js';

const SECONDS = 10;
const FPS = 25;
const WIDTH = 320;
const HEIGHT = 180;

const FLOW: readonly FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'Camera' },
  { id: 'tab2', type: 'tab', label: 'Other' },
  node('source', { type: 'stream-source', name: 'camera', location: `test:?width=${WIDTH}&height=${HEIGHT}&fps=${FPS}&seconds=${SECONDS}`, mode: 'realtime', wires: [['producer']] }),
  node('producer', { type: 'stream-producer', wires: [['algo', 'recorder']] }),
  node('algo', { type: 'stream-algo', name: 'motion', kind: 'motion', interval: 0.2, wires: [['dispatcher']] }),
  node('dispatcher', { type: 'stream-dispatcher', name: 'results', wires: [[], []] }),
  node('recorder', { type: 'stream-recorder', name: 'recorder', path: 'whole.mp4', draw: false, wires: [[]] }),
  node('note', { type: 'function', func: 'return msg;', outputs: 1, wires: [[]] }),
  { id: 'elsewhere', type: 'function', z: 'tab2', x: 100, y: 100, func: 'return msg;', outputs: 1, wires: [[]] },
];

function node(id: string, fields: { readonly type: string } & Record<string, unknown>): FlowNode {
  return { id, z: 'tab1', x: 100, y: 100, ...fields };
}

describe('a deploy in the middle of a recording', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  after(() => (nodeRed as NodeRed | undefined)?.stop());

  it('of any kind loses no frame and does not start the stream anew', async () => {
    let flow = withTaps(FLOW, { results: { node: 'results' }, news: { node: 'results', output: 1 }, recorder: { node: 'recorder' } });
    nodeRed = await startNodeRed({ flows: flow });
    const taps = new TapReader(nodeRed);
    const news = (event: string): Record<string, unknown>[] => taps.payloads<Record<string, unknown>>('news').filter((payload) => payload['event'] === event);
    const state = (wanted: string): { path: string; frames: number }[] =>
      taps.payloads<{ state: string; path: string; frames: number }>('recorder').filter((payload) => payload.state === wanted);
    // every kind twice: what changed is the stream's own tab, then another one
    const deploys = ['full', 'flows', 'nodes'].flatMap((kind) => [{ kind, changed: 'note' }, { kind, changed: 'elsewhere' }]);
    await taps.until('beginning of the recording', () => state('started').length === 1);
    for (const [step, { kind, changed }] of deploys.entries()) {
      const position = Number(news('progress').at(-1)?.['position'] ?? 0);
      await taps.until('second of progress', () => Number(news('progress').at(-1)?.['position'] ?? 0) > position + 0.5);
      flow = flow.map((one) => (one.id === changed ? { ...one, x: 100 + step, func: `return msg; // ${step}` } : one));
      await nodeRed.admin('/flows', { method: 'POST', headers: { 'Node-RED-Deployment-Type': kind }, body: JSON.stringify(flow) });
    }
    assert.equal(news('ended').length, 0, 'the deploys were in its middle');
    const results = taps.all('results').length;
    await taps.until('results after the deploys', () => taps.all('results').length > results + 3);
    const ended = (await taps.until('end', () => news('ended')[0])) as { reason: string; frames: { dropped: Record<string, number> }; recorded: string[] };
    const [saved] = await taps.until('finished recording', () => state('finished').length === 1 && state('finished'));
    assert.deepEqual([news('started').length, state('started').length, news('error').length], [1, 1, 0]);
    assert.equal(ended.reason, 'finished');
    // a machine that is busy elsewhere may be late for a frame of a realtime stream: then it is counted, and no other is missing
    const late = ended.frames.dropped['late'] ?? 0;
    const delivered = SECONDS * FPS - late;
    assert.deepEqual(ended.frames, { decoded: SECONDS * FPS, skipped: 0, thinned: 0, delivered, converted: delivered, dropped: late === 0 ? {} : { late } });
    assert.equal(saved?.path, join(nodeRed.userDir, 'whole.mp4'));
    const numbers = frameNumbers(saved.path, { width: WIDTH, height: HEIGHT });
    assert.equal(numbers.length, delivered);
    assert.deepEqual(numbers, [...new Set(numbers)].filter((number) => number < SECONDS * FPS).sort((a, b) => a - b), 'each once, in order');
  });
});
