import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Bench, runBench } from '../../../bench/support/bench.js';
import { atMost, atMostPartOf, fasterThan, OURS } from '../../../bench/support/claims.js';
import type { Row, Sample } from '../../../bench/support/row.js';

describe('runBench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stream-infer-bench-'));
  const json = join(folder, 'bench.json');
  after(() => { rmSync(folder, { recursive: true }); });
  afterEach(() => { rmSync(json, { force: true }); });

  it('takes the sides in turns, after one turn to warm up that does not count', async () => {
    const calls: string[] = [];
    const report = await reportOf([row({ ours: values(calls, 'ours', [1000, 1, 3]), theirs: values(calls, 'theirs', [1, 4, 4]) })], ['--rounds', '2']);
    assert.deepEqual(calls, ['ours', 'theirs', 'ours', 'theirs', 'ours', 'theirs']);
    assert.equal(report.rows[0]?.ratio, 2);
  });

  for (const [turns, count] of [['few', 2], ['one', 1]] as const) {
    it(`a row of ${turns} turns gets ${count} of 3 rounds and none to warm up`, async () => {
      const calls: string[] = [];
      await reportOf([{ ...row({ ours: values(calls, 'ours', [1, 1]), theirs: values(calls, 'theirs', [1, 1]) }), turns }], ['--rounds', '3']);
      assert.deepEqual(calls, Array.from({ length: count }, () => ['ours', 'theirs']).flat());
    });
  }

  it('writes name, against, ratio, reach and ok of every claim, and the machine', async () => {
    const claims = [fasterThan('theirs', 2), fasterThan('theirs', 2.5), atMostPartOf('theirs', 'cpuMs', 0.5), atMost('lostFrames', 0)];
    const sides = { ours: () => ({ wallMs: 10, cpuMs: 30, lostFrames: 1 }), theirs: () => ({ wallMs: 20, cpuMs: 60 }) };
    assert.deepEqual(await reportOf([{ ...row(sides), claims }], ['--rounds', '1']), {
      machine: 'a machine, rounds: 1',
      rows: [
        { name: 'fake', against: 'theirs', ratio: 2, reach: 2, ok: true },
        { name: 'fake', against: 'theirs', ratio: 2, reach: 2.5, ok: false },
        { name: 'fake', against: 'theirs, cpuMs', ratio: 0.5, reach: 0.5, ok: true },
        { name: 'fake', against: 'lostFrames', ratio: 1, reach: 0, ok: false },
      ],
    });
  });

  it('prints both tables, and ends well though a ratio is not reached', async () => {
    const { code, printed } = await run([{ ...row({ ours: () => ({ wallMs: 10 }), theirs: () => ({ wallMs: 20 }) }), claims: [fasterThan('theirs', 3)] }], ['--rounds', '1']);
    assert.equal(code, 0);
    assert.match(printed, /^a machine/);
    assert.match(printed, /\| fake \| theirs \| 2\.00 \| ≥ 3 \| \*\*not reached\*\* \|/);
    assert.match(printed, /\| fake \| \*nothing\* \| \|\n\| \| stream-infer: counts \| wallMs \*\*10\*\* \(10 … 10\) \|/);
  });

  it('measures only the rows named, in the order there is', async () => {
    const rows = ['one', 'two', 'three'].map((name) => ({ ...row({ ours: () => ({ wallMs: 1 }), theirs: () => ({ wallMs: 1 }) }), name }));
    assert.deepEqual((await reportOf(rows, ['three', 'one'])).rows.map(({ name }) => name), ['one', 'three']);
  });

  for (const [what, fault] of [
    ['a side that fails', { ours: (): Sample => { throw new Error('it fell over'); }, theirs: () => ({ wallMs: 1 }) }],
    ['a side that measures nothing', { ours: () => ({}), theirs: () => ({ wallMs: 1 }) }],
    ['a ratio that is none', { ours: () => ({ wallMs: 0 }), theirs: () => ({ wallMs: 1 }) }],
  ] as const) {
    it(`${what} is told and ends in 1; the other rows are measured still`, async () => {
      const { code, told } = await run([row(fault), { ...row({ ours: () => ({ wallMs: 1 }), theirs: () => ({ wallMs: 1 }) }), name: 'sound' }], ['--json', json]);
      assert.equal(code, 1);
      assert.match(told, /fake: could not be measured: ./);
      assert.deepEqual(readReport().rows.map(({ name }) => name), ['sound']);
    });
  }

  it('a row that this machine has not the files for is skipped with a word, and is no failure', async () => {
    const { code, told } = await run([{ ...row({ ours: () => ({ wallMs: 1 }), theirs: () => ({ wallMs: 1 }) }), missing: () => 'there is no model' }], []);
    assert.equal(code, 0);
    assert.match(told, /fake: skipped: there is no model/);
  });

  for (const [args, expected] of [
    [['nonsense'], /no such row: nonsense; there are fake$/m],
    [['--rounds', '0'], /--rounds: expected a whole number from 1 to 99, got "0"/],
    [['--rounds', '2.5'], /--rounds: .* got "2\.5"/],
    [['--rounds', '-1'], /--rounds/],
    [['--rounds', 'many'], /--rounds: .* got "many"/],
    [['--rounds', '1e9'], /--rounds: .* got "1e9"/],
    [['--rounds'], /--rounds/],
    [['--json'], /--json/],
    [['--json', ''], /--json: expected the path of a file in a folder that exists, got ""/],
    [['--json', tmpdir()], /--json: expected the path of a file/],
    [['--json', join(tmpdir(), 'no', 'such', 'folder.json')], /--json: expected the path of a file in a folder that exists/],
    [['--verbose'], /--verbose/],
  ] as const) {
    it(`refuses ${JSON.stringify(args)} before anything is measured`, async () => {
      const untouched = row({ ours: () => assert.fail('measured'), theirs: () => assert.fail('measured') });
      const { code, told, printed } = await run([untouched], args);
      assert.deepEqual([code, printed], [2, '']);
      assert.match(told, expected);
    });
  }

  async function reportOf(rows: readonly Row[], args: readonly string[]): Promise<Report> {
    const { code, told } = await run(rows, [...args, '--json', json]);
    assert.equal(code, 0, told);
    return readReport();
  }

  function readReport(): Report {
    assert.ok(existsSync(json));
    return JSON.parse(readFileSync(json, 'utf8')) as Report;
  }
});

