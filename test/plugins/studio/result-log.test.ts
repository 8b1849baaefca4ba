import assert from 'node:assert/strict';

import { ResultLog } from '../../../dist/plugins/studio/result-log.js';
import type { AlgoResult } from '../../../dist/runtime/index.js';

const result = (value: unknown, index = 1): AlgoResult => ({
  streamId: 's', algoId: 'a1', algo: 'moves', position: index / 25, result: value, timing: { inferenceMs: 1, latencyMs: 2 },
  frame: { index, sourceIndex: index - 1, pts: index / 25, width: 2, height: 2 },
  stream: { id: 's', name: 's', mode: 'realtime', fps: 25, width: 2, height: 2, epoch: 0 },
});

describe('plugins/studio: the log of results', () => {
  it('gives what is newer, with the number of things in it', () => {
    const log = new ResultLog();
    log.add(result([{ label: 'cat' }, { label: 'dog' }]));
    log.add(result('text', 2));
    assert.deepEqual(log.after(0).rows.map(({ number, count, result: shown }) => [number, count, shown]), [[1, 2, [{ label: 'cat' }, { label: 'dog' }]], [2, undefined, 'text']]);
    assert.deepEqual(log.after(1).rows.map(({ number }) => number), [2]);
    assert.deepEqual(log.after(2), { rows: [], lost: 0 });
    assert.deepEqual(log.after(1000), { rows: [], lost: 0 });
  });

  it('keeps 2000, gives 500 at a time, and tells what is lost', () => {
    const log = new ResultLog();
    for (let i = 1; i <= 2600; i += 1) log.add(result(i, i));
    const { rows, lost } = log.after(10);
    assert.deepEqual([lost, rows.length, rows[0]?.number, rows.at(-1)?.number], [590, 500, 601, 1100]);
    assert.deepEqual(log.after(2599).rows.map(({ number }) => number), [2600]);
    log.clear();
    log.add(result(1));
    assert.equal(log.after(0).rows[0]?.number, 1);
  });

  it('of huge results only that they were there; all together have a limit', () => {
    const log = new ResultLog();
    log.add(result(Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 'x'.repeat(400)))));
    const [row] = log.after(0).rows;
    assert.deepEqual([row?.count, row && 'result' in row], [100, false]);
    for (let i = 0; i < 100; i += 1) log.add(result('y'.repeat(499)));
    const wide = Array.from({ length: 100 }, () => 'z'.repeat(1500));
    for (let i = 0; i < 200; i += 1) log.add(result(wide));
    assert.ok(log.after(0).lost > 100);
    const { rows } = log.after(200);
    assert.ok(JSON.stringify(rows).length < 2_500_000 && rows.length > 0);
  });

  it('takes what JSON has no text for', () => {
    const log = new ResultLog();
    for (const odd of [undefined, null, NaN, 10n, Float32Array.of(1, 2)]) log.add(result(odd));
    assert.equal((JSON.parse(JSON.stringify(log.after(0).rows)) as unknown[]).length, 5);
  });
});
