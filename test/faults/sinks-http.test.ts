import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { sinkSchema } from '../../dist/runtime/base/plan.js';
import { SinkQueue } from '../../dist/runtime/sinks/index.js';
import { cli } from '../support/cli.js';
import { Receiver, type Received } from '../support/servers/receiver.js';
import { resultOf } from '../support/sink-results.js';

const CLI = resolve(__dirname, '../../dist/runtime/jobs/cli.js');

describe('results by HTTP', function () {
  this.timeout(120_000);
  let folder: string;
  let receiver: Receiver;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sinks-http-'));
    receiver = new Receiver(join(folder, 'received.jsonl'));
    await receiver.start();
  });
  afterEach(async () => {
    await receiver.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One for each id. */
  const unique = (received: readonly Received[]): readonly Received[] => [...new Map(received.map((record) => [record.id, record])).values()];
  const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1);

  for (const spool of [undefined, 'spool']) {
    it(`a server that is killed twice and stands still once, under load${spool === undefined ? ', without a spool' : ''}: every result is there, once by id`, async () => {
      const queue = new SinkQueue(sinkSchema.parse({ type: 'http', url: receiver.url, gather: 0.01, timeout: 1, batch: 20, ...(spool !== undefined && { spool: join(folder, spool) }) }));
      let pushed = 0;
      const load = (async () => {
        for (; pushed < 3000; pushed += 1) {
          queue.push(resultOf(pushed + 1));
          if (pushed % 10 === 0) await wait(5);
        }
      })();
      for (let round = 0; round < 2; round += 1) {
        await wait(200);
        await receiver.kill();
        await wait(400);
        await receiver.start();
      }
      receiver.freeze();
      await wait(1200);
      receiver.resume();
      await load;
      assert.equal(await queue.drain(60_000), true, JSON.stringify(queue.state));
      assert.deepEqual([queue.state.sent, queue.state.lost, queue.state.refused], [3000, 0, 0]);
      await queue.close();
      assert.deepEqual(unique(receiver.received).map(({ frame }) => frame.index), range(3000));
    });
  }

  it('a job that is killed, with a server that comes and goes: its next run sends what is missing, every result once by id', async () => {
    const job = join(folder, 'job.json');
    const results = join(folder, 'results.jsonl');
    writeFileSync(join(folder, 'slow.js'), 'exports.Slow = class { async run([{ index }]) { await new Promise((done) => setTimeout(done, 15)); return { index }; } };');
    writeFileSync(job, JSON.stringify({
      mode: 'offline', source: 'test:?width=64&height=32&fps=10&seconds=20', algos: [{ module: './slow.js', export: 'Slow', interval: 0, frame_count: 1 }],
      sinks: [{ type: 'http', url: receiver.url, spool: 'spool', gather: 0.05, batch: 5 }],
    }));
    const child = spawn(process.execPath, [CLI, 'run', job, '--results', results, '--quiet'], { stdio: 'ignore' });
    const ended = once(child, 'close');
    while (receiver.received.length < 30) await wait(10);
    await receiver.kill();
    const before = receiver.received.length;
    while (readFileSync(results, 'utf8').split('\n').length < before + 40) await wait(10);
    child.kill('SIGKILL');
    await ended;
    assert.ok(readdirSync(join(folder, 'spool')).some((name) => /^\d+\.jsonl$/.test(name)), 'what was not sent waits');
    await receiver.start();
    writeFileSync(job, readFileSync(job, 'utf8').replace(/127\.0\.0\.1:\d+/, new URL(receiver.url).host));
    const { code, stderr } = await cli(['run', job, '--results', results, '--resume', '--quiet']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(unique(receiver.received).map(({ frame }) => frame.index).sort((a, b) => a - b), range(200));
  });

  it('a job whose server stays away says what was not sent, keeps it, and exits with 1', async () => {
    await receiver.kill();
    const job = join(folder, 'job.json');
    writeFileSync(join(folder, 'quick.js'), 'exports.Quick = class { run([{ index }]) { return { index }; } };');
    writeFileSync(job, JSON.stringify({
      mode: 'offline', source: 'test:?width=64&height=32&fps=10&seconds=1', algos: [{ module: './quick.js', export: 'Quick', interval: 0, frame_count: 1 }],
      sinks: [{ type: 'http', name: 'warehouse', url: receiver.url, spool: 'spool' }],
    }));
    const { code, stderr } = await cli(['run', job]);
    assert.equal(code, 1);
    assert.match(stderr, /warning: warehouse: .*ECONNREFUSED.*results wait, it is tried again/);
    assert.match(stderr, /error: warehouse: of 10 results 10 were not sent in time \(with a spool the next run sends them\)/);
    await receiver.start();
    const again = await cli(['run', job]);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(unique(receiver.received).map(({ frame }) => frame.index), range(10));
  });
});
