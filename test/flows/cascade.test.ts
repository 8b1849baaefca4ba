import assert from 'node:assert/strict';

import { type Flow, type FlowNode, TapReader, withFields, withTaps } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';

function node(id: string, fields: { readonly type: string } & Record<string, unknown>): FlowNode {
  return { id, z: 'tab', name: id, x: 100, y: 100, ...fields };
}

const BOX = { xmin: 100, ymin: 60, xmax: 200, ymax: 160 };

const FLOW: Flow = [
  { id: 'tab', type: 'tab', label: 'Cascade' },
  node('video', { type: 'stream-source', location: 'test:?width=320&height=240&fps=10', wires: [['producer']] }),
  node('producer', { type: 'stream-producer', wires: [['things']] }),
  node('things', { type: 'stream-algo', version: 2, kind: 'code', interval: 0.2, code: `return [{ label: 'thing', score: 1, box: ${JSON.stringify(BOX)} }];`, wires: [['looks']] }),
  node('looks', { type: 'stream-algo', version: 2, kind: 'code', interval: 0, code: 'return [frames[0].width, frames[0].height];', cropPadding: '0', wires: [['results']] }),
  node('results', { type: 'stream-dispatcher', wires: [[], []] }),
];

/** What was under way at the deploy may still come before it. */
function isOfWholeFrame({ message }: { readonly message: { readonly payload?: unknown } }): boolean {
  return JSON.stringify(message.payload) === '[320,240]';
}

describe('an algo wired behind an algo', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed | undefined;

  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  const tapped = (flow: Flow, name = 'looks'): FlowNode[] => withTaps(flow, { [name]: { node: 'looks' } });

  async function start(flow: Flow): Promise<{ readonly taps: TapReader; readonly deploy: (next: Flow) => Promise<unknown> }> {
    const server = await startNodeRed({ flows: flow });
    nodeRed = server;
    return { taps: new TapReader(server), deploy: (next) => server.admin('/flows', { method: 'POST', body: JSON.stringify(next) }) };
  }

  it('looks at what that one detects; told otherwise, and in a flow saved before there was the choice, at the whole frame', async () => {
    const { taps, deploy } = await start(tapped(FLOW));
    const { message } = await taps.until('crops', () => taps.all('looks')[0]);
    assert.deepEqual(message.payload, [{ label: 'thing', score: 1, box: BOX, parts: { looks: [100, 100] } }]);
    assert.equal(message['algo'], 'looks');
    await deploy(tapped(withFields(FLOW, { looks: { runOn: 'frame' } }), 'told'));
    await taps.until('frames', () => taps.all('told').find(isOfWholeFrame));
    await deploy(tapped(withFields(FLOW, { looks: { version: 1 } }), 'old'));
    await taps.until('frames of the old flow', () => taps.all('old').find(isOfWholeFrame));
  });

  it('with a second wire from the producer its badge says what to do, and plays when that is done', async () => {
    const wrong = withFields(FLOW, { producer: { wires: [['things', 'looks']] } });
    const { taps, deploy } = await start(withTaps(wrong, { badges: { node: 'looks', of: 'status' }, looks: { node: 'looks' } }));
    type Badge = { readonly text: string; readonly source: { readonly id: string } };
    const badge = await taps.until('badge', () => taps.all('badges').map(({ message }) => message['status'] as Badge).find(({ text, source }) => source.id === 'looks' && text.includes('runOn')));
    assert.match(badge.text, /^runOn: several wires: leave one, or choose the whole frame/);
    assert.deepEqual(taps.all('looks'), []);
    await deploy(tapped(FLOW, 'mended'));
    await taps.until('crops', () => taps.all('mended')[0]);
  });
});