type Report = { readonly machine: string; readonly rows: readonly { readonly name: string; readonly ratio: number }[] };

function row({ ours, theirs }: { readonly ours: () => Sample; readonly theirs: () => Sample }): Row {
  const side = (name: string, measure: () => Sample): Row['sides'][0] => ({ name, does: 'counts', run: () => new Promise((done) => { done(measure()); }) });
  return { name: 'fake', title: 'nothing', needs: [], sides: [side(OURS, ours), side('theirs', theirs)], claims: [fasterThan('theirs', 1)] };
}

/** Gives one value after the other as wall time, and writes down who was asked. */
function values(calls: string[], name: string, given: readonly number[]): () => Sample {
  const rest = [...given];
  return () => {
    calls.push(name);
    return { wallMs: rest.shift() ?? NaN };
  };
}

async function run(rows: readonly Row[], args: readonly string[]): Promise<{ readonly code: number; readonly told: string; readonly printed: string }> {
  const [told, printed]: [string[], string[]] = [[], []];
  const bench: Bench = {
    rows,
    machine: (rounds) => `a machine, rounds: ${rounds}`,
    print: (text) => { printed.push(text); },
    tell: (line) => { told.push(line); },
  };
  return { code: await runBench(bench, args), told: told.join('\n'), printed: printed.join('') };
}
