import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { dataPath, hasData } from '../support/data.js';
import { authOf, startNodeRed, type NodeRed } from '../support/node-red.js';
import { startHttpServer, type HttpServer } from '../support/servers/index.js';

const MODEL = dataPath('models/det/nanodet_m_320.onnx');
const PICTURE = dataPath('images/bus.jpg');

type Answer = {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly code?: string; readonly message?: string; readonly report?: { family: string }; readonly count?: number;
    readonly results?: readonly { label: string; score: number }[]; readonly timing?: Record<string, number>; readonly picture?: { url: string; width: number; height: number };
  };
};


async function ask(nodeRed: NodeRed, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(`${nodeRed.url}/stream-infer/test-model`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, text, body: /^\{/.test(text) ? (JSON.parse(text) as Answer['body']) : {} };
}

describe('a model is tested from its form', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let server: HttpServer;

  before(async function () {
    if (!hasData) this.skip();
    server = await startHttpServer({ folder: dataPath('images') });
    nodeRed = await startNodeRed({ settings: authOf(['flows.write', 'flows.read', 'stream-infer.write']) });
    const flow = [
      { id: 'tab1', type: 'tab', label: 'Test' },
      { id: 'camera', type: 'stream-source', z: 'tab1', wires: [[]], version: 1, location: `${server.url}/auth/bus.jpg`, start: 'message', engine: '', credentials: { username: 'viewer', password: 'secret' } },
      { id: 'empty', type: 'stream-source', z: 'tab1', wires: [[]], version: 1, location: '', start: 'message', engine: '' },
      { id: 'elsewhere', type: 'stream-source', z: 'tab1', wires: [[]], version: 1, location: PICTURE, start: 'message', engine: 'gone' },
    ];
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(flow) });
  });

  after(async () => {
    await (nodeRed as NodeRed | undefined)?.stop();
    await (server as HttpServer | undefined)?.stop();
  });

  it('on a picture: what was decided, what it found, what it took, and the picture', async () => {
    const { status, body } = await ask(nodeRed, { config: { model: MODEL, scoreThreshold: '0.5' }, location: PICTURE });
    assert.equal(status, 200, body.message);
    assert.equal(body.report?.family, 'nanodet');
    assert.deepEqual([...new Set(body.results?.map(({ label }) => label))].sort(), ['bus', 'person']);
    assert.equal(body.count, body.results?.length);
    assert.ok(body.results?.every(({ score }) => score >= 0.5));
    assert.deepEqual(Object.keys(body.timing ?? {}), ['openMs', 'inferenceMs', 'postprocessMs']);
    assert.ok(Object.values(body.timing ?? {}).every((ms) => ms >= 0));
    const picture = body.picture ?? assert.fail('no picture');
    assert.match(picture.url, /^data:image\/jpeg;base64,\/9j\//);
    assert.ok(picture.url.length <= 200_000, String(picture.url.length));
    assert.deepEqual([picture.width, picture.height], [480, 640]);
  });

  it('on the source that is deployed, whose password no answer holds', async () => {
    const { status, text, body } = await ask(nodeRed, { config: { model: MODEL }, source: 'camera' });
    assert.equal(status, 200, body.message);
    assert.ok((body.count ?? 0) > 2);
    assert.doesNotMatch(text, /viewer|secret/);
  });

  it('the password of a source goes nowhere but to its own place', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    const other: Server = createServer((request, response) => {
      headers = request.headers;
      response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/auth/bus.jpg`;
    const { body } = await ask(nodeRed, { config: { model: MODEL }, source: 'camera', location });
    other.close();
    assert.equal(body.code, 'SOURCE_AUTH_FAILED');
    assert.equal(headers['authorization'], undefined);
  });

  const config = { model: MODEL };
  const WRONG: readonly (readonly [string, unknown, number, RegExp])[] = [
    ['no object', [], 400, /OPTION_INVALID/],
    ['no config', { location: PICTURE }, 400, /OPTION_INVALID config/],
    ['no model', { config: { model: '' }, location: PICTURE }, 400, /OPTION_INVALID model: /],
    ['a model that is no text', { config: { model: { a: 1 } }, location: PICTURE }, 400, /OPTION_INVALID config\.model: /],
    ['a field that is no plain value', { config: { model: MODEL, labels: [['x']] }, location: PICTURE }, 400, /OPTION_INVALID config\.labels: /],
    ['a threshold that is no number', { config: { model: MODEL, scoreThreshold: 'much' }, location: PICTURE }, 400, /OPTION_INVALID options\.scoreThreshold: /],
    ['a key that is not known', { config, location: PICTURE, password: 'x' }, 400, /OPTION_INVALID .*password/],
    ['neither source nor location', { config }, 400, /OPTION_INVALID location: /],
    ['a source that is not there', { config, source: 'none' }, 404, /STREAM_UNKNOWN .*deploy/],
    ['a node that is no source', { config, source: 'tab1' }, 404, /STREAM_UNKNOWN/],
    ['a source that waits for its location', { config, source: 'empty' }, 400, /OPTION_INVALID location: /],
    ['a source whose engine is gone', { config, source: 'elsewhere' }, 400, /OPTION_INVALID engine: /],
    ['an engine that is not there', { config, location: PICTURE, engine: 'none' }, 400, /OPTION_INVALID engine: /],
    ['a hostile path', { config: { model: '../../../../../../../../etc/passwd' }, location: PICTURE }, 400, /OPTION_INVALID model: expected a file in the model folder/],
    ['a hostile path of class names', { config: { model: MODEL, classNames: '../../../../../../../../none/passwd' }, location: PICTURE }, 400, /OPTION_INVALID classNames: expected a file in the model folder/],
    ['a hostile picture', { config, location: '../../../../../../../../etc/passwd' }, 422, /SOURCE_/],
    ['a folder as the model', { config: { model: '.' }, location: PICTURE }, 422, /MODEL_/],
    ['a model that is not there', { config: { model: 'none.onnx' }, location: PICTURE }, 422, /MODEL_NOT_FOUND/],
    ['a URL as the model', { config: { model: 'catalogue:none' }, location: PICTURE }, 422, /MODEL_NOT_FOUND/],
    ['a picture that is not there', { config, location: '/none/none.jpg' }, 422, /SOURCE_NOT_FOUND/],
    ['a password typed with a URL that fails', { config, location: 'http://me:hunter2@127.0.0.1:9/x.jpg' }, 422, /SOURCE_OPEN_FAILED/],
  ];
  for (const [what, body, status, says] of WRONG) {
    it(`${what}: says what is wrong, and no more`, async () => {
      const answer = await ask(nodeRed, body);
      const { code, message } = answer.body;
      assert.match(`${code} ${message}`, says);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /hunter2|root:/);
      assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'message']);
    });
  }

  it('one at a time an engine; who goes away frees it', async () => {
    const gone = new AbortController();
    const stalled = ask(nodeRed, { config, location: `${server.url}/stall/bus.jpg` }, gone.signal);
    while (!server.requests.includes('/stall/bus.jpg')) await new Promise((done) => { setTimeout(done, 20); });
    const second = await ask(nodeRed, { config, location: PICTURE });
    assert.equal(second.status, 409);
    assert.match(second.body.message ?? '', /being tested/);
    gone.abort();
    await assert.rejects(stalled);
    let answer = await ask(nodeRed, { config, location: PICTURE });
    while (answer.status === 409) answer = await ask(nodeRed, { config, location: PICTURE });
    assert.equal(answer.status, 200);
  });

  it('Node-RED goes on', () => {
    assert.equal(nodeRed.process.exitCode, null);
    assert.deepEqual(nodeRed.logs.filter((line) => /uncaught|hunter2|secret/i.test(line)), []);
  });
});

describe('a model is not tested by', function () {
  this.timeout(120_000);
  for (const permissions of [['read'], ['stream-infer.write'], ['flows.write']]) {
    it(`those who may ${permissions.join()} only`, async () => {
      const nodeRed = await startNodeRed({ settings: authOf(permissions) });
      try {
        assert.equal((await ask(nodeRed, { config: { model: MODEL }, location: PICTURE })).status, 401);
      } finally {
        await nodeRed.stop();
      }
    });
  }
});
