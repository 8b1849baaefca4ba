import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Dispatcher } from '../../../dist/runtime/dispatch/index.js';
import { resultOf } from '../../support/sink-results.js';

describe('dispatch/dispatcher: sinks', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'dispatcher-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  it('sends each result there too, whatever collect does, and tells how they fare', async () => {
    const [lines, cells] = ['a.jsonl', 'a.csv'].map((name) => join(folder, name)) as [string, string];
    const told: string[] = [];
    class Failing extends Dispatcher {
      override collect(): void {
        throw new Error('no');
      }
    }
    const dispatcher = new Failing({ sinks: [{ type: 'jsonl', path: lines }, { type: 'csv', path: cells, name: 'cells' }], onSink: (name) => { told.push(name); }, onError: () => undefined });
    for (const index of [1, 2, 3]) void dispatcher.dispatch(resultOf(index));
    const outcome = await dispatcher.close();
    assert.deepEqual(outcome.map(({ name, state }) => [name, state.state, state.sent]), [['jsonl', 'idle', 3], ['cells', 'idle', 3]]);
    assert.equal(readFileSync(lines, 'utf8').trim().split('\n').length, 3);
    assert.equal(readFileSync(cells, 'utf8').trim().split('\n').length, 4);
    assert.deepEqual([...new Set(told)].sort(), ['cells', 'jsonl']);
    assert.equal(dispatcher.getResult('persons')?.length, 3);
  });

  it('closes although a receiver is away, and says what was not sent', async () => {
    const dispatcher = new Dispatcher({ sinks: [{ type: 'http', url: 'http://127.0.0.1:49151/' }] });
    await dispatcher.dispatch(resultOf(1));
    const [outcome] = await dispatcher.close(300);
    assert.deepEqual([outcome?.state.state, outcome?.state.waiting], ['failing', 1]);
  });

  for (const [what, sinks] of [['no list', 'http'], ['another type', [{ type: 'smoke' }]], ['too many', Array(17).fill({ type: 'jsonl', path: 'a' })]] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => new Dispatcher({ sinks: sinks as never }), (error: { code?: string; message?: string }) => error.code === 'OPTION_INVALID' && /^sinks/.test(error.message ?? ''));
    });
  }
});
