import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import type { StreamsAnswer, StreamView } from '../../../dist/plugins/live/contract.js';
import type { Config, Draft, ExportAnswer, FilesAnswer, ResultsAnswer, StartAnswer, StudioSetup } from '../../../dist/plugins/studio/contract.js';
import { BEACH } from '../../support/flows.js';
import { authOf, startNodeRed, type NodeRed } from '../../support/node-red.js';

const run = promisify(execFile);
const CLI = resolve(__dirname, '../../../dist/runtime/jobs/cli.js');
const ALL = ['flows.read', 'flows.write', 'stream-infer.read', 'stream-infer.write'];


const FLOW = [
  { id: 'tab1', type: 'tab', label: 'Test', env: [{ name: 'RATE', value: '5', type: 'str' }] },
  { id: 'narrow', type: 'stream-engine', name: 'few places', version: 1, messageLocations: 'videos, test:' },
  { id: 'file', type: 'stream-source', z: 'tab1', x: 100, y: 100, name: 'beach', wires: [['small']], version: 1, location: BEACH, start: 'message', engine: '' },
  { id: 'small', type: 'stream-producer', z: 'tab1', x: 100, y: 100, wires: [['moves']], version: 1, width: '320' },
  { id: 'moves', type: 'stream-algo', z: 'tab1', x: 100, y: 100, name: 'moves', wires: [[]], version: 2, kind: 'motion', interval: 0.5, frameCount: 2 },
  { id: 'other', type: 'stream-source', z: 'tab1', x: 100, y: 100, name: 'other', wires: [[]], version: 1, location: 'test:', start: 'message', engine: 'narrow' },
  { id: 'loose', type: 'stream-algo', z: 'tab1', x: 100, y: 100, name: 'loose', wires: [[]], version: 1, kind: 'motion', interval: 3 },
];
const TEST = 'test:?width=320&height=180&fps=25&seconds=60';

