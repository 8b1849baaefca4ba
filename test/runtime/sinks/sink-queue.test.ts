import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Sink, SinkQueue, type SinkQueueOptions, type SinkRecord, type SinkState } from '../../../dist/runtime/sinks/index.js';
import { type SinkOptions, sinkSchema } from '../../../dist/runtime/base/plan.js';
import { makeDeferred, StreamInferError } from '../../../dist/runtime/base/index.js';
import { resultOf } from '../../support/sink-results.js';

const FAST = { type: 'http', url: 'http://127.0.0.1:1/', gather: 0 } as const;

/** A receiver in this process that does as it is told. */
class Receiver implements Sink {
  readonly got: SinkRecord[] = [];
  readonly batches: number[] = [];
  opened = 0;
  fails: 'never' | 'open' | 'send' | 'after' = 'never';
  refuses: (record: SinkRecord) => boolean = () => false;
  hold: Promise<void> | undefined;

  open(): Promise<void> {
    this.opened += 1;
    return this.fails === 'open' ? Promise.reject(new StreamInferError('SINK_FAILED', 'it is not there')) : Promise.resolve();
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    await this.hold;
    signal.throwIfAborted();
    if (this.fails === 'send') throw new Error('it broke off');
    if (records.some(this.refuses)) throw new StreamInferError('SINK_REFUSED', 'not that one');
    this.batches.push(records.length);
    this.got.push(...records);
    if (this.fails === 'after') throw new Error('it broke off at the end');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get indexes(): number[] {
    return this.got.map(({ frame }) => frame.index);
  }
}

describe('sinks: queue', () => {
  let folder: string;
  const open: SinkQueue[] = [];
  let states: SinkState[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sinks-'));
    states = [];
  });
  afterEach(async () => {
    for (const queue of open.splice(0)) await queue.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function queueTo(receiver: Sink, options: Partial<SinkOptions> = {}, more: SinkQueueOptions = {}): SinkQueue {
    const queue = new SinkQueue(sinkSchema.parse({ ...FAST, ...options }), { openSink: () => Promise.resolve(receiver), onState: (state) => { states.push(state); }, ...more });
    open.push(queue);
    return queue;
  }
  const spool = (): Partial<SinkOptions> => ({ spool: join(folder, 'spool') });
  const push = (queue: SinkQueue, from: number, to: number): void => { for (let i = from; i <= to; i += 1) queue.push(resultOf(i)); };
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((done) => setTimeout(done, 2));
  }

  for (const [where, options] of [['memory', () => ({})], ['a spool', spool]] as const) {
    describe(`in ${where}`, () => {
      it('sends all in order, in batches, each with an id and a time of its own', async () => {
        const receiver = new Receiver();
        const queue = queueTo(receiver, { ...options(), batch: 10 });
        push(queue, 1, 95);
        assert.equal(await queue.drain(5000), true);
        assert.deepEqual(receiver.indexes, range(1, 95));
        assert.ok(receiver.batches.every((size) => size <= 10) && receiver.batches.length >= 10);
        assert.equal(new Set(receiver.got.map(({ id }) => id)).size, 95);
        const [first] = receiver.got;
        assert.deepEqual({ ...first, id: '', time: '' }, {
          id: '', time: '', stream: 'yard', algo: 'persons', position: 0.1, frame: { index: 1, sourceIndex: 0, pts: 0.1, width: 640, height: 360 },
          result: [{ label: 'person', score: 0.9, box: { xmin: 1, ymin: 2, xmax: 3, ymax: 4 }, classId: 0 }], timing: { inferenceMs: 5, latencyMs: 7 },
        });
        assert.match(first?.time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.deepEqual(queue.state, { state: 'idle', waiting: 0, sent: 95, refused: 0, lost: 0 });
      });

      it('keeps what a receiver does not take, says why, tries again with growing pauses, and then sends it', async () => {
        const receiver = new Receiver();
        receiver.fails = 'open';
        const queue = queueTo(receiver, options());
        push(queue, 1, 5);
        await until(() => states.filter(({ state }) => state === 'failing').some(({ retryIn = 0 }) => retryIn >= 0.75));
        const { waiting, error, sent } = queue.state;
        assert.deepEqual([waiting, error, sent], [5, { code: 'SINK_FAILED', message: 'http: it is not there' }, 0]);
        receiver.fails = 'never';
        await until(() => queue.state.state === 'idle');
        assert.deepEqual(receiver.indexes, range(1, 5));
      });

      it('sends again, with the same ids, what may have arrived', async () => {
        const receiver = new Receiver();
        receiver.fails = 'after';
        const queue = queueTo(receiver, options());
        push(queue, 1, 3);
        await until(() => queue.state.state === 'failing');
        receiver.fails = 'never';
        await queue.drain(5000);
        assert.equal(new Set(receiver.got.map(({ id }) => id)).size, 3);
        assert.ok(receiver.got.length > 3);
      });

      it('finds the one that is refused, counts it, and sends the others', async () => {
        const receiver = new Receiver();
        receiver.refuses = ({ frame }) => frame.index === 7;
        const queue = queueTo(receiver, { ...options(), batch: 10 });
        push(queue, 1, 20);
        assert.equal(await queue.drain(5000), true);
        assert.deepEqual(receiver.indexes, range(1, 20).filter((i) => i !== 7));
        const { sent, refused, refusal } = queue.state;
        assert.deepEqual([sent, refused, refusal], [19, 1, { code: 'SINK_REFUSED', message: 'http: not that one' }]);
        if (where === 'memory') return;
        const [line = ''] = readFileSync(join(folder, 'spool/refused.jsonl'), 'utf8').split('\n');
        assert.equal((JSON.parse(line) as { result: SinkRecord }).result.frame.index, 7);
      });

      for (const whenFull of ['oldest', 'newest'] as const) {
        it(`loses the ${whenFull} when too much waits, and counts them`, async () => {
          const receiver = new Receiver();
          receiver.fails = 'open';
          const queue = queueTo(receiver, { ...options(), spoolMb: 1, whenFull });
          const big = [{ label: 'x'.repeat(10_000) }];
          for (let i = 1; i <= 300; i += 1) {
            queue.push(resultOf(i, big));
            if (i % 10 === 0) await new Promise((done) => setImmediate(done));
          }
          await until(() => queue.state.lost > 0 && queue.state.waiting + queue.state.lost === 300);
          receiver.fails = 'never';
          await queue.drain(10_000);
          const { lost, sent } = queue.state;
          assert.equal(lost + sent, 300);
          assert.ok(sent > 80 && sent < 110, String(sent));
          if (whenFull === 'oldest') assert.deepEqual(receiver.indexes, range(300 - sent + 1, 300));
          else assert.equal(receiver.indexes[0], 1);
        });
      }

      it('loses none, however they come between its own steps', async () => {
        const receiver = new Receiver();
        const queue = queueTo(receiver, { ...options(), batch: 7 });
        const pauses: readonly (() => unknown)[] = [() => undefined, () => Promise.resolve(), () => new Promise((done) => setImmediate(done)), () => new Promise((done) => setTimeout(done, 1))];
        for (let i = 1; i <= 500; i += 1) {
          push(queue, i, i);
          await pauses[(i * 7 + (i % 11)) % 4]?.();
        }
        assert.equal(await queue.drain(10_000), true);
        assert.deepEqual(receiver.indexes, range(1, 500));
      });

      it('takes nothing more when it is closed, and may be closed twice', async () => {
        const receiver = new Receiver();
        const queue = queueTo(receiver, options());
        push(queue, 1, 1);
        await queue.drain(5000);
        await Promise.all([queue.close(), queue.close()]);
        push(queue, 2, 2);
        assert.deepEqual(receiver.indexes, [1]);
      });

      it('ends although its receiver hangs', async () => {
        const receiver = new Receiver();
        const { promise, resolve } = makeDeferred();
        receiver.hold = promise;
        const queue = queueTo(receiver, options());
        push(queue, 1, 1);
        await until(() => queue.state.state === 'sending');
        assert.equal(await queue.drain(50), false);
        resolve();
      });
    });
  }

  it('gathers a batch, and does not wait when it has one', async () => {
    const receiver = new Receiver();
    const queue = queueTo(receiver, { gather: 3600, batch: 4 });
    push(queue, 1, 4);
    await until(() => receiver.got.length === 4);
    push(queue, 5, 6);
    await until(() => queue.state.waiting === 2);
    push(queue, 7, 8);
    await until(() => receiver.got.length === 8);
    push(queue, 9, 9);
    assert.equal(await queue.drain(5000), true);
    assert.deepEqual(receiver.batches, [4, 4, 1]);
  });

  it('ends in time although a receiver answers nothing and does not look at the signal', async () => {
    const deaf: Sink = { open: () => Promise.resolve(), send: () => new Promise(() => undefined), close: () => Promise.resolve() };
    const queue = queueTo(deaf, { timeout: 0.1 });
    push(queue, 1, 1);
    await until(() => queue.state.state === 'failing');
    assert.match(queue.state.error?.message ?? '', /no answer within 0\.1 s/);
    await queue.close();
  });

  it('refuses a result that is too large, or no plain data, and goes on', async () => {
    const receiver = new Receiver();
    const queue = queueTo(receiver);
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    queue.push(resultOf(1, circle));
    queue.push(resultOf(2, 'x'.repeat(17 * 2 ** 20)));
    queue.push(resultOf(3));
    await queue.drain(5000);
    assert.deepEqual(receiver.indexes, [3]);
    assert.deepEqual([queue.state.refused, queue.state.refusal?.code], [2, 'SINK_REFUSED']);
    assert.match(queue.state.refusal?.message ?? '', /17 MiB as JSON; 16 are sent at most/);
  });

  describe('a spool', () => {
    const closed = async (to: number, receiver = new Receiver()): Promise<void> => {
      receiver.fails = 'open';
      const queue = queueTo(receiver, spool());
      push(queue, 1, to);
      await until(() => queue.state.state === 'failing');
      await queue.close();
    };
    const file = (): string => join(folder, 'spool', readdirSync(join(folder, 'spool')).find((name) => /^\d+\.jsonl$/.test(name)) ?? '');

    it('gives what waited to the next queue, in order, with the same ids', async () => {
      await closed(50);
      const ids = readFileSync(file(), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as SinkRecord).id);
      const receiver = new Receiver();
      const queue = queueTo(receiver, spool());
      push(queue, 51, 60);
      assert.equal(await queue.drain(5000), true);
      assert.deepEqual(receiver.indexes, range(1, 60));
      assert.deepEqual(receiver.got.slice(0, 50).map(({ id }) => id), ids);
      await queue.close();
      assert.deepEqual(readdirSync(join(folder, 'spool')), [], 'nothing is left of what was sent');
    });

    it('sends what was sent before no more', async () => {
      const receiver = new Receiver();
      const queue = queueTo(receiver, { ...spool(), batch: 5 });
      receiver.refuses = ({ frame }) => { if (frame.index === 13) receiver.fails = 'send'; return false; };
      push(queue, 1, 20);
      await until(() => queue.state.state === 'failing');
      await queue.close();
      const next = new Receiver();
      await queueTo(next, spool()).drain(5000);
      assert.deepEqual([...new Set([...receiver.indexes, ...next.indexes])], range(1, 20));
      assert.ok((next.indexes[0] ?? 0) > 5, 'some of them were');
    });

    const damages: readonly (readonly [what: string, damage: (path: string) => void, expected: readonly number[], lost: number])[] = [
      ['a line that was cut off', (path) => { truncateSync(path, readFileSync(path).length - 20); }, range(1, 9), 0],
      ['garbage in between', (path) => {
        const lines = readFileSync(path, 'utf8').split('\n');
        lines[4] = '\0\0\0{"id":';
        writeFileSync(path, lines.join('\n'));
      }, range(1, 10).filter((i) => i !== 5), 1],
      ['JSON of something else', (path) => { appendFileSync(path, '{"id":1}\nnull\n[]\n'); }, range(1, 10), 3],
      ['a position that is none', (path) => { writeFileSync(join(path, '../position.json'), '{"next":'); }, range(1, 10), 0],
      ['a position behind the end', (path) => { writeFileSync(join(path, '../position.json'), '{"next":1e9}'); }, [], 0],
    ];
    for (const [what, damage, expected, lost] of damages) {
      it(`loses no more than the lines that are damaged: ${what}`, async () => {
        await closed(10);
        damage(file());
        const receiver = new Receiver();
        const queue = queueTo(receiver, spool());
        await queue.drain(5000);
        assert.deepEqual(receiver.indexes, expected);
        assert.equal(queue.state.lost, lost);
        push(queue, 11, 12);
        await queue.drain(5000);
        assert.deepEqual(receiver.indexes, [...expected, 11, 12]);
      });
    }

    it('is of one queue alone', async () => {
      const receiver = new Receiver();
      const queue = queueTo(receiver, spool());
      push(queue, 1, 1);
      await queue.drain(5000);
      const other = queueTo(new Receiver(), spool());
      await until(() => other.state.state === 'failing');
      assert.match(other.state.error?.message ?? '', /used by another process/);
    });

    it('of a process that has died is taken over', async () => {
      await closed(3);
      writeFileSync(join(folder, 'spool/spool.owner'), '');
      const receiver = new Receiver();
      const queue = queueTo(receiver, spool());
      await until(() => queue.state.state === 'failing');
      rmSync(join(folder, 'spool/spool.owner'));
      await until(() => receiver.got.length === 3);
    }).timeout(20_000);

    it('that cannot be written: it says so, and sends from memory as soon as it can', async function () {
      writeFileSync(join(folder, 'spool'), 'this is no folder');
      const receiver = new Receiver();
      const queue = queueTo(receiver, spool());
      push(queue, 1, 3);
      await until(() => queue.state.state === 'failing');
      assert.deepEqual([queue.state.waiting, queue.state.error?.code], [3, 'SINK_FAILED']);
      assert.match(queue.state.error?.message ?? '', /spool .*(EEXIST|ENOTDIR)/);
      rmSync(join(folder, 'spool'));
      await until(() => receiver.got.length === 3);
    }).timeout(20_000);

    it('is for its user alone', async () => {
      await closed(1);
      assert.equal(statSync(join(folder, 'spool')).mode & 0o077, 0);
      assert.equal(statSync(file()).mode & 0o077, 0);
    });
  });
});
