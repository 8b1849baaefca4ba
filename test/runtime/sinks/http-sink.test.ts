import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { sinkSchema, type SinkOptions } from '../../../dist/runtime/base/plan.js';
import { openSink, SinkQueue, type SinkRecord } from '../../../dist/runtime/sinks/index.js';
import { resultOf } from '../../support/sink-results.js';

type Request = { readonly headers: IncomingMessage['headers']; readonly body: unknown };

describe('sinks: http', () => {
  let server: Server;
  let url: string;
  let requests: Request[];
  let answer: (response: ServerResponse, nth: number) => void;

  beforeEach(async () => {
    requests = [];
    answer = (response) => { response.writeHead(204).end(); };
    server = createServer((request, response) => {
      void json(request).then((body) => {
        requests.push({ headers: request.headers, body });
        answer(response, requests.length);
      }, () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/results`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const planOf = (options: Partial<SinkOptions> = {}): ReturnType<typeof sinkSchema.parse> => sinkSchema.parse({ type: 'http', url, gather: 0.05, ...options });
  async function send(options: Partial<SinkOptions>, count: number): Promise<SinkQueue> {
    const queue = new SinkQueue(planOf(options));
    for (let i = 1; i <= count; i += 1) queue.push(resultOf(i));
    await queue.drain(5000);
    return queue;
  }
  async function failure(options: Partial<SinkOptions> = {}): Promise<{ code: string; message: string }> {
    const queue = new SinkQueue(planOf(options));
    queue.push(resultOf(1));
    try {
      for (;;) {
        const { error, refusal } = queue.state;
        const found = error ?? refusal;
        if (found) return found;
        await new Promise((done) => setTimeout(done, 5));
      }
    } finally {
      await queue.close();
    }
  }

  it('posts batches as arrays, with the id of the first as key', async () => {
    await (await send({}, 3)).close();
    const records = requests.flatMap(({ body }) => body as SinkRecord[]);
    assert.deepEqual(records.map(({ frame }) => frame.index), [1, 2, 3]);
    const [first] = requests;
    assert.equal(first?.headers['idempotency-key'], records[0]?.id);
    assert.equal(first?.headers['content-type'], 'application/json');
    assert.equal(first.headers.authorization, undefined);
  });

  it('posts one result each where that is wanted, with headers and a token', async () => {
    await (await send({ body: 'single', token: 'secret', headers: { 'X-Site': 'a' } }, 3)).close();
    assert.equal(requests.length, 3);
    assert.ok(requests.every(({ headers, body }) => headers['idempotency-key'] === (body as SinkRecord).id && headers['x-site'] === 'a' && headers.authorization === 'Bearer secret'));
  });

  it('sends user and password as Basic authentication', async () => {
    await (await send({ username: 'u', password: 'p:ä' }, 1)).close();
    assert.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from('u:p:ä').toString('base64')}`);
  });

  for (const status of [400, 413, 415, 422]) {
    it(`takes ${status} as refused: not tried again`, async () => {
      answer = (response) => { response.writeHead(status).end('x'.repeat(1000)); };
      assert.equal((await failure()).code, 'SINK_REFUSED');
    });
  }
  for (const status of [301, 307, 401, 403, 404, 408, 429, 500, 503]) {
    it(`takes ${status} as something that may change: it is kept and tried again`, async () => {
      answer = (response, nth) => { response.writeHead(nth === 1 ? status : 200, { location: 'http://127.0.0.1:1/' }).end(); };
      const queue = await send({}, 1);
      assert.deepEqual([queue.state.sent, queue.state.refused, requests.length], [1, 0, 2]);
      await queue.close();
    });
  }

  it('follows no redirect, and says so', async () => {
    answer = (response) => { response.writeHead(302, { location: '/elsewhere' }).end(); };
    assert.match((await failure()).message, /answered 302 .*redirects are not followed/);
  });

  it('a server that never answers is given up in time, and does not hold up the end', async () => {
    answer = () => undefined;
    assert.match((await failure({ timeout: 0.2 })).message, /no answer within 0\.2 s/);
    const queue = new SinkQueue(planOf());
    queue.push(resultOf(1));
    while (requests.length < 2) await new Promise((done) => setTimeout(done, 5));
    await queue.close();
  });

  it('an answer without end is not read', async () => {
    answer = (response) => {
      response.writeHead(200);
      const more = (): void => { while (!response.destroyed && response.write(Buffer.alloc(1 << 16))); };
      response.on('drain', more);
      more();
    };
    const queue = await send({}, 1);
    assert.equal(queue.state.sent, 1);
    await queue.close();
  });

  it('nobody who listens: the reason without the password', async () => {
    const { message } = await failure({ url: 'http://127.0.0.1:49151/?token=abc', username: 'u', password: 'geheim' });
    assert.match(message, /ECONNREFUSED/);
    assert.doesNotMatch(message, /geheim|abc/);
  });

  const bad: readonly (readonly [what: string, options: object, message: RegExp])[] = [
    ['no address', { url: '' }, /url/], ['another protocol', { url: 'ftp://x/' }, /url/], ['a file', { url: 'file:///etc/passwd' }, /url/],
    ['a password in the address', { url: 'http://u:p@x/' }, /fields of their own/], ['a header that is none', { headers: { 'a b': 'x' } }, /headers/],
    ['a header of two lines', { headers: { a: 'x\r\ny: z' } }, /headers/], ['no time', { timeout: 0 }, /timeout/], ['a batch of none', { batch: 0 }, /batch/],
    ['another type', { type: 'smoke' }, /type/], ['an unknown field', { more: 1 }, /more/],
  ];
  for (const [what, options, message] of bad) {
    it(`refuses ${what}`, () => {
      const read = sinkSchema.safeParse({ type: 'http', url, ...options });
      assert.match(read.error?.message ?? '', message);
    });
  }

  it('is opened without anybody there', async () => {
    const sink = await openSink(planOf({ url: 'http://127.0.0.1:1/' }));
    await sink.open(new AbortController().signal);
    await sink.close();
  });
});
