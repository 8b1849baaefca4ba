import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';

import type { AlgoState, LaneAlgo } from '../../../../dist/runtime/algo/index.js';
import { check } from '../../../../dist/runtime/base/index.js';
import { algoSchema } from '../../../../dist/runtime/base/plan.js';
import type { OnnxAlgo } from '../../../../dist/runtime/algo/onnx/index.js';
import { dataPath } from '../../../support/data.js';
import { detectIn, picture } from '../../../support/onnx.js';
import { AnyServer, type Asked, openRemote, smallFrame } from '../../../support/remote.js';
import { startInferenceServer } from '../../../support/servers/open-inference.js';

const NANODET = { nanodet: dataPath('models/det/nanodet_m_320.onnx') };
const { signal } = new AbortController();

/** A classifier of four classes: pictures of 8 × 8. */
const METADATA = {
  name: 'tiny', platform: 'test', versions: ['1'],
  inputs: [{ name: 'in', datatype: 'FP32', shape: [1, 3, 8, 8] }],
  outputs: [{ name: 'out', datatype: 'FP32', shape: [1, 4] }],
};
const OUT = { name: 'out', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof value === 'string' ? value : JSON.stringify(value));
}

/** JSON with tensors' bytes behind it. */
function bytes(response: ServerResponse, answer: { readonly json: unknown; readonly tensors: Uint8Array; readonly announced?: number }): void {
  const { json: value, tensors, announced } = answer;
  const head = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'inference-header-content-length': announced ?? head.length }).end(Buffer.concat([head, tensors]));
}

