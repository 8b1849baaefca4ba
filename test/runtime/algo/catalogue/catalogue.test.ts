import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { downloadModel, type DownloadProgress } from '../../../../dist/runtime/algo/catalogue/download.js';
import { type CatalogueEntry, listCatalogue } from '../../../../dist/runtime/algo/catalogue/entries.js';
import { openAlgo, type OpenAlgoContext, resolveModelFile } from '../../../../dist/runtime/algo/index.js';
import { algoSchema } from '../../../../dist/runtime/base/plan.js';
import { dataPath, hasData } from '../../../support/data.js';
import { pseudoRandom, temporaryFolder } from '../../../support/tfjs.js';

const CONTENT = Buffer.from(Uint8Array.from(pseudoRandom(300_000, 255)));
const ENTRY: CatalogueEntry = {
  name: 'tested', title: 'Tested', family: 'yolox', licence: 'Apache-2.0', url: 'https://example.org/models/onnx/model.onnx',
  bytes: CONTENT.length, sha256: createHash('sha256').update(CONTENT).digest('hex'), inputSize: { width: 1, height: 1 }, labels: 'coco80',
};

describe('algo/catalogue: the list', () => {
  for (const entry of listCatalogue()) {
    it(`${entry.name}: complete, https, a full checksum, a permissive licence`, () => {
      assert.match(entry.name, /^[a-z0-9-]+$/);
      assert.equal(new URL(entry.url).protocol, 'https:');
      assert.match(entry.sha256, /^[0-9a-f]{64}$/);
      assert.ok(Number.isInteger(entry.bytes) && entry.bytes > 100_000);
      assert.ok(['Apache-2.0', 'MIT', 'BSD-3-Clause'].includes(entry.licence));
      assert.ok(entry.inputSize.width >= 32 && entry.inputSize.height >= 32);
    });
  }

  it('no name and no file twice', () => {
    const list = listCatalogue();
    for (const key of ['name', 'url', 'sha256'] as const) assert.equal(new Set(list.map((entry) => entry[key])).size, list.length, key);
  });

  it('the files that the test data holds are what the list says', async function () {
    if (!hasData) this.skip();
    for (const [name, file] of [['light-person', 'light_person_detector.onnx'], ['nanodet-m-320', 'nanodet_m_320.onnx']] as const) {
      const entry = listCatalogue().find((candidate) => candidate.name === name);
      const bytes = await readFile(dataPath(`models/det/${file}`));
      assert.equal(entry?.bytes, bytes.length);
      assert.equal(entry.sha256, createHash('sha256').update(bytes).digest('hex'));
    }
  });
});