describe('plugins/studio: routes', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await startNodeRed({ settings: authOf(ALL) });
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(FLOW) });
  });
  after(() => nodeRed.stop());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${nodeRed.url}/stream-infer/${path}`, init);
  const post = (path: string, body: unknown): Promise<Response> => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const get = async (path: string): Promise<unknown> => (await nodeRed.admin(`/stream-infer/${path}`)).json();
  const draft = (source: Config, ...algos: readonly Config[]): Draft => ({
    source: { config: source }, producer: { config: { version: 1, width: '160' } }, algos: algos.map((config, i) => ({ key: `a${i + 1}`, config: { version: 2, ...config } })),
  });
  const moves = { kind: 'motion', interval: 0.2, name: 'moves' };

  async function start(given: Draft, id?: string): Promise<string> {
    const response = await post('studio/streams', { draft: given, ...(id !== undefined && { id }) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return (JSON.parse(text) as StartAnswer).id;
  }

  const close = async (id: string): Promise<void> => {
    assert.equal((await ask(`studio/streams/${id}`, { method: 'DELETE' })).status, 204);
  };
  const streams = async (): Promise<readonly StreamView[]> => ((await get('streams')) as StreamsAnswer).streams;
  const results = async (id: string, query = ''): Promise<ResultsAnswer> => (await get(`studio/streams/${id}${query}`)) as ResultsAnswer;

  async function until(id: string, isSo: (stream: StreamView) => boolean): Promise<StreamView> {
    for (;;) {
      const stream = (await streams()).find((one) => one.id === id);
      if (stream !== undefined && isSo(stream)) return stream;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  it('a draft plays beside the flow: states, results in their order, pictures, commands', async () => {
    const id = await start(draft({ location: TEST, name: 'tried' }, moves, { ...moves, name: 'again', interval: 0.4 }));
    const stream = await until(id, ({ state, algos }) => state === 'playing' && (algos[1]?.runs ?? 0) > 1);
    assert.deepEqual([stream.name, stream.sourceId, stream.nodeIds, stream.algos.map(({ name }) => name)], ['tried', undefined, [], ['moves', 'again']]);
    const first = await results(id);
    assert.ok(first.rows.length > 0 && first.lost === 0);
    const last = first.rows.at(-1)?.number ?? 0;
    const second = await results(id, `?play=${first.play}&after=${last}`);
    assert.deepEqual([...first.rows, ...second.rows].map(({ number }) => number), Array.from({ length: last + second.rows.length }, (_, i) => i + 1));
    assert.ok(second.rows.every(({ inferenceMs, position, index }) => inferenceMs >= 0 && position > 0 && index > 0));
    assert.deepEqual([...new Set(first.rows.map(({ algo }) => algo))].sort(), ['a1', 'a2']);
    const pictures = await post('pictures', { wishes: [{ key: 'k', stream: id, width: 160 }] });
    assert.equal(((await pictures.json()) as { pictures: unknown[] }).pictures.length, 1);
    for (const [action, state] of [['pause', 'paused'], ['resume', 'playing'], ['stop', 'idle'], ['start', 'playing']]) {
      assert.equal((await post(`streams/${id}`, { action })).status, 204);
      await until(id, (one) => one.state === state);
    }
    await close(id);
    assert.equal((await streams()).some((one) => one.id === id), false);
    assert.equal((await ask(`studio/streams/${id}`)).status, 404);
  });

  it('with other settings it goes on under its id, and its results count from 1 again', async () => {
    const id = await start(draft({ location: TEST }, moves));
    const before = await results(id);
    assert.equal(await start(draft({ location: TEST }, { ...moves, interval: 0.1 }), id), id);
    const after = await results(id, `?play=${before.play}&after=1000000`);
    assert.ok(after.play > before.play && after.rows[0]?.number === 1, JSON.stringify(after).slice(0, 200));
    await close(id);
  });

  it('at most four at once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) ids.push(await start(draft({ location: TEST })));
    const fifth = await post('studio/streams', { draft: draft({ location: TEST }) });
    assert.deepEqual([fifth.status, ((await fifth.json()) as { code: string }).code], [409, 'STATE_INVALID']);
    await Promise.all(ids.map(close));
    await close(await start(draft({ location: TEST })));
  });

  it('a stream at which nobody looks any more is ended, and its engine with it', async () => {
    const id = await start(draft({ location: TEST }, moves));
    await results(id);
    while ((await streams()).some((one) => one.id === id)) await new Promise((done) => setTimeout(done, 500));
    // it is told no more at once; then it is stopped, and its engine closed
    while (((await get('streams')) as StreamsAnswer).engines.length > 0) await new Promise((done) => setTimeout(done, 100));
  });

  it('a deploy ends it', async () => {
    const id = await start(draft({ location: TEST }, moves));
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(FLOW) });
    assert.equal((await ask(`studio/streams/${id}`)).status, 404);
    assert.notEqual(await start(draft({ location: TEST }), id), id);
    for (const one of await streams()) if (one.sourceId === undefined) await close(one.id);
  });

  it('setup: defaults, engines, and the stream that a node is in', async () => {
    const setup = (await get('studio/setup?node=moves')) as StudioSetup;
    assert.deepEqual(setup.engines, [{ id: '', name: '' }, { id: 'narrow', name: 'few places' }]);
    assert.equal(setup.defaults.algo['frameCount'], 1);
    const { source, producer, algos } = setup.draft as Draft;
    assert.deepEqual([source.id, source.config['location'], producer.id, producer.config['width']], ['file', BEACH, 'small', '320']);
    assert.deepEqual(algos.map(({ id, key, config }) => [id, key, config['frameCount'], config['interval']]), [['moves', 'a1', 2, 0.5]]);
    const alone = ((await get('studio/setup?node=loose')) as StudioSetup).draft;
    assert.deepEqual([alone?.source.id, alone?.algos[0]?.id, alone?.algos[0]?.config['interval']], [undefined, 'loose', 3]);
    assert.equal(((await get('studio/setup')) as StudioSetup).draft, undefined);
    assert.equal((await ask('studio/setup?node=tab1')).status, 404);
  });

  it('environment variables are those of the flow that the node is in', async () => {
    const given = draft({ location: TEST }, moves);
    const ofFlow: Draft = { ...given, producer: { id: 'small', config: { version: 1, fps: '${RATE}' } } };
    const id = await start(ofFlow);
    await until(id, ({ nominalFps }) => nominalFps === 5);
    await close(id);
    const elsewhere = await post('studio/streams', { draft: { ...given, producer: { config: { version: 1, fps: '${RATE}' } } } });
    assert.match(((await elsewhere.json()) as { message: string }).message, /^fps: .*RATE/);
  });

  it('a deployed source may be played wherever it lies; typed elsewhere it may not', async () => {
    const deployed = ((await get('studio/setup?node=file')) as StudioSetup).draft as Draft;
    await close(await start(deployed));
    const typed = await post('studio/streams', { draft: { ...deployed, source: { config: deployed.source.config } } });
    const { message } = (await typed.json()) as { message: string };
    assert.equal(typed.status, 400);
    assert.match(message, /^location: .* may not be played in the studio, only .*Locations by message/);
  });

  describe('files', () => {
    const list = async (query: string): Promise<FilesAnswer> => (await get(`studio/files?${query}`)) as FilesAnswer;

    before(async () => {
      const { userDir } = nodeRed;
      await mkdir(join(userDir, 'videos/inner'), { recursive: true });
      await mkdir(join(userDir, 'videos/.hidden'));
      for (const name of ['a.mp4', 'b.txt', '.c.mp4', 'inner/d.mkv', '.hidden/e.mp4']) await writeFile(join(userDir, 'videos', name), 'x');
      await symlink('/etc', join(userDir, 'videos/etc'));
      await symlink(BEACH, join(userDir, 'videos/out.mp4'));
      await symlink(join(userDir, 'videos/inner/d.mkv'), join(userDir, 'videos/within.mkv'));
    });

    it('the allowed folders, then what is in them: no hidden ones, no links out, nothing that is no video', async () => {
      const { folders: [root], folder } = await list('engine=narrow');
      assert.equal(folder, undefined);
      const inside = await list(`engine=narrow&folder=${encodeURIComponent(root?.path ?? '')}`);
      assert.deepEqual([inside.folders.map(({ name }) => name), inside.files.map(({ name }) => name), inside.parent], [['inner'], ['a.mp4', 'within.mkv'], undefined]);
      const inner = await list(`engine=narrow&folder=${encodeURIComponent(inside.folders[0]?.path ?? '')}`);
      assert.deepEqual([inner.files.map(({ name, bytes }) => [name, bytes]), inner.parent], [[['d.mkv', 1]], inside.folder]);
    });

    for (const folder of ['/etc', '..', '.', 'videos', '/', 'VIDEOS/..', 'VIDEOS/../..', 'VIDEOS/etc', 'VIDEOS/.hidden', 'VIDEOS/none', 'VIDEOS\0', '%00']) {
      it(`refuses ${JSON.stringify(folder)}`, async () => {
        const response = await ask(`studio/files?engine=narrow&folder=${encodeURIComponent(folder.replace('VIDEOS', join(nodeRed.userDir, 'videos')))}`);
        const text = await response.text();
        assert.equal(response.status, 400, text);
        assert.match((JSON.parse(text) as { message: string }).message, /^folder: /);
      });
    }
  });

  describe('export', () => {
    it('a flow that can be deployed, a job and a program that run', async () => {
      const clip = 'test:?width=320&height=180&fps=25&seconds=2';
      const response = await post('studio/export', { draft: draft({ version: 1, location: clip, mode: 'offline', engine: '' }, moves) });
      const { flow, job, code, missing } = (await response.json()) as ExportAnswer;
      assert.deepEqual(missing, []);
      await writeFile(join(nodeRed.userDir, 'job.json'), JSON.stringify(job));
      const { stdout } = await run(process.execPath, [CLI, 'run', join(nodeRed.userDir, 'job.json'), '--quiet']);
      const ended = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { event: string; algos: { moves: { runs: number } } };
      assert.deepEqual([ended.event, ended.algos.moves.runs], ['ended', 10]);
      await writeFile(join(nodeRed.userDir, 'studio.cjs'), code);
      const program = await run(process.execPath, [join(nodeRed.userDir, 'studio.cjs')]);
      const lines = program.stdout.trim().split('\n');
      assert.equal(lines.length, 11);
      assert.match(lines[0] ?? '', /^0\.\d\d moves \[/);
      await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify([...FLOW, ...flow.map((node) => ({ z: 'tab1', ...node }))]) });
      for (;;) {
        const stream = (await streams()).find(({ mode, nodeIds }) => mode === 'offline' && nodeIds.length === 4);
        if (stream?.state === 'finished') {
          assert.equal(stream.algos[0]?.last?.position, 1.96);
          break;
        }
        await new Promise((done) => setTimeout(done, 100));
      }
      await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(FLOW) });
    });

    it('passwords are left out, and it is said so', async () => {
      const response = await post('studio/export', { draft: draft({ location: 'rtsp://me:s3cret@camera.example/1' }, { kind: 'remote', remoteUrl: 'http://infer.example', remoteModel: 'm' }) });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.deepEqual((JSON.parse(text) as ExportAnswer).missing, ['password']);
      assert.doesNotMatch(text, /s3cret/);
    });
  });

  const good = draft({ location: TEST }, moves);
  const BAD: readonly { readonly why: string; readonly body: unknown; readonly says: RegExp }[] = [
    { why: 'nothing', body: undefined, says: /expected/ },
    { why: 'no draft', body: {}, says: /^draft: / },
    { why: 'a draft of the wrong type', body: { draft: [] }, says: /^draft: / },
    { why: 'no location', body: { draft: draft({}) }, says: /^location: / },
    { why: 'a path out of the folder', body: { draft: draft({ location: '../../../etc/passwd' }) }, says: /^location: .* may not be played in the studio/ },
    { why: 'this machine\'s own services', body: { draft: draft({ location: 'http://127.0.0.1:1880/' }) }, says: /may not be played/ },
    { why: 'an id of a source that is not there', body: { draft: { ...good, source: { id: 'none', config: { location: '/etc/passwd' } } } }, says: /may not be played/ },
    { why: 'an engine that is not there', body: { draft: draft({ location: TEST, engine: 'none' }) }, says: /^engine: / },
    { why: 'a device where the engine lists others', body: { draft: draft({ location: 'device:/dev/video0', engine: 'narrow' }) }, says: /may not be played/ },
    { why: 'an algo with a wrong setting', body: { draft: draft({ location: TEST }, moves, { ...moves, frameCount: 'many' }) }, says: /^algo 2: frameCount: / },
    { why: 'a model out of its folder', body: { draft: draft({ location: TEST }, { kind: 'onnx', model: '../x.onnx' }) }, says: /^algo 1: model: / },
    { why: 'a flow algo', body: { draft: draft({ location: TEST }, { kind: 'flow' }) }, says: /^algo 1: kind: / },
    { why: 'a config of a release to come', body: { draft: draft({ location: TEST, version: 99 }) }, says: /newer release/ },
    { why: 'two algos of one key', body: { draft: { ...good, algos: [...good.algos, ...good.algos] } }, says: /key/ },
    { why: 'a key that is a part of the plan', body: { draft: { ...good, algos: [{ key: 'producer', config: {} }] } }, says: /key/ },
    { why: 'an algo behind none', body: { draft: { ...good, algos: [{ key: 'a1', behind: 'a2', config: {} }] } }, says: /behind/ },
    { why: 'algos without number', body: { draft: { ...good, algos: Array.from({ length: 17 }, (_, i) => ({ key: `a${i}`, config: {} })) } }, says: /algos/ },
    { why: 'a nested setting', body: { draft: draft({ location: { toString: 'x' } } as unknown as Config) }, says: /location/ },
    { why: 'a setting without end', body: { draft: draft({ location: 'x'.repeat(200_000) }) }, says: /location/ },
  ];
  for (const { why, body, says } of BAD) {
    it(`refuses ${why}`, async () => {
      const response = await post('studio/streams', body);
      const text = await response.text();
      assert.equal(response.status, 400, text);
      const { code, message } = JSON.parse(text) as { code: string; message: string };
      assert.equal(code, 'OPTION_INVALID');
      assert.match(message, says);
      assert.deepEqual((await streams()).filter(({ sourceId }) => sourceId === undefined), []);
    });
  }

  it('refuses what is no JSON, and unknown streams', async () => {
    const form = await ask('studio/streams', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'draft=1' });
    assert.equal(form.status, 400);
    assert.equal((await ask('studio/streams/__proto__')).status, 404);
    assert.equal((await ask('studio/streams/file:small')).status, 404);
    assert.equal((await ask('studio/streams/x?after=-1')).status, 400);
  });

  it('the page: its files and no others', async () => {
    const page = await ask('studio/');
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/);
    assert.match((await ask('studio?node=moves')).url, /\/stream-infer\/studio\/\?node=moves$/);
    for (const file of ['none.js', '..%2fstudio.js', '__proto__', '..%2f..%2f..%2fpackage.json']) assert.equal((await ask(`studio/page/${file}`)).status, 404, file);
  });

  it('a camera is asked by JSON only, and what is wrong is told', async () => {
    const { url } = nodeRed;
    for (const [body, message] of [[{}, /address/], [{ address: '' }, /address/], [{ address: 7 }, /address/], [{ address: 'ftp://camera' }, /address: expected that of a camera/], [{ address: 'x', password: {} }, /password/], [{ address: 'x', more: 1 }, /more/]] as const) {
      const response = await post('studio/cameras', body);
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { message: string }).message, message);
    }
    assert.equal((await fetch(`${url}/stream-infer/studio/cameras`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"address":"127.0.0.1"}' })).status, 400);
    assert.ok(Array.isArray(((await get('studio/cameras')) as { cameras: unknown }).cameras));
  });

  it('a user and a password that are put in are the source\'s, and are in no export', async () => {
    const given = { ...draft({ location: 'rtsp://127.0.0.1:1/none' }), source: { config: { location: 'rtsp://127.0.0.1:1/none' }, login: { username: 'viewer', password: 'geheim' } } };
    const response = await post('studio/export', { draft: given });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    assert.deepEqual((JSON.parse(text) as ExportAnswer).missing, ['password']);
    assert.doesNotMatch(text, /geheim/);
    assert.equal((await post('studio/export', { draft: { ...given, source: { ...given.source, login: { token: 'x' } } } })).status, 400);
  });

  it('who may only look, or may not deploy, plays nothing; who may nothing sees nothing', async () => {
    const statuses = async (permissions: readonly string[]): Promise<readonly number[]> => {
      const other = await startNodeRed({ settings: authOf(permissions) });
      try {
        const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ draft: good }) };
        const asked: readonly (readonly [string, RequestInit])[] = [
          ['studio/streams', json], ['studio/export', json], ['studio/setup', {}], ['studio/files', {}], ['studio/devices', {}], ['studio/cameras', {}], ['studio/cameras', json], ['studio/streams/none', { method: 'DELETE' }], ['studio/streams/none', {}],
        ];
        return await Promise.all(asked.map(async ([path, init]) => (await fetch(`${other.url}/stream-infer/${path}`, init)).status));
      } finally {
        await other.stop();
      }
    };
    assert.deepEqual(await statuses(['stream-infer.read', 'flows.read']), [401, 401, 401, 401, 401, 401, 401, 401, 404]);
    assert.deepEqual(await statuses(['stream-infer.read', 'stream-infer.write', 'flows.read']), [401, 401, 401, 401, 401, 401, 401, 401, 404]);
    assert.deepEqual(await statuses([]), [401, 401, 401, 401, 401, 401, 401, 401, 401]);
  });
});
