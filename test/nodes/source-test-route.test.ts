import assert from 'node:assert/strict';

import { authOf, startNodeRed, type NodeRed } from '../support/node-red.js';
import { BEACH } from '../support/flows.js';
import { startHttpServer, type HttpServer } from '../support/servers/index.js';

type Answer = {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly code?: string; readonly message?: string; readonly error?: { code: string }; readonly picture?: { url: string; width: number; height: number };
    readonly info?: { width: number; height: number; fps: number; duration?: number; live: boolean; codec: string };
  };
};


async function ask(nodeRed: NodeRed, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(`${nodeRed.url}/stream-infer/test-source`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, text, body: /^\{/.test(text) ? (JSON.parse(text) as Answer['body']) : {} };
}

describe('a source is tested from its form', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let server: HttpServer;
  let other: HttpServer;

  before(async () => {
    server = await startHttpServer({ folder: BEACH.replace(/[^/]+$/, '') });
    other = await startHttpServer({ folder: BEACH.replace(/[^/]+$/, '') });
    nodeRed = await startNodeRed({ settings: authOf(['flows.write', 'flows.read', 'stream-infer.write']) });
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify([
      { id: 'tab1', type: 'tab', label: 'Test' },
      { id: 'camera', type: 'stream-source', z: 'tab1', wires: [[]], version: 1, location: locationOf(server, 'auth'), start: 'message', engine: '', credentials: { username: 'viewer', password: 'secret' } },
    ]) });
  });
  after(async () => {
    await (nodeRed as NodeRed | undefined)?.stop();
    await (server as HttpServer | undefined)?.stop();
    await (other as HttpServer | undefined)?.stop();
  });

  const locationOf = ({ url }: HttpServer, how: string): string => `${url}/${how}/${BEACH.split('/').at(-1) ?? ''}`;

  it('a file: what it is, and its first picture', async () => {
    const { status, body } = await ask(nodeRed, { config: { location: BEACH } });
    assert.equal(status, 200, body.message);
    const { width, height, fps, duration, live, codec } = body.info ?? assert.fail();
    assert.deepEqual([width, height, Math.round(fps), Math.round(duration ?? 0), live, codec], [640, 360, 30, 13, false, 'h264']);
    assert.deepEqual([body.picture?.width, body.picture?.height], [480, 270]);
    assert.match(body.picture?.url ?? '', /^data:image\/jpeg;base64,\/9j\//);
  });

  it('a test picture, with the settings of the form', async () => {
    const { body } = await ask(nodeRed, { config: { location: 'test:?width=64&height=32', timeout: '5', position: '' } });
    assert.deepEqual([body.info?.width, body.info?.height, body.info?.live, typeof body.picture?.url], [64, 32, false, 'string']);
  });

  it('with user and password as they stand in the form', async () => {
    const location = locationOf(server, 'auth');
    assert.equal((await ask(nodeRed, { config: { location }, username: 'viewer', password: 'secret' })).status, 200);
    const refused = await ask(nodeRed, { config: { location }, username: 'viewer', password: 'wrong' });
    assert.deepEqual([refused.status, refused.body.code], [422, 'SOURCE_AUTH_FAILED']);
    assert.doesNotMatch(refused.text, /wrong/);
  });

  it('a password that the form does not know is that of the deployed source, for the same host only', async () => {
    assert.equal((await ask(nodeRed, { config: { location: locationOf(server, 'auth') }, username: 'viewer', source: 'camera' })).status, 200);
    const before = other.requests.length;
    const elsewhere = await ask(nodeRed, { config: { location: locationOf(other, 'auth') }, username: 'viewer', source: 'camera' });
    assert.equal(elsewhere.body.code, 'SOURCE_AUTH_FAILED');
    assert.ok(other.requests.length > before);
  });

  const WRONG: readonly (readonly [string, unknown, number, RegExp])[] = [
    ['no JSON object', [], 400, /OPTION_INVALID/],
    ['no location', { config: {} }, 400, /OPTION_INVALID config\.location/],
    ['an empty one', { config: { location: ' ' } }, 400, /OPTION_INVALID config\.location: expected a path, URL, device or test:/],
    ['a number', { config: { location: 5 } }, 400, /OPTION_INVALID config\.location/],
    ['a location without end', { config: { location: 'a'.repeat(5000) } }, 400, /OPTION_INVALID config\.location/],
    ['a setting that is wrong', { config: { location: 'test:', timeout: 'soon' } }, 400, /OPTION_INVALID .*timeout/],
    ['a field that is none', { config: { location: 'test:' }, path: '/etc/passwd' }, 400, /OPTION_INVALID .*path/],
    ['another field that is none', { config: { location: 'test:', a: { b: 1 } } }, 400, /OPTION_INVALID config\.a/],
    ['an engine that is not there', { config: { location: 'test:', engine: 'gone' } }, 400, /engine/i],
    ['no such file', { config: { location: '/none/none.mp4' } }, 422, /SOURCE_NOT_FOUND/],
    ['no video', { config: { location: '/etc/passwd' } }, 422, /SOURCE_OPEN_FAILED/],
    ['nobody there', { config: { location: 'http://me:hunter2@127.0.0.1:9/x.mp4', timeout: '2' } }, 422, /SOURCE_OPEN_FAILED/],
  ];
  for (const [what, body, status, says] of WRONG) {
    it(`${what}: says what is wrong, and no more`, async () => {
      const answer = await ask(nodeRed, body);
      assert.match(`${answer.body.code ?? ''} ${answer.body.message ?? ''}`, says);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /hunter2|root:/);
      assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'message']);
    });
  }

  it('one at a time; who goes away frees it', async () => {
    const gone = new AbortController();
    const location = locationOf(server, 'stall');
    const stalled = ask(nodeRed, { config: { location } }, gone.signal);
    while (!server.requests.some((path) => path.startsWith('/stall/'))) await new Promise((done) => { setTimeout(done, 20); });
    const second = await ask(nodeRed, { config: { location: 'test:' } });
    assert.deepEqual([second.status, second.body.code], [409, 'STATE_INVALID']);
    gone.abort();
    await assert.rejects(stalled);
    let answer = await ask(nodeRed, { config: { location: 'test:' } });
    while (answer.status === 409) answer = await ask(nodeRed, { config: { location: 'test:' } });
    assert.equal(answer.status, 200);
  });

  it('no password is in the log', () => {
    assert.deepEqual(nodeRed.logs.filter((line) => /uncaught|hunter2|secret/i.test(line)), []);
  });
});

describe('a source is not tested by', function () {
  this.timeout(120_000);
  for (const permissions of [['read'], ['stream-infer.write'], ['flows.write']]) {
    it(`those who may ${permissions.join()} only`, async () => {
      const nodeRed = await startNodeRed({ settings: authOf(permissions) });
      try {
        assert.equal((await ask(nodeRed, { config: { location: 'test:' } })).status, 401);
      } finally {
        await nodeRed.stop();
      }
    });
  }
});
