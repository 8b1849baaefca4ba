import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import Redis from 'ioredis';
import mqtt from 'mqtt';
import pg from 'pg';

import { sinkSchema } from '../../dist/runtime/base/plan.js';
import { SinkQueue, type SinkRecord } from '../../dist/runtime/sinks/index.js';
import { MosquittoServer, PostgresServer, RedisServer, type Service } from '../support/servers/service.js';
import { resultOf } from '../support/sink-results.js';

const COUNT = 2000;

describe('results to servers that come and go', function () {
  this.timeout(180_000);
  let folder: string;
  let service: Service;

  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'sinks-servers-')); });
  afterEach(async () => {
    await (service as Service | undefined)?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Pushes results while the server is killed twice and stands still once; all are sent in the end. */
  async function underLoad(options: object): Promise<void> {
    const queue = new SinkQueue(sinkSchema.parse({ gather: 0.01, timeout: 1.5, batch: 20, spool: join(folder, 'spool'), ...options }));
    const load = (async () => {
      for (let i = 1; i <= COUNT; i += 1) {
        queue.push(resultOf(i));
        if (i % 10 === 0) await wait(8);
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      await wait(300);
      await service.kill();
      await wait(300);
      await service.start();
    }
    service.freeze();
    await wait(2000);
    service.resume();
    await load;
    assert.equal(await queue.drain(90_000), true, JSON.stringify(queue.state));
    const { sent, lost, refused } = queue.state;
    assert.deepEqual([sent, lost, refused], [COUNT, 0, 0]);
    await queue.close();
  }
  const assertOnceById = (records: readonly SinkRecord[]): void => {
    const indexes = [...new Map(records.map(({ id, frame }) => [id, frame.index])).values()].sort((a, b) => a - b);
    assert.deepEqual(indexes, Array.from({ length: COUNT }, (_, i) => i + 1));
  };

  for (const mode of ['stream', 'sorted-set'] as const) {
    it(`Redis, ${mode}: every result is there, once by id`, async function () {
      if (!RedisServer.isThere) this.skip();
      const server = await RedisServer.open();
      service = server;
      await underLoad({ type: 'redis', url: server.url, mode, key: 'r:{stream}:{algo}', most: 0 });
      const client = new Redis(server.url);
      const json = mode === 'stream'
        ? (await client.xrange('r:yard:persons', '-', '+')).map(([, fields]) => fields[fields.indexOf('json') + 1] ?? '')
        : await client.zrange('r:yard:persons', '0', '-1');
      client.disconnect();
      if (mode === 'sorted-set') assert.equal(json.length, COUNT);
      assertOnceById(json.map((text) => JSON.parse(text) as SinkRecord));
    });
  }

  it('PostgreSQL: every result is one row', async function () {
    if (!PostgresServer.isThere) this.skip();
    const server = await PostgresServer.open();
    service = server;
    await underLoad({ type: 'postgres', url: server.url, username: 'viewer', password: 'secret', table: 'seen' });
    const client = new pg.Client({ connectionString: server.url.replace('//', '//viewer:secret@') });
    await client.connect();
    const { rows } = await client.query<SinkRecord>('SELECT id, frame FROM seen');
    await client.end();
    assert.equal(rows.length, COUNT);
    assertOnceById(rows);
  });

  it('MQTT: who subscribed for good gets every result, once by id', async function () {
    if (!MosquittoServer.isThere) this.skip();
    const server = await MosquittoServer.open();
    service = server;
    const got: SinkRecord[] = [];
    const subscriber = mqtt.connect(server.url, { clientId: 'counter', clean: false, reconnectPeriod: 100, connectTimeout: 2000 });
    subscriber.on('message', (_topic, payload) => { got.push(JSON.parse(payload.toString()) as SinkRecord); });
    subscriber.on('error', () => undefined);
    await new Promise<void>((resolve) => subscriber.once('connect', () => { resolve(); }));
    await subscriber.subscribeAsync('stream-infer/#', { qos: 1 });
    await wait(1500); // the broker writes the subscription down within a second
    await underLoad({ type: 'mqtt', url: server.url });
    while (new Set(got.map(({ id }) => id)).size < COUNT) await wait(20);
    await subscriber.endAsync(true);
    assertOnceById(got);
  });
});
