import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Redis from 'ioredis';
import mqtt from 'mqtt';
import pg from 'pg';

import { sinkSchema } from '../../../dist/runtime/base/plan.js';
import { SinkQueue, type SinkRecord, type SinkState } from '../../../dist/runtime/sinks/index.js';
import { freePort, MosquittoServer, PostgresServer, RedisServer, type Service } from '../../support/servers/service.js';
import { resultOf } from '../../support/sink-results.js';

const HOSTILE = "a/b+#\u0000'; DROP TABLE results; -- {algo}";

describe('sinks: servers', function () {
  this.timeout(60_000);
  let folder: string;
  const services: Service[] = [];
  const queues: SinkQueue[] = [];

  before(() => { folder = mkdtempSync(join(tmpdir(), 'server-sinks-')); });
  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.close();
    for (const service of services.splice(0)) await service.stop();
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  function queueOf(options: object): SinkQueue {
    const queue = new SinkQueue(sinkSchema.parse({ gather: 0, timeout: 5, ...options }));
    queues.push(queue);
    return queue;
  }
  const keep = <S extends Service>(service: S): S => {
    services.push(service);
    return service;
  };
  async function failing(queue: SinkQueue): Promise<SinkState> {
    queue.push(resultOf(1));
    while (queue.state.state !== 'failing') await new Promise((done) => setTimeout(done, 5));
    return queue.state;
  }

  describe('redis', () => {
    before(function () { if (!RedisServer.isThere) this.skip(); });

    it('keeps no more than was wanted, of a stream about', async () => {
      const { url } = keep(await RedisServer.open());
      for (const mode of ['stream', 'sorted-set'] as const) {
        const queue = queueOf({ type: 'redis', url, mode, key: mode, most: 10 });
        for (let i = 1; i <= 500; i += 1) queue.push(resultOf(i));
        assert.equal(await queue.drain(10_000), true);
      }
      const client = new Redis(url);
      assert.ok(await client.xlen('stream') < 200, 'streams are cut by whole nodes of 100');
      const newest = (await client.zrange('sorted-set', '0', '-1')).map((text) => (JSON.parse(text) as SinkRecord).frame.index);
      client.disconnect();
      assert.deepEqual(newest, [491, 492, 493, 494, 495, 496, 497, 498, 499, 500]);
    });

    const troubles: readonly (readonly [what: string, settings: readonly string[], options: object, message: RegExp])[] = [
      ['a password is missing', ['--requirepass', 'secret'], {}, /NOAUTH/],
      ['the password is wrong', ['--requirepass', 'secret'], { password: 'geheim' }, /WRONGPASS/],
      ['it is full', ['--maxmemory', '1'], {}, /OOM/],
      ['it may only be read', ['--replicaof', '127.0.0.1 1'], {}, /READONLY/],
    ];
    for (const [what, settings, options, message] of troubles) {
      it(`${what}: says so, and keeps the results`, async () => {
        const { url } = keep(await RedisServer.open(...settings));
        const { error, waiting, sent } = await failing(queueOf({ type: 'redis', url, ...options }));
        assert.match(error?.message ?? '', message);
        assert.doesNotMatch(error?.message ?? '', /geheim/);
        assert.deepEqual([error?.code, waiting, sent], ['SINK_FAILED', 1, 0]);
      });
    }

    it('with its password it goes on', async () => {
      const { url } = keep(await RedisServer.open('--requirepass', 'secret'));
      const queue = queueOf({ type: 'redis', url, password: 'secret' });
      queue.push(resultOf(1));
      assert.equal(await queue.drain(5000), true);
    });

    it('a key that is something else refuses, and holds up no other', async () => {
      const { url } = keep(await RedisServer.open());
      const client = new Redis(url);
      await client.set('results:persons', 'x');
      client.disconnect();
      const queue = queueOf({ type: 'redis', url });
      queue.push(resultOf(1));
      queue.push({ ...resultOf(2), algo: 'cars' });
      assert.equal(await queue.drain(5000), true);
      const { sent, refused, refusal } = queue.state;
      assert.deepEqual([sent, refused], [1, 1]);
      assert.match(refusal?.message ?? '', /WRONGTYPE/);
    });

    it('any name of a stream is a key', async () => {
      const { url } = keep(await RedisServer.open());
      const queue = queueOf({ type: 'redis', url, key: '{stream}' });
      queue.push(resultOf(1, [], HOSTILE));
      assert.equal(await queue.drain(5000), true);
      const client = new Redis(url);
      assert.deepEqual(await client.keys('*'), [HOSTILE]);
      client.disconnect();
    });
  });

  describe('mqtt', () => {
    before(function () { if (!MosquittoServer.isThere) this.skip(); });

    async function gotBy(url: string, queue: SinkQueue, count: number): Promise<readonly (readonly [topic: string, record: SinkRecord, retained: boolean])[]> {
      const got: (readonly [string, SinkRecord, boolean])[] = [];
      const client = await mqtt.connectAsync(url);
      client.on('message', (topic, payload, { retain }) => { got.push([topic, JSON.parse(payload.toString()) as SinkRecord, retain]); });
      await client.subscribeAsync('#');
      assert.equal(await queue.drain(5000), true, JSON.stringify(queue.state));
      while (got.length < count) await new Promise((done) => setTimeout(done, 5));
      await client.endAsync(true);
      return got;
    }

    for (const qos of [0, 1, 2] as const) {
      it(`a message each, by QoS ${qos}`, async () => {
        const { url } = keep(await MosquittoServer.open());
        const queue = queueOf({ type: 'mqtt', url, qos, gather: 60 });
        for (let i = 1; i <= 20; i += 1) queue.push(resultOf(i));
        const got = await gotBy(url, queue, 20);
        assert.deepEqual(got.map(([topic, { frame }]) => [topic, frame.index]), Array.from({ length: 20 }, (_, i) => ['stream-infer/yard/persons', i + 1]));
      });
    }

    it('the newest stays for who comes later where that is wanted', async () => {
      const { url } = keep(await MosquittoServer.open());
      const queue = queueOf({ type: 'mqtt', url, retain: true });
      queue.push(resultOf(1));
      await queue.drain(5000);
      const [first] = await gotBy(url, queue, 1);
      assert.equal(first?.[2], true);
    });

    it('a name makes one level of a topic, whatever is in it', async () => {
      const { url } = keep(await MosquittoServer.open());
      const queue = queueOf({ type: 'mqtt', url, gather: 60 });
      queue.push(resultOf(1, [], HOSTILE));
      const [[topic] = ['']] = await gotBy(url, queue, 1);
      assert.equal(topic, "stream-infer/a_b___'; DROP TABLE results; -- {algo}/persons");
    });

    it('a password that is missing or wrong: says so, and keeps the results', async () => {
      const file = join(folder, 'passwords');
      writeFileSync(file, '');
      chmodSync(file, 0o600);
      const { url } = keep(await MosquittoServer.open(`password_file ${file}`, 'allow_anonymous false'));
      for (const options of [{}, { username: 'u', password: 'geheim' }]) {
        const { error, waiting } = await failing(queueOf({ type: 'mqtt', url, ...options }));
        assert.match(error?.message ?? '', /not authorized/i);
        assert.equal(waiting, 1);
      }
    });

    for (const setting of ['max_packet_size 10000', 'message_size_limit 10000']) {it(`a result that is longer than the broker takes is refused, and holds up no other (${setting})`, async () => {
      const { url } = keep(await MosquittoServer.open(setting));
      const queue = queueOf({ type: 'mqtt', url });
      for (const [index, result] of [[1, []], [2, 'x'.repeat(20_000)], [3, []]] as const) queue.push(resultOf(index, result));
      assert.equal(await queue.drain(50_000), true, JSON.stringify(queue.state));
      assert.deepEqual([queue.state.sent, queue.state.refused], [2, 1]);
    });}

    it('nobody there: says so', async () => {
      const { error } = await failing(queueOf({ type: 'mqtt', url: `mqtt://127.0.0.1:${await freePort()}` }));
      assert.match(error?.message ?? '', /ECONNREFUSED/);
    });
  });

  describe('postgres', () => {
    let server: PostgresServer;
    before(async function () {
      if (!PostgresServer.isThere) this.skip();
      server = await PostgresServer.open();
    });
    after(async () => { await (server as PostgresServer | undefined)?.stop(); });

    const sink = (options: object = {}): SinkQueue => queueOf({ type: 'postgres', url: server.url, username: 'viewer', password: 'secret', ...options });
    async function query<T extends object>(text: string): Promise<T[]> {
      const client = new pg.Client({ connectionString: server.url.replace('//', '//viewer:secret@') });
      await client.connect();
      try {
        return (await client.query<T>(text)).rows;
      } finally {
        await client.end();
      }
    }

    it('makes its table, and a row each of the right types, whatever is in it', async () => {
      const queue = sink();
      queue.push(resultOf(1, [{ label: 'a\u0000b' }], HOSTILE));
      queue.push(resultOf(2, null));
      assert.equal(await queue.drain(10_000), true, JSON.stringify(queue.state));
      const rows = await query<SinkRecord & { kind: string }>('SELECT *, pg_typeof(time)::text AS kind FROM results ORDER BY position');
      assert.equal(rows.length, 2);
      const [first] = rows;
      assert.equal(first?.kind, 'timestamp with time zone');
      assert.deepEqual([first.stream, first.position, first.frame.index, first.result], [HOSTILE.replace('\u0000', '\ufffd'), 0.1, 1, [{ label: 'a\ufffdb' }]]);
    });

    it('another table, in a schema, that is there already and may only be inserted into', async () => {
      await query('CREATE SCHEMA site; CREATE TABLE site.seen (id uuid PRIMARY KEY, time timestamptz, stream text, algo text, position double precision, frame jsonb, result jsonb, timing jsonb); CREATE USER writer PASSWORD \'w\'; GRANT USAGE ON SCHEMA site TO writer; GRANT INSERT, SELECT ON site.seen TO writer');
      const queue = sink({ table: 'site.seen', username: 'writer', password: 'w' });
      queue.push(resultOf(1));
      assert.equal(await queue.drain(10_000), true, JSON.stringify(queue.state));
    });

    it('what breaks a rule of the table is refused, and holds up no other', async () => {
      await query("CREATE TABLE picky (id uuid PRIMARY KEY, time timestamptz, stream text, algo text, position double precision CHECK (position <> 0.2), frame jsonb, result jsonb, timing jsonb)");
      const queue = sink({ table: 'picky' });
      for (const index of [1, 2, 3]) queue.push(resultOf(index));
      assert.equal(await queue.drain(10_000), true, JSON.stringify(queue.state));
      assert.deepEqual([queue.state.sent, queue.state.refused], [2, 1]);
      assert.match(queue.state.refusal?.message ?? '', /picky_position_check/);
    });

    for (const [what, options, message] of [['a wrong password', { password: 'geheim' }, /password authentication failed/], ['no database', { url: 'URL/none' }, /"none" does not exist/]] as const) {
      it(`${what}: says so, and keeps the results`, async () => {
        const url = 'url' in options ? server.url.replace('/postgres', '/none').replace('none://', 'postgres://') : server.url;
        const { error, waiting } = await failing(sink({ ...options, url: url.replace(/^.*?:\/\//, 'postgres://') }));
        assert.match(error?.message ?? '', message);
        assert.doesNotMatch(error?.message ?? '', /geheim/);
        assert.equal(waiting, 1);
      });
    }

    for (const table of ['results; DROP TABLE results', '"x"', 'a.b.c', 'Größe', '']) {
      it(`the name of a table cannot be ${JSON.stringify(table)}`, () => {
        assert.throws(() => sink({ table }), /expected the name of a table/);
      });
    }
  });

  describe('sqlite', () => {
    const hasSqlite = ((): boolean => { try { createRequire(__filename)('node:sqlite'); return true; } catch { return false; } })();
    type Row = { readonly id: string; readonly stream: string; readonly frame: string };
    const rowsOf = (path: string): Row[] => {
      const { DatabaseSync } = createRequire(__filename)('node:sqlite') as { DatabaseSync: new (path: string) => { prepare(sql: string): { all(): Row[] }; close(): void } };
      const database = new DatabaseSync(path);
      const rows = database.prepare('SELECT * FROM results ORDER BY position').all();
      database.close();
      return rows;
    };

    it('a row each, once by its id, in a file that is made', async function () {
      if (!hasSqlite) this.skip();
      const path = join(folder, 'deep/er/results.db');
      const queue = queueOf({ type: 'sqlite', path, batch: 50 });
      for (let i = 1; i <= 500; i += 1) queue.push(resultOf(i, [], i === 500 ? HOSTILE : 'yard'));
      assert.equal(await queue.drain(10_000), true, JSON.stringify(queue.state));
      const rows = rowsOf(path);
      assert.deepEqual(rows.map(({ frame }) => (JSON.parse(frame) as { index: number }).index), Array.from({ length: 500 }, (_, i) => i + 1));
      assert.equal(rows.at(-1)?.stream, HOSTILE);
    });

    it('a file that is no database: says so, and keeps the results', async function () {
      if (!hasSqlite) this.skip();
      const path = join(folder, 'text.db');
      writeFileSync(path, 'this is no database\n'.repeat(100));
      const { error, waiting } = await failing(queueOf({ type: 'sqlite', path }));
      assert.match(error?.message ?? '', /text\.db: .*not a database/);
      assert.equal(waiting, 1);
    });

    it('before Node.js 22.13 it says what to do', async function () {
      if (hasSqlite) this.skip();
      const { error } = await failing(queueOf({ type: 'sqlite', path: join(folder, 'none.db') }));
      assert.equal(error?.code, 'BACKEND_MISSING');
      assert.match(error.message, /comes with Node\.js 22\.13/);
    });
  });
});
