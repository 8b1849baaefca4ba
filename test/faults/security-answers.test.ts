import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

import { downloadModel } from '../../dist/runtime/algo/catalogue/download.js';
import { readModelHeader } from '../../dist/runtime/algo/onnx/model-header.js';
import { openModelSession } from '../../dist/runtime/algo/onnx/session.js';
import { openEngineClient } from '../../dist/runtime/engine/index.js';
import { EngineProbe } from '../support/engine.js';
import { modelWithExternalData } from '../support/onnx-external.js';
import { AnyServer, openRemote, smallFrame } from '../support/remote.js';

const { signal } = new AbortController();
const MIB = 2 ** 20;

describe('answers that attack', function () {
  this.timeout(60_000);
  let folder: string;
  let certificate: { readonly key: Buffer; readonly cert: Buffer };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'security-answers-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
    certificate = { key: readFileSync(key), cert: readFileSync(cert) };
  });
  after(() => { rmSync(folder, { recursive: true }); });

  describe('of an inference server', () => {
    let server: AnyServer;
    afterEach(async () => { await (server as AnyServer | undefined)?.stop(); });

    /** What a run against that answer throws. */
    async function failureOf(answer: (response: ServerResponse) => void, plan: object = {}): Promise<Error & { code: string }> {
      server = await AnyServer.start((_asked, response) => { answer(response); });
      const algo = await openRemote({ url: server.url, protocol: 'json', body: 'raw', maxAnswerMb: 1, ...plan });
      try {
        await algo.run([smallFrame()], signal);
        return assert.fail('the answer was taken');
      } catch (error) {
        return error as Error & { code: string };
      } finally {
        await algo.close();
      }
    }

    it('packed: it is measured unpacked, and given up where it is too much', async () => {
      const bomb = gzipSync(Buffer.alloc(512 * MIB, ' '), { level: 9 });
      assert.ok(bomb.length < MIB, 'it looks small');
      const before = process.memoryUsage.rss();
      const error = await failureOf((response) => { response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bomb); });
      assert.deepEqual([error.code, /gave more than 1 MiB/.test(error.message)], ['REMOTE_ANSWER_INVALID', true]);
      assert.ok(process.memoryUsage.rss() - before < 256 * MIB, 'it was not unpacked as a whole');
    });

    it('without an end: as soon as it is too much', async () => {
      let sent = 0;
      const piece = Buffer.alloc(64 << 10, ' ');
      const error = await failureOf((response) => {
        const more = (): void => {
          sent += piece.length;
          if (!response.destroyed) response.write(piece, () => { setImmediate(more); });
        };
        more();
      });
      assert.equal(error.code, 'REMOTE_ANSWER_INVALID');
      assert.ok(sent < 64 * MIB, String(sent));
    });

    it('of huge headers, or cut into nothing', async () => {
      for (const answer of [
        (response: ServerResponse): void => { response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(MIB)}\r\n\r\n{}`); },
        (response: ServerResponse): void => { response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}'); },
        (response: ServerResponse): void => { response.socket?.end('not http at all'); },
        (response: ServerResponse): void => { response.socket?.destroy(); },
      ]) {
        assert.equal((await failureOf(answer)).code, 'REMOTE_UNREACHABLE');
        await server.stop();
      }
    });

    it('that sends elsewhere gets the token there by no means', async () => {
      const told: (string | undefined)[] = [];
      const other = await AnyServer.start((asked, response) => {
        told.push(asked.headers.authorization);
        response.end('{}');
      });
      for (const status of [301, 302, 303, 307, 308]) {
        const error = await failureOf((response) => { response.writeHead(status, { location: `${other.url}/x` }).end(); }, { token: 's3cret' });
        assert.match(error.code, /^REMOTE_/);
        assert.doesNotMatch(error.message, /s3cret/);
        await server.stop();
      }
      assert.deepEqual(told, []);
      await other.stop();
    });

    it('nested a hundred thousand deep, full of __proto__, or a bomb in the middle: errors of single runs; the engine and the stream go on', async () => {
      const answers = ['{"ok":1}', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"ok":2}', `"${'x'.repeat(2 * MIB)}"`, '{"ok":3}'];
      let asked = 0;
      server = await AnyServer.start((_request, response) => { response.end(answers[Math.min(asked++, answers.length - 1)]); });
      const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
      try {
        const algo = { kind: 'remote', id: 'a', name: '__proto__', url: server.url, protocol: 'json', body: 'raw', retries: 0, maxAnswerMb: 1, interval: 0.2 } as const;
        await probe.start({ name: '__proto__', source: { location: 'test:?width=64&height=64&fps=5&seconds=2' }, algos: [algo] });
        const end = await probe.ended();
        assert.equal(end.reason, 'finished');
        assert.deepEqual(probe.engineEvents.filter(({ event }) => event === 'crashed'), []);
        const results = probe.results.map(({ result }) => result as Record<string, unknown>);
        assert.deepEqual(results.filter((result) => Object.hasOwn(result, 'ok')).map((result) => result['ok']).slice(0, 3), [1, 2, 3]);
        const poisoned = results.find((result) => result['ok'] === 2);
        assert.equal((poisoned as { polluted?: unknown }).polluted, undefined);
        assert.equal(({} as { polluted?: unknown }).polluted, undefined);
        assert.ok(Object.hasOwn(end.totals.algos, '__proto__'), 'a name like any other');
        assert.ok(probe.errorCodes().every((code) => code === 'REMOTE_ANSWER_INVALID' || code === 'ALGO_RUN_FAILED'), probe.errorCodes().join());
        assert.ok(probe.errorCodes().length >= 1);
      } finally {
        await probe.engine.close();
      }
    });
  });

  describe('over gRPC', () => {
    let server: grpc.Server;
    afterEach(() => { server.forceShutdown(); });
    type Answer = { readonly outputs: readonly object[]; readonly raw_output_contents: readonly Uint8Array[] };

    async function serve(answer: Answer, credentials = grpc.ServerCredentials.createInsecure()): Promise<number> {
      const definition = loadSync(join(__dirname, '../support/servers/open-inference.proto'), { keepCase: true, longs: Number });
      const { inference } = grpc.loadPackageDefinition(definition) as unknown as { inference: { GRPCInferenceService: grpc.ServiceClientConstructor } };
      server = new grpc.Server({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip, 'grpc.max_send_message_length': -1 });
      server.addService(inference.GRPCInferenceService.service, {
        ModelMetadata: (_call: unknown, done: (error: null, value: object) => void) => {
          done(null, { name: 'm', platform: 'p', versions: ['1'], inputs: [{ name: 'in', datatype: 'FP32', shape: [1, 3, 8, 8] }], outputs: [{ name: 'out', datatype: 'FP32', shape: [1, 4] }] });
        },
        ModelInfer: (_call: unknown, done: (error: null, value: object) => void) => { done(null, answer); },
      });
      return new Promise((resolve, reject) => { server.bindAsync('127.0.0.1:0', credentials, (error, port) => { if (error) reject(error); else resolve(port); }); });
    }
    const out = { name: 'out', datatype: 'FP32', shape: [1, 4] };
    const open = (url: string): Promise<unknown> => openRemote({ url, protocol: 'grpc', model: 'm', maxAnswerMb: 1, options: { family: 'classify' } });

    it('packed: it is measured unpacked', async () => {
      const port = await serve({ outputs: [out], raw_output_contents: [new Uint8Array(256 * MIB)] });
      const before = process.memoryUsage.rss();
      await assert.rejects(open(`grpc://127.0.0.1:${port}`), { code: 'REMOTE_ANSWER_INVALID', message: /gave more than 1 MiB/ });
      // the server of this test, in this process, holds the 256 MiB and their message
      assert.ok(process.memoryUsage.rss() - before < 1024 * MIB);
    });

    it('tensors that are not what they say', async () => {
      for (const [output, bytes] of [[{ ...out, shape: [1, 4_000_000_000] }, 16], [{ ...out, shape: [-1, 4] }, 16], [{ ...out, datatype: '__proto__' }, 16], [out, 15], [{ ...out, name: 'constructor' }, 16]] as const) {
        const port = await serve({ outputs: [output], raw_output_contents: [new Uint8Array(bytes)] });
        await assert.rejects(open(`grpc://127.0.0.1:${port}`), { code: 'REMOTE_ANSWER_INVALID' }, JSON.stringify(output));
        server.forceShutdown();
      }
    });

    it('with a certificate that nobody vouches for: refused', async () => {
      const port = await serve({ outputs: [out], raw_output_contents: [new Uint8Array(16)] }, grpc.ServerCredentials.createSsl(null, [{ private_key: certificate.key, cert_chain: certificate.cert }]));
      await assert.rejects(open(`grpcs://127.0.0.1:${port}`), (error: Error & { code: string }) => /^REMOTE_UNREACHABLE$/.test(error.code) && /certificate|self.signed/i.test(error.message));
    });
  });

  describe('with a certificate that nobody vouches for', () => {
    let url: string;
    let stop: () => void;
    let asked = 0;
    const bytes = Buffer.from('a model');
    before(async () => {
      const server = createHttpsServer(certificate, (_request, response) => {
        asked += 1;
        response.end(bytes);
      });
      await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      stop = () => { server.close().closeAllConnections(); };
    });
    after(() => { stop(); });

    it('an inference server is asked nothing', async () => {
      const algo = await openRemote({ url, protocol: 'json', body: 'raw', token: 's3cret' });
      await assert.rejects(algo.run([smallFrame()], signal), { code: 'REMOTE_UNREACHABLE', message: /self.signed certificate/i });
      await algo.close();
      await assert.rejects(openRemote({ url, model: 'm' }), { code: 'REMOTE_UNREACHABLE', message: /self.signed certificate/i });
      assert.equal(asked, 0);
    });

    it('a mirror of models is asked nothing, even if it has the right bytes', async () => {
      const entry = { name: 'm', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, url: 'https://nowhere.invalid/m.onnx' } as never;
      const cacheFolder = join(folder, 'cache');
      await assert.rejects(downloadModel(entry, { cacheFolder, baseUrl: url }), { code: 'MODEL_DOWNLOAD_FAILED', message: /self.signed certificate/i });
      assert.deepEqual([asked, readdirSync(join(cacheFolder, 'models'))], [0, []]);
    });
  });

  describe('of a model file', () => {
    it('weights from outside its folder are not read, by no way of writing and by no link', async () => {
      const own = join(folder, 'models');
      mkdirSync(own);
      for (const path of [join(folder, 'secret.bin'), join(own, 'own.bin')]) writeFileSync(path, Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
      symlinkSync(join(folder, 'secret.bin'), join(own, 'link.bin'));
      const path = join(own, 'model.onnx');
      const run = async (location: string): Promise<readonly number[]> => {
        writeFileSync(path, modelWithExternalData(location, 4));
        const session = await openModelSession({ model: { path } });
        const [output] = await session.run([{ name: 'x', dtype: 'float32', shape: [4], data: new Float32Array(4).buffer }]);
        await session.close();
        return [...(output?.data as Float32Array)];
      };
      assert.deepEqual(await run('own.bin'), [1, 2, 3, 4]);
      for (const location of ['../secret.bin', join(folder, 'secret.bin'), `file://${join(folder, 'secret.bin')}`, 'link.bin', './../secret.bin', 'x/../../secret.bin', '/etc/passwd']) {
        await assert.rejects(run(location), { code: 'MODEL_LOAD_FAILED' }, location);
      }
    });

    it('metadata called __proto__ are no more than text', async () => {
      const path = join(folder, 'proto.onnx');
      const text = (field: number, value: string | Buffer): Buffer => Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)]);
      writeFileSync(path, Buffer.concat([Buffer.from([8, 8]), text(14, Buffer.concat([text(1, '__proto__'), text(2, 'polluted')])), text(14, Buffer.concat([text(1, 'constructor'), text(2, 'x')]))]));
      const { metadata } = await readModelHeader(path);
      assert.equal(metadata['constructor'], 'x');
      assert.equal(Object.getPrototypeOf({}), Object.prototype);
      assert.equal(Object.getPrototypeOf(metadata), Object.prototype);
    });
  });
});
