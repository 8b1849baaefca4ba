import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { type Checkpoint } from '../../dist/runtime/jobs/checkpoint.js';
import { cli } from '../support/cli.js';

const CLI = resolve(__dirname, '../../dist/runtime/jobs/cli.js');
const SOURCE = 'test:?width=64&height=32&fps=10&seconds=30';

/** 300 runs of 20 ms with what it has seen so far in each result, tracks, and motion with its background. */
const ALGOS = [
  { module: './slow.js', export: 'Slow', interval: 0, frame_count: 3, frame_step: 2, track: true },
  { type: 'motion', name: 'motion', interval: 0.3, track: true },
];
const SLOW = `exports.Slow = class {
  async run(frames) {
    this.sum = (this.sum ?? 0) * 31 % 1000003 + frames.at(-1).data.reduce((sum, value) => sum + value, 0) % 1000;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { index } = frames.at(-1);
    return [{ label: 'a', score: 0.9, box: { xmin: index % 20, ymin: 2, xmax: index % 20 + 20, ymax: 28 }, sum: this.sum, indexes: frames.map((f) => f.index) }];
  }
};`;

describe('a job that broke off', function () {
  this.timeout(120_000);
  let folder: string;
  let whole: string[];
  const job = { mode: 'offline', source: SOURCE, algos: ALGOS };
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resume-'));
    writeFileSync(at('slow.js'), SLOW);
    writeFileSync(at('job.json'), JSON.stringify(job));
    const { code, stderr } = await cli(['run', at('job.json'), '--results', at('whole.jsonl'), '--quiet']);
    assert.equal(code, 0, stderr);
    whole = told('whole.jsonl');
    assert.ok(whole.length > 350 && !existsSync(at('whole.jsonl.checkpoint')));
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  /** Lines of a result file, byte for byte but for what the runs and the whole took. */
  function told(name: string): string[] {
    return readFileSync(at(name), 'utf8').trimEnd().split('\n').map((line) => line.replace(/,"timing":\{[^}]*\}\}$/, '}').replace(/,"seconds":[\d.]+/, ''));
  }

  function checkpointOf(name: string): Checkpoint {
    return JSON.parse(readFileSync(at(`${name}.checkpoint`), 'utf8')) as Checkpoint;
  }

  const resume = (name: string, ...args: string[]): ReturnType<typeof cli> => cli(['run', at('job.json'), '--results', at(name), '--resume', ...args]);

  /** Starts a run and kills it by SIGKILL when its results tell that so many percent of the source are played. */
  async function killAt(percent: number, name: string, ...args: string[]): Promise<void> {
    writeFileSync(at('debug.json'), JSON.stringify({ ...job, logging_level: 'debug' }));
    const child: ChildProcess = spawn(process.execPath, [CLI, 'run', at('debug.json'), '--results', at(name), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const positions = [...said.matchAll(/^debug: at (?:(\d+):)?(\d+):(\d+)/gm)].map(([, , minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
      if ((positions.at(-1) ?? 0) >= (30 * percent) / 100) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL', said);
  }

  it('goes on after SIGKILL at 60 %, twice: every result once, as if nothing had been', async () => {
    await killAt(60, 'out.jsonl');
    const first = checkpointOf('out.jsonl').bytes;
    assert.ok(first > 0);
    await killAt(80, 'out.jsonl', '--resume');
    const second = checkpointOf('out.jsonl').bytes;
    assert.ok(second > first, `${second} bytes after ${first}`);
    // what a crash leaves: half a line that no checkpoint vouches for
    appendFileSync(at('out.jsonl'), '{"stream":"te');
    const { code, stderr } = await resume('out.jsonl');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^info: goes on where the run before broke off$/m);
    assert.deepEqual(told('out.jsonl'), whole);
    assert.ok(!existsSync(at('out.jsonl.checkpoint')));
  });

  it('goes on after Ctrl-C, whose last line is cut off', async () => {
    const child = spawn(process.execPath, [CLI, 'run', at('job.json'), '--results', at('stopped.jsonl')], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.once('data', () => child.kill('SIGINT'));
    await once(child, 'close');
    assert.match(readFileSync(at('stopped.jsonl'), 'utf8'), /"event":"ended"/);
    const { code, stderr } = await resume('stopped.jsonl');
    assert.equal(code, 0, stderr);
    assert.deepEqual(told('stopped.jsonl'), whole);
  });

  describe('is refused, with the way out and nothing touched, when', () => {
    before(async () => { await killAt(30, 'kept.jsonl'); });

    async function refused(name: string, why: RegExp): Promise<void> {
      const [results, checkpoint] = [readFileSync(at(name)), readFileSync(at(`${name}.checkpoint`))];
      const { code, stderr } = await resume(name);
      assert.equal(code, 2, stderr);
      assert.match(stderr, why);
      assert.match(stderr, /run without --resume to begin anew/);
      assert.deepEqual([readFileSync(at(name)), readFileSync(at(`${name}.checkpoint`))], [results, checkpoint]);
    }
    function copy(name: string): void {
      for (const end of ['', '.checkpoint']) writeFileSync(at(`${name}${end}`), readFileSync(at(`kept.jsonl${end}`)));
    }

    it('its checkpoint is broken', async () => {
      copy('broken.jsonl');
      truncateSync(at('broken.jsonl.checkpoint'), 50);
      await refused('broken.jsonl', /OPTION_INVALID: --resume: .*broken\.jsonl\.checkpoint is no checkpoint of this version/);
    });

    it('the result file is shorter than at the checkpoint', async () => {
      copy('short.jsonl');
      truncateSync(at('short.jsonl'), checkpointOf('kept.jsonl').bytes - 1);
      await refused('short.jsonl', /short\.jsonl is not the file of its checkpoint: it has \d+ bytes, at the checkpoint it had \d+/);
    });

    it('the result file has been changed', async () => {
      copy('changed.jsonl');
      const text = readFileSync(at('changed.jsonl'), 'utf8');
      writeFileSync(at('changed.jsonl'), text.replace('"position":1,', '"position":2,'));
      await refused('changed.jsonl', /changed\.jsonl is not the file of its checkpoint: it was changed since/);
    });

    it('the job is another one', async () => {
      const { code, stderr } = await resume('kept.jsonl', '--fps', '5');
      assert.equal(code, 2);
      assert.match(stderr, /is of another run: it is of another job, or of other options; run without --resume/);
    });

    it('a file that the job reads has changed', async () => {
      writeFileSync(at('slow.js'), `${SLOW}\n`);
      await refused('kept.jsonl', /is of another run: .*slow\.js has changed since/);
    });
  });

  it('begins anew where there is no checkpoint', async () => {
    writeFileSync(at('short.json'), JSON.stringify({ mode: 'offline', source: 'test:?width=64&height=32&fps=10&seconds=1', algos: [{ type: 'motion', interval: 0 }] }));
    const { code, stderr } = await cli(['run', at('short.json'), '--results', at('new.jsonl'), '--resume']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^info: there is nothing to go on with: begins anew$/m);
    assert.ok(told('new.jsonl').length > 1);
  });

  it('cannot go on in realtime, or without a file', async () => {
    const realtime = await resume('none.jsonl', '--mode', 'realtime');
    const nowhere = await cli(['run', at('job.json'), '--resume']);
    for (const { code, stderr } of [realtime, nowhere]) {
      assert.equal(code, 2);
      assert.match(stderr, /--resume: only a job of mode offline whose --results are a file can go on/);
    }
  });
});
