import assert from 'node:assert/strict';
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { BEACH, type FlowNode, TapReader, withTaps } from '../support/flows.js';
import { type NodeRed, startNodeRed } from '../support/node-red.js';
import { processTree } from '../support/processes.js';
import { AnyServer } from '../support/remote.js';
import { type HostileServer, type RtspServer, startHostileServer, startRtspServer } from '../support/servers/index.js';

/** Of "password", from Node-RED's documentation. */
const HASH = '$2a$08$zZWtXTja0fB1pzD4sHCMyOCMYz2Z6dNbM6tl8sJogENOMcxWV9DN.';
const user = (username: string, permissions: string | readonly string[]): object => ({ username, password: HASH, permissions });

const PASSWORD = 'hunter2/@:x';
const TOKEN = 't0ken-of-the-server';
/** In whatever way they may be written: as typed, encoded once or twice, in base64 of Basic. */
const SECRET = new RegExp(['hunter2', 'hunter3', TOKEN, Buffer.from(`viewer:${PASSWORD}`).toString('base64').slice(0, 20)].join('|'));

describe('Node-RED under attack', function () {
  this.timeout(120_000);
  let red: NodeRed;
  let taps: TapReader;
  let rtsp: RtspServer;
  let inference: AnyServer;
  let victim: HostileServer;
  const tokens: Record<string, string> = {};

  before(async () => {
    rtsp = await startRtspServer({ auth: { username: 'viewer', password: PASSWORD } });
    inference = await AnyServer.start((_asked, response) => { response.writeHead(500).end(`no such token: ${TOKEN}`); });
    victim = await startHostileServer({});
    const users = [user('admin', '*'), user('reader', 'read'), user('half', ['stream-infer.write']), user('stranger', ['nothing.read'])];
    red = await startNodeRed({ settings: { adminAuth: { type: 'credentials', users }, logging: { console: { level: 'trace', metrics: false, audit: true } } } });
    taps = new TapReader(red);
    for (const name of ['admin', 'reader', 'half', 'stranger']) tokens[name] = await login(name);
    symlinkSync(BEACH, join(red.userDir, 'link.mp4'));
    writeFileSync(join(red.userDir, 'evil.js'), 'module.exports = { run() { return "evil"; } };');
    await deploy(flow());
  });
  after(async () => {
    await (red as NodeRed | undefined)?.stop();
    await (rtsp as RtspServer | undefined)?.stop();
    await (inference as AnyServer | undefined)?.stop();
    await (victim as HostileServer | undefined)?.stop();
  });

  async function login(username: string): Promise<string> {
    const body = new URLSearchParams({ client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password: 'password' });
    const response = await fetch(`${red.url}/auth/token`, { method: 'POST', body });
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as { access_token: string }).access_token;
  }
  const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${tokens[name] ?? ''}` });
  async function ask(path: string, name: string | undefined, init: RequestInit = {}): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined), ...(name !== undefined && as(name)) };
    const response = await fetch(red.url + path, { ...init, headers });
    return { status: response.status, text: await response.text() };
  }
  async function deploy(nodes: readonly FlowNode[]): Promise<void> {
    const response = await ask('/flows', 'admin', { method: 'POST', body: JSON.stringify(nodes) });
    assert.equal(response.status, 204, response.text);
  }

  function flow(): FlowNode[] {
    const node = (id: string, type: string, rest: object = {}): FlowNode => ({ id, name: id, type, z: 't', x: 1, y: 1, wires: [[]], ...rest });
    const camera = (backend: string, password: string): FlowNode[] => {
      const id = `${backend}${password === PASSWORD ? '' : '-wrong'}`;
      return [
        node(`${id}-camera`, 'stream-source', { version: 1, location: rtsp.testUrl, mode: 'realtime', start: 'deploy', reconnect: password === PASSWORD, timeout: 10, credentials: { username: 'viewer', password }, wires: [[`${id}-producer`]] }),
        node(`${id}-producer`, 'stream-producer', { version: 1, width: 64, height: 48, backend, wires: [[`${id}-motion`, `${id}-far`]] }),
        node(`${id}-motion`, 'stream-algo', { version: 2, kind: 'motion', interval: 0.2, wires: [[`${id}-results`]] }),
        node(`${id}-far`, 'stream-algo', { version: 2, kind: 'remote', remoteProtocol: 'json', remoteBody: 'raw', remoteUrl: inference.url, remoteRetries: 0, interval: 0.2, credentials: { remoteToken: TOKEN }, wires: [[`${id}-results`]] }),
        node(`${id}-results`, 'stream-dispatcher', { version: 1, wires: [[], []] }),
      ];
    };
    const nodes = [
      { id: 't', type: 'tab', label: 'T' },
      ...camera('libav', PASSWORD), ...camera('ffmpeg', PASSWORD), ...camera('libav', 'hunter3'), ...camera('ffmpeg', 'hunter3'),
      node('door', 'http in', { url: '/door', method: 'post', wires: [['open', 'thanks']] }),
      node('thanks', 'http response', { statusCode: '202' }),
      node('open', 'stream-source', { version: 1, location: 'test:?width=64&height=64&fps=5', mode: 'realtime', start: 'message', engine: '', wires: [['mover']] }),
      node('mover', 'stream-algo', { version: 2, kind: 'motion', interval: 1, wires: [['moves']] }),
      node('moves', 'stream-dispatcher', { version: 1, wires: [[], []] }),
      node('pollution', 'http in', { url: '/pollution', method: 'get', wires: [['look']] }),
      node('look', 'function', { func: 'msg.payload = { keys: Object.keys(Object.prototype), polluted: String(({}).polluted), action: String(({}).action) }; return msg;', outputs: 1, libs: [], wires: [['tell']] }),
      node('tell', 'http response'),
    ] as FlowNode[];
    const watched: Record<string, { node: string; output?: number; of?: 'catch' | 'status' }> = { caught: { node: 'open', of: 'catch' }, shown: { node: 'open', of: 'status' }, moves: { node: 'moves', output: 1 } };
    for (const id of ['libav', 'ffmpeg', 'libav-wrong', 'ffmpeg-wrong']) {
      watched[`${id} results`] = { node: `${id}-results`, output: 0 };
      watched[`${id} events`] = { node: `${id}-results`, output: 1 };
    }
    return withTaps(nodes, watched);
  }

  describe('routes', () => {
    const model = JSON.stringify({ config: { model: 'none.onnx' }, location: 'test:' });
    const ROUTES: readonly (readonly [string, RequestInit, Readonly<Record<string, number>>])[] = [
      ['/stream-infer/catalogue', {}, { reader: 200, admin: 200, half: 401, stranger: 401 }],
      ['/stream-infer/models', {}, { reader: 200, admin: 200, half: 401, stranger: 401 }],
      ['/stream-infer/still/nobody', {}, { reader: 502, admin: 502, half: 401, stranger: 401 }],
      ['/stream-infer/test-model', { method: 'POST', body: model }, { reader: 401, admin: 422, half: 401, stranger: 401 }],
      ['/stream-infer/look-at-model', { method: 'POST', body: JSON.stringify({ config: { model: 'none.onnx' } }) }, { reader: 401, admin: 422, half: 401, stranger: 401 }],
      ['/stream-infer/models/none.onnx', {}, { reader: 401, admin: 200, half: 401, stranger: 401 }],
      ['/stream-infer/models', { method: 'POST', body: model }, { reader: 401, admin: 400, half: 401, stranger: 401 }],
    ];
    for (const [path, init, statuses] of ROUTES) {
      it(`${path}: nothing without a token, or with one that is wrong or lacks the right`, async () => {
        assert.equal((await ask(path, undefined, init)).status, 401);
        assert.equal((await ask(path, undefined, { ...init, headers: { authorization: 'Bearer x' } })).status, 401);
        assert.equal((await ask(`${path}?access_token=x`, undefined, init)).status, 401);
        for (const [name, status] of Object.entries(statuses)) {
          const answer = await ask(path, name, init);
          assert.equal(answer.status, status, `${name}: ${answer.text}`);
        }
      });
    }

    it('an id is never a path', async () => {
      for (const id of ['..%2f..%2fflows.json', '%2fetc%2fpasswd', '..', '__proto__', 'constructor', '%00', 'x'.repeat(4000), '%ff', 'open%0d%0aX-Evil:1']) {
        const { status, text } = await ask(`/stream-infer/still/${id}`, 'reader');
        assert.ok([400, 404, 502].includes(status), `${id}: ${status}`);
        assert.doesNotMatch(text, /root:|credentials|"type"/, id);
      }
    });

    it("another site's form gets nowhere, and a body without end is cut off", async () => {
      const reach = async (type: string, body: string): Promise<number> => (await ask('/stream-infer/test-model', 'admin', { method: 'POST', body, headers: { 'content-type': type } })).status;
      assert.equal(await reach('text/plain', model), 400);
      assert.equal(await reach('application/x-www-form-urlencoded', 'config[model]=none.onnx&location=test:'), 400);
      assert.equal(await reach('multipart/form-data; boundary=x', `--x\r\ncontent-disposition: form-data; name="config"\r\n\r\n${model}\r\n--x--\r\n`), 400);
      assert.equal(await reach('application/json', JSON.stringify({ config: { model: 'x'.repeat(8 << 20) }, location: 'test:' })), 413);
      assert.equal(await reach('application/json', '{"config":{"model":"none.onnx","__proto__":{"kind":"module"},"constructor":1},"location":"test:"}'), 422);
      assert.equal(await reach('application/json', `{"config":${'['.repeat(50_000)}`), 400);
    });
  });

  describe('messages from strangers', () => {
    let serial = 0;
    /** Sends a payload by HTTP; what the node's Catch node says of it. */
    const caughtOf = (reader: TapReader): { readonly message: string }[] => reader.all('caught').map(({ message }) => message['error'] as { message: string; source: { id: string } }).filter(({ source }) => source.id === 'open');
    async function refused(payload: string): Promise<string> {
      const before = caughtOf(taps).length;
      serial += 1;
      const answer = await ask('/door', undefined, { method: 'POST', body: payload });
      assert.equal(answer.status, 202, `${serial}`);
      const caught = await taps.until(`error ${serial} for ${payload.slice(0, 80)}`, (reader) => caughtOf(reader)[before], 20);
      return caught.message;
    }

    for (const location of ['/etc/passwd', '../../etc/passwd', 'link.mp4', 'file:///etc/passwd', '/dev/video0', 'device:/dev/video0', 'concat:/etc/passwd', 'tcp://127.0.0.1:22', 'http://localhost:1880/flows', 'http://169.254.169.254/']) {
      it(`cannot play ${location}`, async () => {
        assert.match(await refused(JSON.stringify({ action: 'start', location })), /may not be played by message/);
      });
    }
    it('a name that means something to JavaScript is that of a file', async () => {
      assert.match(await refused(JSON.stringify({ action: 'start', location: '__proto__:x' })), /__proto__:x: no such file/);
    });
    it('cannot have the engine ask a server of this machine', async () => {
      for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]']) {
        await refused(JSON.stringify({ action: 'start', location: victim.url.replace('127.0.0.1', host) }));
      }
      assert.deepEqual(victim.requests, []);
    });
    for (const field of ['module', 'model', 'ffmpegPath', 'password', 'path', 'engine', 'baseFolder', 'kind', 'backend', 'python']) {
      it(`cannot set ${field}`, async () => {
        assert.match(await refused(JSON.stringify({ action: 'start', location: 'test:', [field]: join(red.userDir, 'evil.js') })), new RegExp(`${field}: unknown key`));
      });
    }
    it('pollute nothing', async () => {
      for (const payload of ['{"__proto__":{"action":"start","polluted":1}}', '{"action":"start","__proto__":{"location":"/etc/passwd","polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"action":"__proto__"}', '{"action":"constructor"}', '{"action":{"toString":1}}', '[{"action":"start"}]', `{"action":"start","location":${'['.repeat(500)}${']'.repeat(500)}}`]) await refused(payload);
      assert.deepEqual(JSON.parse((await ask('/pollution', undefined)).text), { keys: [], polluted: 'undefined', action: 'undefined' });
    });
    it('may play what is harmless', async () => {
      assert.equal((await ask('/door', undefined, { method: 'POST', body: JSON.stringify({ action: 'start', location: 'test:?width=64&height=64&fps=7&seconds=1', mode: 'offline' }) })).status, 202);
      await taps.until('the end of the test pattern', (reader) => reader.payloads<{ event: string; reason?: string }>('moves').some(({ event, reason }) => event === 'ended' && reason === 'finished'));
    });
  });

  describe('passwords and tokens', () => {
    before(async () => {
      for (const id of ['libav', 'ffmpeg']) await taps.until(`results of ${id}`, (reader) => reader.all(`${id} results`).length > 1);
      for (const id of ['libav-wrong', 'ffmpeg-wrong']) await taps.until(`failure of ${id}`, (reader) => reader.payloads<{ event: string; code?: string }>(`${id} events`).some(({ code }) => code === 'SOURCE_AUTH_FAILED'));
      for (const id of ['libav', 'ffmpeg']) await taps.until(`error of the server of ${id}`, (reader) => reader.payloads<{ code?: string }>(`${id} events`).some(({ code }) => code === 'REMOTE_REFUSED'));
    });

    it('are sent where they belong', () => {
      assert.ok(inference.asked.length > 0 && inference.asked.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
    });
    it('are in no message: results, events, errors, badges', () => {
      const text = JSON.stringify(taps.all());
      assert.ok(text.length > 1000);
      assert.doesNotMatch(text, SECRET);
    });
    it('are in no log, at its most talkative', () => { assert.doesNotMatch(red.logs.join('\n'), SECRET); });
    it('are in no exported flow, no answer of the editor, and not readable in a file', async () => {
      for (const name of ['admin', 'reader']) {
        for (const path of ['/flows', '/flow/t', '/stream-infer/still/libav-motion', '/stream-infer/still/libav-wrong-motion', '/credentials/stream-source/libav-camera', '/credentials/stream-algo/libav-far', '/context/global']) assert.doesNotMatch((await ask(path, name)).text, SECRET, path);
      }
      for (const file of ['flows.json', 'flows_cred.json']) assert.doesNotMatch(readFileSync(join(red.userDir, file), 'utf8'), SECRET, file);
    });
    it('are in no list of processes, and environments are their owner\'s', function () {
      if (process.platform !== 'linux') this.skip();
      const seen = processTree(red.process.pid ?? 0);
      assert.ok(seen.some(({ command }) => command.includes('engine-process')), 'the engine was seen');
      assert.ok(seen.some(({ command }) => /ffmpeg.* -i /.test(command)), 'the program was seen');
      for (const { command, environmentIsPrivate } of seen) {
        assert.doesNotMatch(command, SECRET);
        assert.ok(environmentIsPrivate);
      }
    });
    it('a picture of a stream is for readers, the picture only', async () => {
      const response = await fetch(`${red.url}/stream-infer/still/libav-motion`, { headers: as('reader') });
      assert.deepEqual([response.status, response.headers.get('content-type'), response.headers.get('cache-control')], [200, 'image/jpeg', 'no-store']);
      assert.ok((await response.arrayBuffer()).byteLength > 500);
      assert.ok(statSync(red.userDir).isDirectory());
    });
  });
});
