import assert from 'node:assert/strict';

import { TapReader, withTaps, type FlowNode } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { countConnections, startRtspServer, type ConnectionCounter, type RtspServer } from '../support/servers/index.js';

type Result = { readonly topic: string; readonly stream: { readonly fps: number; readonly width: number } };

function node(id: string, fields: { readonly type: string } & Record<string, unknown>): FlowNode {
  return { id, z: 'tab', x: 100, y: 100, ...fields };
}

function flowOf(location: string): readonly FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Camera' },
    node('source', { type: 'stream-source', name: 'camera', location, mode: 'realtime', wires: [['small', 'whole']] }),
    node('small', { type: 'stream-producer', name: 'small', width: 160, fps: 5, wires: [['slow']] }),
    node('whole', { type: 'stream-producer', name: 'whole', wires: [['quick']] }),
    node('slow', { type: 'stream-algo', name: 'slow', kind: 'motion', interval: 0, wires: [[]] }),
    node('quick', { type: 'stream-algo', name: 'quick', kind: 'motion', interval: 0, wires: [[]] }),
  ];
}

describe('two producers on one camera', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed | undefined;
  let camera: RtspServer;
  let counter: ConnectionCounter;

  before(async () => {
    camera = await startRtspServer();
    counter = await countConnections(camera.testUrl);
  });
  after(async () => {
    await nodeRed?.stop();
    await camera.stop();
    await counter.stop();
  });

  it('both give results, each at its own rate, over one connection', async () => {
    nodeRed = await startNodeRed({ flows: withTaps(flowOf(counter.url), { slow: { node: 'slow' }, quick: { node: 'quick' } }) });
    const taps = new TapReader(nodeRed);
    const resultsOf = (tap: string): Result[] => taps.all(tap).map(({ message }) => message as unknown as Result);
    await taps.until('results of both', () => resultsOf('slow').length > 5 && resultsOf('quick').length > 5);
    for (const [tap, topic, fps] of [['slow', 'camera/small', 5], ['quick', 'camera/whole', 15]] as const) {
      assert.ok(resultsOf(tap).every((result) => result.topic === topic && result.stream.width === 320 && result.stream.fps === fps));
    }
    assert.equal(counter.count(), 1);
  });
});