describe('algo/catalogue: download', () => {
  let server: Server;
  let baseUrl = '';
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  let requests: IncomingMessage[] = [];
  let cacheFolder = '';

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`;
  });
  after(() => { server.close(); });
  beforeEach(async () => {
    requests = [];
    cacheFolder = await temporaryFolder();
  });

  /** Sends the content, from where the client wants it. */
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, headers).end(CONTENT.subarray(from));
  };
  /** Sends `count` bytes of what is wanted and calls it the end. */
  const stopAfter = (count: number) => (request: IncomingMessage, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {});
    response.end(CONTENT.subarray(from, from + count));
  };
  const download = (options: object = {}, entry = ENTRY): Promise<string> => downloadModel(entry, { cacheFolder, baseUrl, ...options });

  it('comes whole, is verified, reports its progress, and is not fetched twice', async () => {
    answer = serve;
    const seen: DownloadProgress[] = [];
    const path = await download({ onProgress: (progress: DownloadProgress) => seen.push(progress) });
    assert.deepEqual(await readFile(path), CONTENT);
    assert.equal(requests[0]?.url, '/models/tested.onnx');
    assert.deepEqual(seen[0], { receivedBytes: 0, totalBytes: CONTENT.length });
    assert.deepEqual(seen.at(-1), { receivedBytes: CONTENT.length, totalBytes: CONTENT.length });
    assert.equal(await download(), path);
    assert.equal(requests.length, 1);
    assert.deepEqual(await readdir(join(cacheFolder, 'models')), [`tested-${ENTRY.sha256.slice(0, 12)}.onnx`]);
  });

  it('five at once are one', async () => {
    answer = serve;
    const paths = await Promise.all(Array.from({ length: 5 }, () => download()));
    assert.equal(new Set(paths).size, 1);
    assert.equal(requests.length, 1);
  });

  it('goes on where a server stopped', async () => {
    answer = stopAfter(120_000);
    const path = await download();
    assert.deepEqual(await readFile(path), CONTENT);
    assert.deepEqual(requests.map((request) => request.headers.range), [undefined, 'bytes=120000-', 'bytes=240000-']);
  });

  it('a server that gives nothing more is given up; the next call goes on', async () => {
    answer = (request, response) => { if (requests.length === 1) stopAfter(100_000)(request, response); else response.destroy(); };
    await assert.rejects(download(), { code: 'MODEL_DOWNLOAD_FAILED', message: /tested/ });
    answer = serve;
    requests = [];
    const path = await download();
    assert.deepEqual(await readFile(path), CONTENT);
    assert.equal(requests[0]?.headers.range, 'bytes=100000-');
  });

  it('a line that is cut in the middle leaves no model, and the next call makes it whole', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 100_000), () => { response.destroy(); });
      answer = (_request, later) => { later.destroy(); };
    };
    await assert.rejects(download(), { code: 'MODEL_DOWNLOAD_FAILED' });
    answer = serve;
    assert.deepEqual(await readFile(await download()), CONTENT);
  });

  it('takes over what a process that is gone left', async () => {
    answer = serve;
    await mkdir(join(cacheFolder, 'models'));
    // No process has a number this high: the system's limit is 2^22.
    await writeFile(join(cacheFolder, 'models', `tested-${ENTRY.sha256.slice(0, 12)}.onnx.99999999-0.part`), CONTENT.subarray(0, 250_000));
    await download();
    assert.equal(requests[0]?.headers.range, 'bytes=250000-');
  });

  it('starts over where the server does not know ranges', async () => {
    answer = (request, response) => { if (requests.length === 1) stopAfter(100_000)(request, response); else response.end(CONTENT); };
    assert.deepEqual(await readFile(await download()), CONTENT);
  });

  const LIARS: { why: string; send: (request: IncomingMessage, response: ServerResponse) => void; message: RegExp }[] = [
    { why: 'other bytes of the right size', send: (_, response) => response.end(Buffer.alloc(CONTENT.length)), message: /SHA-256 [0-9a-f]{64}, expected/ },
    { why: 'more than is listed', send: (_, response) => response.end(Buffer.alloc(2 * CONTENT.length)), message: /more than the 300000 bytes/ },
    { why: 'less than is listed', send: (_, response) => response.end(CONTENT.subarray(0, 0)), message: /byte 0 of 300000/ },
    { why: 'a range of its own', send: (_, response) => response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('abcde'), message: /206/ },
    { why: 'not found', send: (_, response) => response.writeHead(404).end(), message: /404 Not Found/ },
    { why: 'redirects to plain http elsewhere', send: (_, response) => response.writeHead(302, { location: 'http://example.org/x.onnx' }).end(), message: /http:\/\/example\.org is not https/ },
    { why: 'redirects to a file', send: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(), message: /not https/ },
    { why: 'redirects without end', send: (_, response) => response.writeHead(302, { location: '/models/tested.onnx' }).end(), message: /more than 5 redirects/ },
  ];
  for (const { why, send, message } of LIARS) {
    it(`${why}: an error, and no model`, async () => {
      answer = send;
      await assert.rejects(download(), { code: 'MODEL_DOWNLOAD_FAILED', message });
      assert.deepEqual((await readdir(join(cacheFolder, 'models'))).filter((name) => name.endsWith('.onnx')), []);
      answer = serve;
      assert.deepEqual(await readFile(await download()), CONTENT, 'a later good answer still works');
    });
  }

  it('follows redirects on this machine', async () => {
    answer = (request, response) => { if (request.url === '/other.onnx') serve(request, response); else response.writeHead(302, { location: '/other.onnx' }).end(); };
    assert.deepEqual(await readFile(await download()), CONTENT);
  });

  it('plain http elsewhere, no server, a wrong address', async () => {
    for (const wrong of ['http://example.org/', 'http://127.0.0.1:1/', 'ftp://127.0.0.1/']) {
      await assert.rejects(download({ baseUrl: wrong }), { code: 'MODEL_DOWNLOAD_FAILED' }, wrong);
    }
    await assert.rejects(download({ baseUrl: 'nonsense' }), { code: 'OPTION_INVALID' });
  });

  it('a mirror with user and password is refused, and its password told to nobody', async () => {
    await assert.rejects(download({ baseUrl: baseUrl.replace('//', '//me:hunter2@') }), ({ code, message }: Error & { code: string }) => {
      assert.equal(code, 'OPTION_INVALID');
      assert.match(message, /no user and password/);
      assert.doesNotMatch(message, /hunter2/);
      return true;
    });
    assert.equal(requests.length, 0);
  });

  describe('from a mirror', () => {
    const environment = { ...process.env };
    const NAME = 'light-person';
    let file: Buffer;

    before(async function () {
      if (!hasData) this.skip();
      file = await readFile(dataPath('models/det/light_person_detector.onnx'));
    });
    beforeEach(() => { process.env['STREAM_INFER_CACHE'] = cacheFolder; });
    afterEach(() => {
      for (const name of ['STREAM_INFER_CACHE', 'STREAM_INFER_MODELS_URL']) {
        if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = environment[name];
      }
    });
    const send = (_: IncomingMessage, response: ServerResponse): void => { response.end(file); };
    const resolveIt = async (options: object = {}): Promise<Buffer> => readFile((await resolveModelFile(`catalogue:${NAME}`, options)).path);

    it('that the environment names, once; later without it', async () => {
      answer = send;
      process.env['STREAM_INFER_MODELS_URL'] = baseUrl;
      assert.deepEqual(await resolveIt(), file);
      assert.deepEqual(requests.map(({ url }) => url), [`/models/${NAME}.onnx`]);
      process.env['STREAM_INFER_MODELS_URL'] = 'http://127.0.0.1:1/';
      assert.deepEqual(await resolveIt(), file);
      assert.equal(requests.length, 1);
    });

    it('that an option names, before the environment', async () => {
      answer = send;
      process.env['STREAM_INFER_MODELS_URL'] = 'http://127.0.0.1:1/';
      assert.deepEqual(await resolveIt({ baseUrl: `${baseUrl}/mine/` }), file);
      assert.deepEqual(requests.map(({ url }) => url), [`/models/mine/${NAME}.onnx`]);
    });

    it('that a plan names; what it lies about is not run', async () => {
      const plan = { id: 'a', name: 'a', kind: 'onnx', model: `catalogue:${NAME}`, options: { mirror: baseUrl } };
      const open = async (): Promise<void> => (await openAlgo(algoSchema.parse(plan), {} as OpenAlgoContext)).close();
      answer = (_, response) => response.end(Buffer.alloc(file.length));
      await assert.rejects(open(), { code: 'MODEL_DOWNLOAD_FAILED', message: /SHA-256/ });
      answer = send;
      await open();
      assert.equal(requests.length, 2);
    });

    it('an empty variable means none', async () => {
      process.env['STREAM_INFER_MODELS_URL'] = '';
      const signal = AbortSignal.abort(new Error('no further'));
      await assert.rejects(resolveIt({ signal }), /no further/);
    });
  });

  it('can be cancelled, with the reason given', async () => {
    const cancel = new AbortController();
    answer = (_, response) => {
      response.writeHead(200).write(CONTENT.subarray(0, 1000));
      setImmediate(() => { cancel.abort(new Error('changed my mind')); });
    };
    await assert.rejects(download({ signal: cancel.signal }), { message: 'changed my mind' });
  });

  it('a folder that cannot be written', async () => {
    answer = serve;
    const file = join(cacheFolder, 'a-file');
    await writeFile(file, '');
    await assert.rejects(download({ cacheFolder: file }), { code: 'MODEL_DOWNLOAD_FAILED' });
    assert.equal((await stat(file)).size, 0);
  });
});