describe('algo/remote: a server that is slow, wrong or gone', () => {
  let server: AnyServer | undefined;
  let algo: LaneAlgo | undefined;
  async function closeAll(): Promise<void> {
    await algo?.close();
    await server?.stop();
    algo = server = undefined;
  }
  afterEach(closeAll);
  const askedFor = (): number | undefined => server?.asked.length;

  /** Serves METADATA, and that to every inference. */
  async function tiny(infer: (response: ServerResponse, asked: Asked) => void, plan: Record<string, unknown> = {}): Promise<LaneAlgo> {
    server = await AnyServer.start((asked, response) => {
      if (asked.method === 'GET') json(response, METADATA);
      else infer(response, asked);
    });
    algo = await openRemote({ url: server.url, model: 'tiny', options: { family: 'classify' }, ...plan });
    return algo;
  }

  const fp32 = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const binary = { ...OUT, data: undefined, parameters: { binary_data_size: 16 } };

  it('an answer as it should be opens the algo: lists, nested lists, bytes', async () => {
    for (const answer of [
      (response: ServerResponse) => { json(response, { outputs: [OUT] }); },
      (response: ServerResponse) => { json(response, { outputs: [{ ...OUT, data: [[1, 2], [3, [4]]] }] }); },
      (response: ServerResponse) => { bytes(response, { json: { outputs: [binary] }, tensors: fp32 }); },
      (response: ServerResponse) => { json(response, { outputs: [{ name: 'other', datatype: 'BYTES', shape: [1], data: ['x'] }, OUT], id: 'more', parameters: {} }); },
    ]) {
      assert.equal((await tiny(answer)).description['family'], 'classify');
      await algo?.close();
      await server?.stop();
    }
  });

  const WRONG: readonly { why: string; answer: (response: ServerResponse) => void; code?: string; message: RegExp }[] = [
    { why: 'no JSON', answer: (response) => { json(response, '<html>hello'); }, message: /gave no JSON: "<html>hello"/ },
    { why: 'nothing', answer: (response) => { response.end(); }, message: /gave no JSON: nothing/ },
    { why: 'null', answer: (response) => { json(response, 'null'); }, message: /expected object/ },
    { why: 'no outputs', answer: (response) => { json(response, { result: [] }); }, message: /outputs: expected array/ },
    { why: 'an output of another name', answer: (response) => { json(response, { outputs: [{ ...OUT, name: 'x' }] }); }, message: /no output "out"/ },
    { why: 'a shape that the numbers do not fill', answer: (response) => { json(response, { outputs: [{ ...OUT, shape: [1, 5] }] }); }, message: /"out" of the shape \[1, 5\] holds 4 numbers/ },
    { why: 'a shape that is none', answer: (response) => { json(response, { outputs: [{ ...OUT, shape: [-1, 4] }] }); }, message: /outputs\[0\]\.shape\[0\]/ },
    { why: 'texts', answer: (response) => { json(response, { outputs: [{ ...OUT, datatype: 'BYTES' }] }); }, message: /"out" holds BYTES, not numbers/ },
    { why: 'texts among numbers', answer: (response) => { json(response, { outputs: [{ ...OUT, data: [1, 2, 'x', 4] }] }); }, message: /"out" holds what is no number/ },
    { why: 'fewer bytes than announced', answer: (response) => { bytes(response, { json: { outputs: [binary] }, tensors: fp32.subarray(0, 8) }); }, message: /announces 16 bytes for output "out", 8 are there/ },
    { why: 'bytes of half a number', answer: (response) => { bytes(response, { json: { outputs: [{ ...binary, parameters: { binary_data_size: 15 } }] }, tensors: fp32 }); }, message: /15 bytes/ },
    { why: 'more JSON announced than there is', answer: (response) => { bytes(response, { json: { outputs: [binary] }, tensors: fp32, announced: 99_999 }); }, message: /announces 99999 bytes of JSON/ },
    { why: 'JSON announced by a word', answer: (response) => { bytes(response, { json: { outputs: [binary] }, tensors: fp32, announced: NaN }); }, message: /announces NaN bytes of JSON/ },
    { why: 'a body shorter than its length', answer: (response) => { response.writeHead(200, { 'content-length': 1000 }).write('{}'); setTimeout(() => response.destroy(), 10); }, code: 'REMOTE_UNREACHABLE', message: /./ },
    { why: 'a body that is too large, by its own word', answer: (response) => { response.writeHead(200, { 'content-length': 3e6 }); response.write('{'); }, message: /more than 1 MiB/ },
    { why: 'a body that has no end', answer: (response) => { const more = (): void => { response.write('x'.repeat(65_536), () => { if (!response.destroyed) setImmediate(more); }); }; more(); }, message: /more than 1 MiB/ },
    { why: 'another server', answer: (response) => { response.writeHead(307, { location: 'http://localhost:1/v2' }).end(); }, code: 'REMOTE_REFUSED', message: /redirects to http:\/\/localhost:1\/v2, which is not followed/ },
    { why: 'itself for ever', answer: (response) => { response.writeHead(307, { location: '/v2/models/tiny/infer' }).end(); }, code: 'REMOTE_REFUSED', message: /redirects/ },
    { why: '500', answer: (response) => { json(response, { error: 'CUDA out of memory' }, 500); }, code: 'REMOTE_REFUSED', message: /answered 500: CUDA out of memory/ },
    { why: '503', answer: (response) => { json(response, { detail: 'loading' }, 503); }, code: 'REMOTE_UNREACHABLE', message: /answered 503: loading/ },
    { why: 'a closed connection', answer: (response) => { response.destroy(); }, code: 'REMOTE_UNREACHABLE', message: /./ },
  ];
  for (const { why, answer, code = 'REMOTE_ANSWER_INVALID', message } of WRONG) {
    it(`answers with ${why}`, async () => {
      await assert.rejects(tiny(answer, { maxAnswerMb: 1 }), (error: { code: string; message: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  const METADATA_WRONG: readonly { why: string; told: unknown; code?: string; message: RegExp }[] = [
    { why: 'no inputs', told: { ...METADATA, inputs: [] }, message: /does not say which inputs/ },
    { why: 'no outputs', told: { name: 'tiny' }, message: /outputs/ },
    { why: 'a shape of words', told: { ...METADATA, inputs: [{ ...METADATA.inputs[0], shape: ['batch'] }] }, message: /inputs\[0\]\.shape\[0\]/ },
    { why: 'a picture of a million pixels a side', told: { ...METADATA, inputs: [{ ...METADATA.inputs[0], shape: [1, 3, 1e6, 1e6] }] }, code: 'MODEL_UNSUPPORTED', message: /1000000 × 1000000/ },
    { why: 'text for a picture', told: { ...METADATA, inputs: [{ ...METADATA.inputs[0], datatype: 'BYTES' }] }, code: 'MODEL_UNSUPPORTED', message: /./ },
  ];
  for (const { why, told, code = 'REMOTE_ANSWER_INVALID', message } of METADATA_WRONG) {
    it(`has metadata with ${why}`, async () => {
      server = await AnyServer.start((_asked, response) => { json(response, told); });
      await assert.rejects(openRemote({ url: server.url, model: 'tiny' }), { code, message });
    });
  }

  it('numbers that are none give no detections, and no error', async () => {
    const far = await startInferenceServer({ models: NANODET });
    try {
      let poison = false;
      server = await AnyServer.start((asked, response) => {
        void (async () => {
          const answer = await fetch(far.httpUrl + asked.path, { method: asked.method, headers: { ...asked.headers as Record<string, string> }, ...(asked.method === 'POST' && { body: new Uint8Array(asked.body) }) });
          const body = Buffer.from(await answer.arrayBuffer());
          const length = Number(answer.headers.get('inference-header-content-length') ?? body.length);
          if (poison) body.fill(0xff, length);
          response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
        })();
      });
      algo = await openRemote({ url: server.url, model: 'nanodet' });
      assert.ok((await detectIn(algo as OnnxAlgo, picture('images/bus.jpg'))).length > 2);
      poison = true;
      assert.deepEqual(await detectIn(algo as OnnxAlgo, picture('images/bus.jpg')), []);
    } finally {
      await far.stop();
    }
  });

  it('a server that hangs is given up when the run is', async () => {
    let hangs = false;
    const opened = await tiny((response) => { if (!hangs) json(response, { outputs: [OUT] }); });
    hangs = true;
    const abort = new AbortController();
    const reason = Object.assign(new Error('no result within 1 s'), { code: 'ALGO_TIMEOUT' });
    setTimeout(() => { abort.abort(reason); }, 50);
    const spec = opened.needs.kind === 'tensor' ? opened.needs.spec : undefined;
    assert.equal(spec?.width, 8);
    const letterbox = { scale: 1, left: 0, top: 0, width: 8, height: 8 } as never;
    await assert.rejects(opened.run([{ kind: 'tensor', info: smallFrame().info, letterbox, data: new ArrayBuffer(768) }], abort.signal), { code: 'ALGO_TIMEOUT' });
  });

  it('a server that hangs at the opening is given up after the time-out', async () => {
    server = await AnyServer.start(() => undefined);
    await assert.rejects(openRemote({ url: server.url, model: 'tiny', timeout: 0.2 }), { code: 'ALGO_TIMEOUT', message: /did not answer within 0.2 s/ });
  });

  for (const [protocol, url] of [['http', 'http://127.0.0.1:9'], ['grpc', 'grpc://127.0.0.1:9'], ['http', 'http://no-such-host.invalid']] as const) {
    it(`nobody is at ${url} (${protocol})`, async () => {
      await assert.rejects(openRemote({ url, protocol, model: 'tiny' }), { code: 'REMOTE_UNREACHABLE', message: /127\.0\.0\.1:9|no-such-host/ });
    });
  }

  it('a request that finds no server is sent again, others are not', async () => {
    let failures = 2;
    await tiny((response) => {
      if (failures-- > 0) json(response, 'busy', 503);
      else json(response, { outputs: [OUT] });
    }, { retries: 2 });
    assert.equal(askedFor(), 1 + 3);
    await closeAll();
    await assert.rejects(tiny((response) => { json(response, 'no', 403); }, { retries: 5 }), { code: 'REMOTE_REFUSED' });
    assert.equal(askedFor(), 1 + 1);
  });

  it('after three failures in a row the server is left alone, told once, and asked again', async () => {
    const states: AlgoState[] = [];
    let gone = true;
    server = await AnyServer.start((_asked, response) => { json(response, gone ? 'busy' : '[]', gone ? 503 : 200); });
    algo = await openRemote({ url: server.url, protocol: 'json', body: 'raw' }, (state) => { states.push(state); });
    for (let i = 0; i < 5; i += 1) await assert.rejects(algo.run([smallFrame()], signal), { code: 'REMOTE_UNREACHABLE', message: /answered 503: busy/ });
    assert.equal(server.asked.length, 3);
    assert.deepEqual(states, [{ state: 'waiting', error: { code: 'REMOTE_UNREACHABLE', message: `${server.url} answered 503: busy` }, retryIn: 1 }]);
    gone = false;
    let result: unknown;
    while (result === undefined) result = await algo.run([smallFrame()], signal).catch(async () => { await new Promise((resolve) => setTimeout(resolve, 50)); return undefined; });
    assert.deepEqual(result, []);
    assert.deepEqual(states.at(-1), { state: 'ready' });
    assert.equal(server.asked.length, 4);
  });

  it('a token that the server sends back is not shown', async () => {
    server = await AnyServer.start((asked, response) => { json(response, { error: `bad ${asked.headers.authorization ?? ''}` }, 401); });
    await assert.rejects(openRemote({ url: server.url, model: 'tiny', token: 's3cret-token' }), (error: Error) => {
      assert.match(error.message, /answered 401: the token is wrong, or lacks the right: bad Bearer \*\*\*/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });

  const PLANS: readonly [why: string, plan: Record<string, unknown>, message: RegExp][] = [
    ['no URL', { url: 'server' }, /url: expected http/],
    ['a URL with a password', { url: 'http://me:secret@host' }, /url: expected http.*without user and password/],
    ['a file', { url: 'file:///etc/passwd' }, /url/],
    ['gRPC for HTTP', { url: 'grpc://host', model: 'm' }, /url: expected http/],
    ['no model', { url: 'http://host' }, /model: expected the name of a model/],
    ['a header with a line break', { url: 'http://host', model: 'm', headers: { 'X-A': 'a\r\nX-B: b' } }, /headers\.X-A/],
    ['a token with a line break', { url: 'http://host', model: 'm', token: 's3cret\n' }, /token: expected printable ASCII$/],
    ['one picture for several frames', { url: 'http://host', protocol: 'json', body: 'jpeg', frameCount: 2 }, /body: expected json or multipart/],
    ['a path that is none', { url: 'http://host', protocol: 'json', resultPath: 'a..b' }, /resultPath/],
  ];
  for (const [why, plan, message] of PLANS) {
    it(`a plan with ${why} is refused`, () => {
      assert.throws(() => check(algoSchema, { kind: 'remote', id: 'r', name: 'far', ...plan }), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }
});
