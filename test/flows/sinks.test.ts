import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Flow, type FlowNode, TapReader, withFields, withTaps } from '../support/flows.js';
import { linkedUserDir, type NodeRed, startNodeRed } from '../support/node-red.js';
import { Receiver, type Received } from '../support/servers/receiver.js';

function node(id: string, fields: { readonly type: string } & Record<string, unknown>): FlowNode {
  return { id, z: 'tab', name: id, x: 100, y: 100, ...fields };
}

const sink = (id: string, fields: Record<string, unknown>): FlowNode => ({ id: `${id}-sink`, type: 'stream-sink', name: id, version: 1, ...fields });

function flow(sinks: readonly FlowNode[], start = 'deploy'): Flow {
  const chosen = Object.fromEntries(sinks.map(({ id }, i) => [`sink${i + 1}`, id]));
  return [
    { id: 'tab', type: 'tab', label: 'Sinks' },
    ...sinks,
    node('video', { type: 'stream-source', version: 1, location: 'test:?width=64&height=48&fps=20', start, wires: [['producer']] }),
    node('producer', { type: 'stream-producer', version: 1, wires: [['things']] }),
    node('things', { type: 'stream-algo', version: 2, kind: 'code', interval: 0.05, code: "return [{ label: 'thing', score: 1, box: { xmin: 1, ymin: 2, xmax: 3, ymax: 4 } }];", wires: [['results']] }),
    node('results', { type: 'stream-dispatcher', version: 1, ...chosen, wires: [[], []] }),
  ];
}

describe('sinks of a dispatcher', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed | undefined;
  let folder: string;
  let receiver: Receiver;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flow-sinks-'));
    receiver = new Receiver(join(folder, 'received.jsonl'));
    await receiver.start();
  });
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
    await receiver.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((done) => setTimeout(done, 20));
  }
  const linesOf = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
  const unique = (): readonly Received[] => [...new Map(receiver.received.map((record) => [record.id, record])).values()];

  it('one that is away holds up no other; its badge and the second output tell; when it is back it gets all', async () => {
    const lines = join(folder, 'results.jsonl');
    const given = flow([sink('server', { kind: 'http', url: receiver.url, gather: '0.05' }), sink('file', { kind: 'jsonl', path: lines, gather: '0.05' })]);
    const server = await startNodeRed({ flows: withTaps(given, { badges: { node: 'results', of: 'status' }, events: { node: 'results', output: 1 } }) });
    nodeRed = server;
    const taps = new TapReader(server);
    await until(() => receiver.received.length > 10);
    await receiver.kill();
    const before = linesOf(lines).length;
    type Event = { readonly event: string; readonly name: string; readonly state: string; readonly waiting: number; readonly error?: { readonly message: string } };
    const eventOf = (isFailing: boolean, from: number): Promise<Event> => taps.until('an event of a sink', () => taps.all('events').slice(from).map(({ message }) => message.payload as Event).find(({ event, state }) => event === 'sink' && (state === 'failing') === isFailing));
    const failing = await eventOf(true, 0);
    assert.equal(failing.name, 'server');
    assert.match(failing.error?.message ?? '', /^server: .*ECONNREFUSED/);
    await until(() => linesOf(lines).length > before + 20);
    type Badge = { readonly fill: string; readonly text: string };
    const badge = await taps.until('badge', () => taps.all('badges').map(({ message }) => message['status'] as Badge).find(({ text }) => /\d+ results · \d+ wait: server: /.test(text)));
    assert.equal(badge.fill, 'yellow');
    const events = taps.all('events').length;
    await receiver.start();
    await eventOf(false, events);
    const count = linesOf(lines).length;
    await until(() => unique().length >= count);
    const indexes = unique().map(({ frame }) => frame.index).sort((a, b) => a - b);
    assert.deepEqual(indexes, indexes.map((_, i) => (indexes[0] ?? 0) + i), 'none is missing');
  });

  it('what waits at a deploy, and when Node-RED is killed, is sent afterwards', async () => {
    await receiver.kill();
    const userDir = await linkedUserDir();
    const flows = flow([sink('server', { kind: 'http', url: receiver.url, gather: '0.05' })]);
    const first = await startNodeRed({ flows, userDir });
    nodeRed = first;
    const spooled = (): number => {
      const spool = join(userDir, 'stream-infer/spool/server-sink');
      return linesOf(join(spool, '000000000000000.jsonl')).length;
    };
    await until(() => spooled() > 20);
    await first.admin('/flows', { method: 'POST', body: JSON.stringify(withFields(flows, { video: { start: 'message' } })) });
    const waiting = spooled();
    assert.ok(waiting > 20);
    first.process.kill('SIGKILL');
    await receiver.start();
    nodeRed = await startNodeRed({ flows: flow([sink('server', { kind: 'http', url: receiver.url, gather: '0.05' })], 'message'), userDir });
    await until(() => unique().length >= waiting);
  });

  it('a sink that is wrong, or is not there, is told, and the stream plays', async () => {
    const given = withFields(flow([sink('server', { kind: 'http', url: 'ftp://nowhere' })]), { results: { sink2: 'gone' } });
    const server = await startNodeRed({ flows: withTaps(given, { badges: { node: 'results', of: 'status' }, results: { node: 'results' } }) });
    nodeRed = server;
    const taps = new TapReader(server);
    await taps.until('a result', () => taps.all('results')[3]);
    const badge = await taps.until('badge', () => taps.all('badges').map(({ message }) => message['status'] as { readonly text: string }).find(({ text }) => text.includes('url')));
    assert.match(badge.text, /0 wait: url: expected an address/);
    await until(() => server.logs.join('\n').includes('there is no stream-sink gone'));
  });
});
