import assert from 'node:assert/strict';

import type { EngineView, PicturesAnswer, PictureWish, StreamsAnswer, StreamView } from '../../../dist/plugins/live/contract.js';
import { BEACH } from '../../support/flows.js';
import { authOf, startNodeRed, type NodeRed } from '../../support/node-red.js';

const READ = ['flows.read', 'flows.write', 'stream-infer.read', 'stream-infer.write'];


const FLOW = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'file', type: 'stream-source', z: 'tab1', x: 100, y: 100, name: 'beach', wires: [['small']], version: 1, location: BEACH, loop: true, start: 'message', engine: '' },
  { id: 'small', type: 'stream-producer', z: 'tab1', x: 100, y: 100, wires: [['moves']], version: 1, width: '320', height: '', fps: '10' },
  { id: 'moves', type: 'stream-algo', z: 'tab1', x: 100, y: 100, name: 'moves', wires: [[]], version: 1, kind: 'motion', interval: 0 },
  { id: 'other', type: 'stream-source', z: 'tab1', x: 100, y: 100, name: 'other', wires: [['other-algo']], version: 1, location: 'test:', start: 'message', engine: '' },
  { id: 'other-algo', type: 'stream-algo', z: 'tab1', x: 100, y: 100, name: 'other moves', wires: [[]], version: 1, kind: 'motion', interval: 0 },
];
const ID = 'file:small';

