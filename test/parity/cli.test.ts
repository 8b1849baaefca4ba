import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StreamTotals } from '../../dist/runtime/index.js';
import { cli } from '../support/cli.js';
import { algosOf, assertAccounted, BARCODE_MODULE, CASES, expectedOf, expectedResults, expectedRuns, type OracleCase, runsOf, titleOf } from '../support/oracle.js';

/** Processes at a time. */
const AT_ONCE = 2;

type Line = Readonly<Record<string, unknown>> & { readonly frame: { readonly index: number; readonly sourceIndex: number } };
type LastLine = Pick<StreamTotals, 'frames' | 'algos'>;
type Outcome = { readonly code: number | null; readonly stderr: string; readonly lines: readonly Line[]; readonly last: LastLine };

/** The case as a job, in the words of the Python library's own. */
function jobOf(one: OracleCase, backend: string): object {
  return {
    mode: 'offline', source: one.location, fps: one.fps ?? null, position: one.position,
    producer: { type: backend, width: 64, height: 36 },
    dispatcher: { module: 'stream_infer.dispatcher', name: 'DevelopDispatcher', kwargs: { buffer: one.buffer } },
    algos: algosOf(one).map(({ name, frameCount, frameStep, interval, gives }) => ({
      name, module: BARCODE_MODULE, export: 'BarcodeAlgo', kwargs: { frame_count: frameCount, frame_step: frameStep, interval, gives },
    })),
  };
}

for (const backend of ['libav', 'ffmpeg']) {
  describe(`stream-infer run, with ${backend}, gives what the Python library gave`, function () {
    this.timeout(120_000);
    let folder: string;
    let outcomes: ReadonlyMap<string, Promise<Outcome>>;

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'parity-'));
      outcomes = inTurns(CASES);
    });
    after(() => { rmSync(folder, { recursive: true, force: true }); });

    /** Starts all runs, `AT_ONCE` side by side. */
    function inTurns(cases: readonly OracleCase[]): Map<string, Promise<Outcome>> {
      const lanes = Array.from({ length: AT_ONCE }, () => Promise.resolve<unknown>(undefined));
      return new Map(cases.map((one, i) => {
        const outcome = (lanes[i % AT_ONCE] ?? Promise.resolve()).then(() => play(one));
        lanes[i % AT_ONCE] = outcome.catch(() => undefined);
        return [one.name, outcome];
      }));
    }

    async function play(one: OracleCase): Promise<Outcome> {
      const [job, out] = [join(folder, `${one.name}.json`), join(folder, `${one.name}.jsonl`)];
      writeFileSync(job, JSON.stringify(jobOf(one, backend)));
      const { code, stderr } = await cli(['run', job, '--results', out, '--quiet']);
      assert.ok(existsSync(out), stderr);
      const lines = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);
      return { code, stderr, lines: lines.slice(0, -1) as Line[], last: lines.at(-1) as LastLine };
    }

    for (const one of CASES) {
      it(titleOf(one), async () => {
        const { code, stderr, lines, last } = (await outcomes.get(one.name)) as Outcome;
        const results = lines.map(({ algo, frame: { index, sourceIndex }, result }) => ({ algo, index, sourceIndex, result: result ?? null }));
        assert.deepEqual(results, expectedResults(one), stderr);
        assertAccounted(last.frames, expectedOf(one).delivered.length);
        assert.deepEqual(runsOf(last.algos), expectedRuns(one));
        assert.equal(code, one.algos.some(({ gives }) => gives === 'error') ? 1 : 0, stderr);
      });
    }
  });
}
