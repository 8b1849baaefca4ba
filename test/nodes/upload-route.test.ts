import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { authOf, startNodeRed, type NodeRed } from '../support/node-red.js';

type Answer = { readonly status: number; readonly body: { readonly code?: string; readonly message?: string; readonly path?: string; readonly isThere?: boolean; readonly maxBytes?: number } };

const GIB = 2 ** 30;

describe('a model is uploaded into the Models folder', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let root: string;
  let folder: string;
  const files = (): string[] => readdirSync(folder).sort();

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'stream-infer-upload-'));
    folder = join(root, 'models');
    writeFileSync(join(root, 'file'), 'no folder');
    const engine = (id: string, modelFolder: string): object => ({ id, type: 'stream-engine', version: 1, modelFolder });
    nodeRed = await startNodeRed({
      settings: authOf(['flows.write', 'flows.read', 'stream-infer.read', 'stream-infer.write']),
      flows: [engine('e', folder), engine('bare', ''), engine('blocked', join(root, 'file'))],
    });
  });
  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  });
  after(async () => {
    await (nodeRed as NodeRed | undefined)?.stop();
    rmSync(root, { recursive: true });
  });

  async function answerOf(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(`${nodeRed.url}/stream-infer/models${path}`, init);
    const told = await response.text();
    return { status: response.status, body: /^\{/.test(told) ? (JSON.parse(told) as Answer['body']) : {} };
  }

  /** What the form asks before. */
  const askFor = (name: string, engine = 'e'): Promise<Answer> => answerOf(`/${encodeURIComponent(name)}?engine=${engine}`);

  const post = (name: string, body: string | Uint8Array, more: { overwrite?: string; type?: string; engine?: string } = {}): Promise<Answer> => {
    const { type = 'application/octet-stream', ...query } = { engine: 'e', ...more };
    return answerOf(`?${new URLSearchParams({ name, ...query }).toString()}`, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers: { 'content-type': type } });
  };

  /** A request whose body the test sends itself. */
  function begin(name: string, headers: Record<string, string>): ClientRequest {
    const { port } = new URL(nodeRed.url);
    const path = `/stream-infer/models?engine=e&name=${encodeURIComponent(name)}`;
    return request({ port, host: '127.0.0.1', path, method: 'POST', headers: { 'content-type': 'application/octet-stream', ...headers } });
  }

  it('whole, to the byte, and nothing beside it; the form may ask before', async () => {
    assert.deepEqual((await askFor('a.onnx')).body, { maxBytes: 2 * GIB, isThere: false });
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) & 255);
    assert.deepEqual(await post('a.onnx', bytes), { status: 200, body: { path: 'a.onnx' } });
    assert.deepEqual(files(), ['a.onnx']);
    assert.ok(readFileSync(join(folder, 'a.onnx')).equals(bytes));
    assert.equal((await askFor('a.onnx')).body.isThere, true);
    const listed = (await (await nodeRed.admin('/stream-infer/models')).json()) as { path: string }[];
    assert.ok(listed.some(({ path }) => path.endsWith('a.onnx')));
  });

  for (const name of ['cars.txt', 'coco.names', 'x.labels', 'YOLO v8 (int8)+nms.ONNX', '模型 ñ.onnx', `${'m'.repeat(195)}.onnx`]) {
    it(`called ${JSON.stringify(name.slice(0, 30))}`, async () => {
      assert.equal((await post(name, 'x')).status, 200);
      assert.deepEqual(files(), [name]);
    });
  }

  it('the folder is made where it lacks', async () => {
    rmSync(folder, { recursive: true });
    assert.equal((await askFor('a.onnx')).body.isThere, false);
    assert.equal((await post('a.onnx', 'x')).status, 200);
    assert.deepEqual(files(), ['a.onnx']);
  });

  it('what is there stays, unless it is to be replaced', async () => {
    await post('a.onnx', 'old');
    const refused = await post('a.onnx', 'new');
    assert.deepEqual([refused.status, refused.body.code], [409, 'STATE_INVALID']);
    assert.match(refused.body.message ?? '', /a\.onnx is there already: replace it, or rename the file/);
    assert.equal(readFileSync(join(folder, 'a.onnx'), 'utf8'), 'old');
    assert.equal((await post('a.onnx', 'new', { overwrite: 'true' })).status, 200);
    assert.equal(readFileSync(join(folder, 'a.onnx'), 'utf8'), 'new');
    assert.deepEqual(files(), ['a.onnx']);
  });

  it('of two at once that have the same name one is kept', async () => {
    const [slow, quick] = [begin('a.onnx', { 'content-length': '4' }), begin('a.onnx', { 'content-length': '4' })];
    slow.write('sl');
    quick.end('fast');
    const [first] = (await once(quick, 'response')) as [IncomingMessage];
    slow.end('ow');
    const [second] = (await once(slow, 'response')) as [IncomingMessage];
    assert.deepEqual([first.statusCode, second.statusCode], [200, 409]);
    await Promise.all([text(first), text(second)]);
    assert.deepEqual([files(), readFileSync(join(folder, 'a.onnx'), 'utf8')], [['a.onnx'], 'fast']);
  });

  it('links and folders of that name are neither followed nor replaced', async () => {
    const outside = join(root, 'outside.onnx');
    writeFileSync(outside, 'precious');
    symlinkSync(outside, join(folder, 'link.onnx'));
    symlinkSync(join(root, 'nothing.onnx'), join(folder, 'dangling.onnx'));
    mkdirSync(join(folder, 'folder.onnx'));
    for (const name of ['link.onnx', 'dangling.onnx', 'folder.onnx']) {
      for (const overwrite of ['false', 'true']) {
        const { status, body } = await post(name, 'evil', { overwrite });
        assert.deepEqual([status, body.code], [409, 'STATE_INVALID'], `${name} ${overwrite}`);
      }
    }
    assert.equal(readFileSync(outside, 'utf8'), 'precious');
    assert.equal(readlinkSync(join(folder, 'link.onnx')), outside);
    assert.deepEqual(readdirSync(root).sort(), ['file', 'models', 'outside.onnx']);
    assert.deepEqual(files(), ['dangling.onnx', 'folder.onnx', 'link.onnx']);
  });

  const NAMES = [
    '', '.onnx', '..', '../a.onnx', '..\\a.onnx', 'sub/a.onnx', 'sub\\a.onnx', '/tmp/a.onnx', 'C:\\a.onnx', 'a.onnx:stream.onnx', '.hidden.onnx', '-rf.onnx', 'a\0.onnx', 'a\n.onnx', 'a%2f..onnx/../b.onnx',
    'con.onnx', 'NUL.txt', 'Com1.names', 'a.exe', 'a.js', 'a.py', 'a.onnx.js', 'a.json', 'a.pt', 'a', 'a.onnx ', 'a.onnx.', '\u202exnno.onnx', '<img>.onnx', 'm'.repeat(900) + '.onnx', '模'.repeat(80) + '.onnx',
  ];
  for (const name of NAMES) {
    it(`not as ${JSON.stringify(name.slice(0, 30))}`, async () => {
      // those that a URL's path cannot have
      const asked = ['', '..'].includes(name) ? [] : [await askFor(name)];
      for (const { status, body } of [await post(name, 'x'), await post(name, 'x', { overwrite: 'true' }), ...asked]) {
        assert.deepEqual([status, body.code], [400, 'OPTION_INVALID']);
        assert.match(body.message ?? '', /name: expected the plain name of a file that ends with \.onnx, \.txt, \.names, \.labels.*rename the file$/);
      }
      assert.deepEqual(files(), []);
      assert.deepEqual(readdirSync(root).filter((entry) => !['file', 'models', 'outside.onnx'].includes(entry)), []);
    });
  }

  const WRONG: readonly (readonly [string, () => Promise<Answer>, RegExp])[] = [
    ['nothing in it', () => post('a.onnx', ''), /Content-Length: expected 1 to 2147483648 bytes for a\.onnx, got 0/],
    ['a list of names that is huge', () => post('a.txt', Buffer.alloc(9 * 2 ** 20)), /Content-Length: expected 1 to 8388608 bytes for a\.txt, got 9437184/],
    ['JSON', () => post('a.onnx', '{}', { type: 'application/json' }), /expected the file as application\/octet-stream/],
    ['what another site’s form may send', () => post('a.onnx', 'x', { type: 'text/plain' }), /expected the file as application\/octet-stream/],
    ['a wish that is none', () => post('a.onnx', 'x', { overwrite: 'perhaps' }), /overwrite/],
    ['an engine that is not there', () => post('a.onnx', 'x', { engine: '__proto__' }), /engine: the stream-engine that is chosen is missing/],
    ['a folder that is a file', () => post('a.onnx', 'x', { engine: 'blocked' }), /modelFolder: cannot write a\.onnx into .*: make room there/],
    ['a name given twice', () => answerOf('?engine=e&name=a.onnx&name=b.onnx', { method: 'POST', body: 'x', headers: { 'content-type': 'application/octet-stream' } }), /name/],
  ];
  for (const [what, attack, says] of WRONG) {
    it(`not with ${what}`, async () => {
      const { status, body } = await attack();
      assert.deepEqual([status, body.code], [400, 'OPTION_INVALID'], body.message);
      assert.match(body.message ?? '', says);
      assert.deepEqual(files(), []);
    });
  }

  it('where the engine has no folder, into models/ of Node-RED, and by the path that an algo is given', async () => {
    for (const engine of ['bare', '']) {
      assert.equal((await askFor(`of-${engine}.onnx`, engine)).body.isThere, false);
      assert.deepEqual(await post(`of-${engine}.onnx`, 'x', { engine }), { status: 200, body: { path: `models/of-${engine}.onnx` } });
      assert.equal(readFileSync(join(nodeRed.userDir, 'models', `of-${engine}.onnx`), 'utf8'), 'x');
    }
    assert.deepEqual(files(), []);
  });

  it('not larger than a model may be: it is refused before it comes', async () => {
    const sending = begin('a.onnx', { 'content-length': String(3 * GIB) });
    sending.on('error', () => undefined);
    sending.flushHeaders();
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 400);
    assert.match(await text(answer), /Content-Length: expected 1 to 2147483648 bytes for a\.onnx, got 3221225472/);
    sending.destroy();
    assert.deepEqual(files(), []);
  });

  it('not without telling its size', async () => {
    const sending = begin('a.onnx', { 'transfer-encoding': 'chunked' });
    sending.end('x');
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    assert.match(await text(answer), /Content-Length: expected 1 to 2147483648 bytes for a\.onnx, got none/);
    assert.deepEqual(files(), []);
  });

  it('one that breaks off leaves nothing', async () => {
    const sending = begin('a.onnx', { 'content-length': '1000000' });
    sending.on('error', () => undefined);
    sending.write(Buffer.alloc(100_000));
    while (!files().some((name) => /^\.upload-.*\.part$/.test(name))) await new Promise((done) => { setTimeout(done, 10); });
    assert.deepEqual((await askFor('a.onnx')).body.isThere, false);
    sending.destroy();
    while (files().length > 0) await new Promise((done) => { setTimeout(done, 10); });
    assert.equal((await post('a.onnx', 'x')).status, 200);
  });

  it('four at a time, and who goes away makes room', async () => {
    const waiting = Array.from({ length: 4 }, (_, i) => begin(`${i}.onnx`, { 'content-length': '10' }));
    for (const one of waiting) {
      one.on('error', () => undefined);
      one.write('x');
    }
    while (files().length < 4) await new Promise((done) => { setTimeout(done, 10); });
    const fifth = await post('a.onnx', 'x');
    assert.deepEqual([fifth.status, fifth.body.code], [409, 'STATE_INVALID']);
    for (const one of waiting) one.destroy();
    while (files().length > 0) await new Promise((done) => { setTimeout(done, 10); });
    assert.equal((await post('a.onnx', 'x')).status, 200);
  });

  it('what a crash left goes with the next one; what grows, and what others made, stays', async () => {
    const [left, grows, other] = ['.upload-11111111-1111-1111-1111-111111111111.part', '.upload-22222222-2222-2222-2222-222222222222.part', '.upload-mine.part'];
    for (const name of [left, grows, other]) writeFileSync(join(folder, name), 'x');
    for (const name of [left, other]) utimesSync(join(folder, name), 1000, 1000);
    await post('a.onnx', 'x');
    assert.deepEqual(files(), [grows, other, 'a.onnx'].sort());
  });

  it('Node-RED goes on', () => {
    assert.equal(nodeRed.process.exitCode, null);
    assert.deepEqual(nodeRed.logs.filter((line) => /uncaught|unhandled/i.test(line)), []);
  });
});

describe('a model is not uploaded by', function () {
  this.timeout(120_000);
  for (const permissions of [['read'], ['stream-infer.write'], ['flows.write']]) {
    it(`those who may ${permissions.join()} only`, async () => {
      const nodeRed = await startNodeRed({ settings: authOf(permissions) });
      try {
        const url = `${nodeRed.url}/stream-infer/models`;
        assert.equal((await fetch(`${url}/a.onnx`)).status, 401);
        assert.equal((await fetch(`${url}?name=a.onnx`, { method: 'POST', body: 'x', headers: { 'content-type': 'application/octet-stream' } })).status, 401);
        assert.equal(existsSync(join(nodeRed.userDir, 'models')), false);
      } finally {
        await nodeRed.stop();
      }
    });
  }
});