describe('plugins/live: routes', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await startNodeRed({ settings: authOf(READ) });
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(FLOW) });
  });
  after(() => nodeRed.stop());

  const post = (path: string, body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<Response> =>
    fetch(`${nodeRed.url}/stream-infer/${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const streams = async (): Promise<StreamsAnswer> => (await (await nodeRed.admin('/stream-infer/streams')).json()) as StreamsAnswer;
  const tell = async (action: string, rest: object = {}): Promise<void> => {
    const response = await post(`streams/${encodeURIComponent(ID)}`, { action, ...rest });
    assert.equal(response.status, 204, await response.text());
  };
  const look = async (...wishes: readonly Partial<PictureWish>[]): Promise<PicturesAnswer['pictures']> => {
    const response = await post('pictures', { wishes: wishes.map((wish, i) => ({ key: String(i), stream: ID, width: 160, ...wish })) });
    assert.equal(response.status, 200);
    return ((await response.json()) as PicturesAnswer).pictures;
  };

  /** Asks until it is so. */
  async function until(isSo: (stream: StreamView) => boolean): Promise<StreamView> {
    for (;;) {
      const stream = (await streams()).streams.find(({ id }) => id === ID);
      if (stream !== undefined && isSo(stream)) return stream;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('before it plays a stream is told as it was deployed', async () => {
    const { name, state, sourceId, producerId, nodeIds } = await until(() => true);
    assert.deepEqual((await streams()).engines, []);
    assert.deepEqual([name, state, sourceId, producerId, nodeIds], ['beach', 'idle', 'file', 'small', ['file', 'small', 'moves']]);
  });

  it('one that plays: where it is, what its algos did, what its engine takes', async () => {
    await tell('start');
    const stream = (await until(({ state, algos, position }) => state === 'playing' && (algos[0]?.runs ?? 0) > 5 && position !== undefined)) as Required<StreamView>;
    assert.ok(stream.fps > 1 && stream.position > 0 && stream.width > 0 && stream.duration > 0, JSON.stringify(stream));
    assert.deepEqual([stream.mode, stream.isLive], ['realtime', false]);
    const [algo] = stream.algos as readonly [Required<StreamView['algos'][number]>];
    assert.deepEqual([algo.id, algo.name, algo.kind, algo.state, algo.interval], ['moves', 'moves', 'motion', 'ready', 0]);
    assert.ok(algo.inference.p95 >= algo.inference.p50 && algo.last.position > 0, JSON.stringify(algo));
    await streams();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const [engine] = (await streams()).engines as readonly [Required<EngineView>];
    assert.deepEqual([engine.id, engine.isReady, engine.streamIds], ['', true, [ID]]);
    assert.ok(engine.memoryBytes > 30e6 && engine.cpuPercent > 0, JSON.stringify(engine));
  });

  it('pictures: the next one each time, as small as was asked for, of two renderings both', async () => {
    const [first] = await look({});
    assert.ok(first !== undefined);
    assert.deepEqual([first.key, first.width], ['0', 160]);
    const jpeg = Buffer.from(first.jpeg, 'base64');
    assert.deepEqual([...jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.ok(jpeg.length <= 10_000, String(jpeg.length));
    const [second] = await look({ after: first.id });
    assert.ok(second !== undefined && second.id !== first.id);
    const keys = new Set<string>();
    while (keys.size < 2) for (const { key } of await look({ key: 'drawn' }, { key: 'plain', draw: [] })) keys.add(key);
  });

  it('a picture is made once for all who look', async () => {
    const { algos } = await until(() => true);
    assert.equal(algos.length, 1);
    const viewers = await Promise.all(Array.from({ length: 8 }, () => look({ width: 200, after: 'none' })));
    assert.equal(new Set(viewers.map(([picture]) => picture?.id)).size, 1);
  });

  it('of a stream that does not play nothing comes, and others need not wait for it', async () => {
    const pictures = await look({ key: 'idle', stream: 'other:default' }, { key: 'playing', after: 'none' });
    assert.deepEqual(pictures.map(({ key }) => key), ['playing']);
  });

  it('pause, step, seek, resume, stop', async () => {
    await tell('pause');
    await until(({ state }) => state === 'paused');
    const [shown] = await look({ width: 64 });
    await tell('step');
    const [stepped] = await look({ width: 64, after: shown?.id ?? '' });
    assert.ok((stepped?.position ?? 0) > (shown?.position ?? 0));
    await tell('seek', { position: 2 });
    await until(({ state, position }) => state === 'playing' && (position ?? 0) >= 2);
    await tell('stop');
    const { state } = await until((stream) => stream.state === 'idle');
    assert.equal(state, 'idle');
    const refused = await post(`streams/${encodeURIComponent(ID)}`, { action: 'pause' });
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [409, 'STATE_INVALID']);
  });

  const BAD: readonly { readonly why: string; readonly path: string; readonly body: unknown; readonly status: number }[] = [
    { why: 'no such stream', path: 'streams/none', body: { action: 'stop' }, status: 404 },
    { why: 'a name of Object.prototype', path: 'streams/__proto__', body: { action: 'stop' }, status: 404 },
    { why: 'no action', path: `streams/${ID}`, body: {}, status: 400 },
    { why: 'an unknown action', path: `streams/${ID}`, body: { action: 'explode' }, status: 400 },
    { why: 'a location, which only flows may say', path: `streams/${ID}`, body: { action: 'start', location: '/etc/passwd' }, status: 400 },
    { why: 'a position that is none', path: `streams/${ID}`, body: { action: 'seek', position: -1 }, status: 400 },
    { why: 'no JSON', path: `streams/${ID}`, body: 'action=stop', status: 400 },
    { why: 'no wishes', path: 'pictures', body: {}, status: 400 },
    { why: 'wishes without number', path: 'pictures', body: { wishes: Array.from({ length: 65 }, () => ({ key: 'a', stream: ID, width: 160 })) }, status: 400 },
    { why: 'a huge picture', path: 'pictures', body: { wishes: [{ key: 'a', stream: ID, width: 1e9 }] }, status: 400 },
    { why: 'a key without end', path: 'pictures', body: { wishes: [{ key: 'a'.repeat(1e5), stream: ID, width: 160 }] }, status: 400 },
    { why: 'wishes that are none', path: 'pictures', body: { wishes: [null] }, status: 400 },
  ];
  for (const { why, path, body, status } of BAD) {
    it(`refuses ${why}`, async () => {
      const response = await post(path, body, { 'content-type': typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json' });
      const text = await response.text();
      assert.equal(response.status, status, text);
      assert.match((JSON.parse(text) as { code: string }).code, /^(OPTION_INVALID|STREAM_UNKNOWN)$/);
    });
  }

  it('who may only read looks, and has nothing obey; who may do neither sees nothing', async () => {
    const statuses = async (permissions: readonly string[]): Promise<readonly number[]> => {
      const other = await startNodeRed({ settings: authOf(permissions) });
      try {
        const ask = async (path: string, init?: RequestInit): Promise<number> => (await fetch(`${other.url}/stream-infer/${path}`, init)).status;
        const json = (body: object): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
        return [await ask('streams'), await ask('pictures', json({ wishes: 1 })), await ask('streams/none', json({ action: 'stop' }))];
      } finally {
        await other.stop();
      }
    };
    assert.deepEqual(await statuses(['stream-infer.read']), [200, 400, 401]);
    assert.deepEqual(await statuses([]), [401, 401, 401]);
  });
});
