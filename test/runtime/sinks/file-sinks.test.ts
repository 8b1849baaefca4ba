import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sinkSchema } from '../../../dist/runtime/base/plan.js';
import { SinkQueue, type SinkRecord } from '../../../dist/runtime/sinks/index.js';
import { resultOf } from '../../support/sink-results.js';

describe('sinks: files', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'file-sinks-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  async function write(type: 'jsonl' | 'csv', results: readonly ReturnType<typeof resultOf>[]): Promise<SinkQueue> {
    const queue = new SinkQueue(sinkSchema.parse({ type, path: join(folder, 'deep/er', `out.${type}`), gather: 0 }));
    for (const result of results) queue.push(result);
    await queue.drain(5000);
    return queue;
  }
  const read = (type: string): string => readFileSync(join(folder, 'deep/er', `out.${type}`), 'utf8');

  it('jsonl: a line each, behind what is there', async () => {
    await (await write('jsonl', [resultOf(1), resultOf(2)])).close();
    await (await write('jsonl', [resultOf(3)])).close();
    const records = read('jsonl').trim().split('\n').map((line) => JSON.parse(line) as SinkRecord);
    assert.deepEqual(records.map(({ frame }) => frame.index), [1, 2, 3]);
  });

  for (const type of ['jsonl', 'csv'] as const) {
    it(`${type}: a line that a crash has cut off is taken away`, async () => {
      await (await write(type, [resultOf(1), resultOf(2)])).close();
      const path = join(folder, 'deep/er', `out.${type}`);
      truncateSync(path, readFileSync(path).length - 7);
      await (await write(type, [resultOf(3)])).close();
      const lines = read(type).trim().split('\n');
      assert.equal(lines.length, type === 'csv' ? 3 : 2);
      assert.ok(read(type).endsWith('\n') && lines.every((line) => type === 'csv' || JSON.parse(line) !== null));
    });
  }

  it('csv: a row for each thing, and one for what has found nothing or is no list', async () => {
    const box = { xmin: -1.5, ymin: 2, xmax: 3, ymax: 4 };
    await (await write('csv', [
      resultOf(1, [{ label: 'person', score: 0.5, box, classId: 0, trackId: 7 }, { label: 'car', score: 1, box, classId: 2 }]),
      resultOf(2, []), resultOf(3, { brightness: 3, name: 'a,"b"' }), resultOf(4, null), resultOf(5, [1, 'x']),
    ])).close();
    const rows = read('csv').trim().split('\n').map((row) => row.split(',').slice(2).join(','));
    assert.deepEqual(rows, [
      'stream,algo,position,frame,count,number,label,score,xmin,ymin,xmax,ymax,trackId,result',
      'yard,persons,0.1,1,2,1,person,0.5,-1.5,2,3,4,7,',
      'yard,persons,0.1,1,2,2,car,1,-1.5,2,3,4,,',
      'yard,persons,0.2,2,0,,,,,,,,,',
      'yard,persons,0.3,3,,,,,,,,,,"{""brightness"":3,""name"":""a,\\""b\\""""}"',
      'yard,persons,0.4,4,,,,,,,,,,null',
      'yard,persons,0.5,5,2,1,,,,,,,,1',
      'yard,persons,0.5,5,2,2,,,,,,,,"""x"""',
    ]);
  });

  it('csv: what a spreadsheet would compute stays a text, and every row is one line', async () => {
    await (await write('csv', [resultOf(1, [{ label: '=HYPERLINK("http://x")' }, { label: '@cmd' }, { label: '+1\r\n"two"' }], '-stream\n2')])).close();
    const text = read('csv');
    assert.equal(text.trim().split('\n').length, 4);
    assert.ok(text.includes(`"'=HYPERLINK(""http://x"")"`) && text.includes("'@cmd") && text.includes(`"'+1 ""two"""`) && text.includes("'-stream 2"), text);
  });

  it('a path that is a folder, and one in a file: says so and keeps the results', async () => {
    mkdirSync(join(folder, 'deep/er/out.jsonl'), { recursive: true });
    const queue = new SinkQueue(sinkSchema.parse({ type: 'jsonl', path: join(folder, 'deep/er/out.jsonl'), gather: 0 }));
    queue.push(resultOf(1));
    while (queue.state.error === undefined) await new Promise((done) => setTimeout(done, 5));
    assert.match(queue.state.error.message, /^jsonl: open .*out\.jsonl: .*EISDIR/);
    assert.equal(queue.state.waiting, 1);
    rmSync(join(folder, 'deep/er/out.jsonl'), { recursive: true });
    assert.equal(await queue.drain(5000), true);
    await queue.close();
    assert.equal(read('jsonl').trim().split('\n').length, 1);
  });
});
