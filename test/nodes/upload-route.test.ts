import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startNodeRed, type NodeRed } from '../support/node-red.js';

type Answer = { readonly status: number; readonly body: { readonly path?: string; readonly code?: string; readonly message?: string } };

/** Whoever asks without a name may do this. */
const authOf = (permissions: readonly string[]): Record<string, unknown> => ({ adminAuth: { type: 'credentials', users: [], default: { permissions } } });
const OCTETS = { 'content-type': 'application/octet-stream' };

async function post(nodeRed: NodeRed, query: Record<string, string>, { body, headers }: { readonly body: Buffer; readonly headers: Record<string, string> }): Promise<Answer> {
  const response = await fetch(`${nodeRed.url}/stream-infer/models?${new URLSearchParams(query).toString()}`, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await response.text();
  return { status: response.status, body: /^\{/.test(text) ? (JSON.parse(text) as Answer['body']) : {} };
}

function send(nodeRed: NodeRed, query: Record<string, string>, body = Buffer.from('a model')): Promise<Answer> {
  return post(nodeRed, query, { body, headers: OCTETS });
}

describe('a model is uploaded', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let folder: string;
  let outside: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stream-infer-models-'));
    outside = mkdtempSync(join(tmpdir(), 'stream-infer-outside-'));
    writeFileSync(join(outside, 'secret.onnx'), 'not yours');
    nodeRed = await startNodeRed({
      settings: authOf(['flows.write', 'flows.read', 'stream-infer.write', 'stream-infer.read']),
      flows: [{ id: 'tab1', type: 'tab', label: 'Test' }, { id: 'fenced', type: 'stream-engine', version: 1, name: 'fenced engine', modelFolder: join(folder, 'of-engine') }],
    });
  });
  after(async () => {
    await (nodeRed as NodeRed | undefined)?.stop();
    for (const one of [folder, outside]) rmSync(one, { recursive: true, force: true });
  });

  const here = (...parts: string[]): string => join(nodeRed.userDir, 'models', ...parts);

  it('into the folder of its engine, or models/ of Node-RED, whole, and by the path that an algo is given', async () => {
    assert.deepEqual(await send(nodeRed, { name: 'mine v2 (int8).onnx' }), { status: 200, body: { path: 'models/mine v2 (int8).onnx' } });
    assert.equal(readFileSync(here('mine v2 (int8).onnx'), 'utf8'), 'a model');
    assert.deepEqual(await send(nodeRed, { name: 'größe_1.onnx', engine: 'fenced' }), { status: 200, body: { path: 'größe_1.onnx' } });
    assert.ok(existsSync(join(folder, 'of-engine', 'größe_1.onnx')));
    assert.deepEqual(await send(nodeRed, { name: 'coco.names' }, Buffer.from('person\n')), { status: 200, body: { path: 'models/coco.names' } });
    const listed = (await (await nodeRed.admin('/stream-infer/models')).json()) as readonly { path: string }[];
    assert.ok(listed.some(({ path }) => path.endsWith('größe_1.onnx')), JSON.stringify(listed));
  });

  it('one that is there stays, unless it is to be replaced', async () => {
    await send(nodeRed, { name: 'old.onnx' }, Buffer.from('old'));
    const refused = await send(nodeRed, { name: 'old.onnx' }, Buffer.from('new'));
    assert.deepEqual([refused.status, refused.body.code], [409, 'STATE_INVALID']);
    assert.equal(readFileSync(here('old.onnx'), 'utf8'), 'old');
    assert.equal((await send(nodeRed, { name: 'old.onnx', overwrite: 'true' }, Buffer.from('new'))).status, 200);
    assert.equal(readFileSync(here('old.onnx'), 'utf8'), 'new');
  });

  it('a link of that name is replaced, and not followed', async () => {
    mkdirSync(here(), { recursive: true });
    symlinkSync(join(outside, 'secret.onnx'), here('link.onnx'));
    assert.equal((await send(nodeRed, { name: 'link.onnx' })).status, 409);
    assert.equal((await send(nodeRed, { name: 'link.onnx', overwrite: 'true' })).status, 200);
    assert.equal(lstatSync(here('link.onnx')).isSymbolicLink(), false);
    assert.equal(readFileSync(join(outside, 'secret.onnx'), 'utf8'), 'not yours');
  });

  const NAMES = ['../up.onnx', '..\\up.onnx', '/etc/up.onnx', 'a/b.onnx', '.hidden.onnx', '..onnx', 'con.onnx', 'shell.sh', 'settings.js', 'x.onnx.js', 'x.onnx\n', 'x\0.onnx', '', `${'x'.repeat(150)}.onnx`, '-rf.onnx', 'a:b.onnx'];
  for (const name of NAMES) {
    it(`${JSON.stringify(name).slice(0, 40)} is no name`, async () => {
      const { status, body } = await send(nodeRed, { name });
      assert.deepEqual([status, body.code], [400, 'OPTION_INVALID']);
    });
  }

  const WRONG: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ['without a name', {}, OCTETS],
    ['for an engine that is not there', { name: 'x.onnx', engine: 'gone' }, OCTETS],
    ['by a form of another site', { name: 'x.onnx' }, { 'content-type': 'text/plain' }],
    ['as JSON', { name: 'x.onnx' }, { 'content-type': 'application/json' }],
    ['with a strange wish', { name: 'x.onnx', overwrite: 'perhaps' }, OCTETS],
  ];
  for (const [what, query, headers] of WRONG) {
    it(`not ${what}`, async () => {
      const { status } = await post(nodeRed, query, { body: Buffer.from('{}'), headers });
      assert.equal(status, 400);
    });
  }

  it('one that is larger than any model is refused before it is sent', async () => {
    const { port } = new URL(nodeRed.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/stream-infer/models?name=huge.onnx', headers: { ...OCTETS, 'content-length': String(2 ** 40) } }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.write('x');
    });
    assert.equal(status, 400);
  });

  it('of one that breaks off nothing is left', async () => {
    const { port } = new URL(nodeRed.url);
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/stream-infer/models?name=broken.onnx', headers: { ...OCTETS, 'content-length': '1000000' } });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(1000));
    const parts = (): string[] => readdirSync(here()).filter((name) => name.endsWith('.part'));
    while (parts().length === 0) await new Promise((done) => { setTimeout(done, 10); });
    request.destroy();
    while (parts().length > 0) await new Promise((done) => { setTimeout(done, 10); });
    assert.equal(existsSync(here('broken.onnx')), false);
  });

  it('all of these names have left nothing else', () => {
    assert.deepEqual(readdirSync(here()).sort(), ['coco.names', 'link.onnx', 'mine v2 (int8).onnx', 'old.onnx']);
    assert.deepEqual(readdirSync(outside), ['secret.onnx']);
  });
});

describe('a model is not uploaded by', function () {
  this.timeout(120_000);
  for (const permissions of [['read'], ['stream-infer.write'], ['flows.write']]) {
    it(`those who may ${permissions.join()} only`, async () => {
      const nodeRed = await startNodeRed({ settings: authOf(permissions) });
      try {
        assert.equal((await send(nodeRed, { name: 'x.onnx' })).status, 401);
        assert.equal(existsSync(join(nodeRed.userDir, 'models')), false);
      } finally {
        await nodeRed.stop();
      }
    });
  }
});
