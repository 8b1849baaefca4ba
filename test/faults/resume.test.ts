import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { type Checkpoint } from '../../dist/runtime/jobs/checkpoint.js';
import { breakOff } from '../support/broken-off.js';
import { cli } from '../support/cli.js';
import { dataPath } from '../support/data.js';
import { AnyServer } from '../support/remote.js';

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

/** Lines of a result file, byte for byte but for what the runs and the whole took, and which frames were decoded for it. */
function toldIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replace(/,"timing":\{[^}]*\}\}$/, '}').replace(/"(decoded|skipped|converted)":\d+,/g, '').replace(/,"seconds":[\d.]+/, '').replace(/,"stats":.*/, '}'));
}

/** Keeps something from run to run. */
const KEPT = `exports.Kept = class {
  run([frame]) {
    this.sum = (this.sum ?? 0) * 31 % 1000003 + frame.data.reduce((sum, value) => sum + value, 0) % 1000;
    return { sum: this.sum };
  }
};`;

/** A dispatcher and a hook that write down what they get. */
const HEARD = `const { appendFileSync } = require('node:fs');
exports.Heard = class {
  constructor({ path }) { this.path = path; }
  collect(position, algo, result) { appendFileSync(this.path, JSON.stringify([position, algo, result]) + '\\n'); }
};
exports.process = (frame, results, { path }) => {
  appendFileSync(path, JSON.stringify([frame.index, results.map(({ algo, position, frame, result }) => ({ algo, position, frame, result }))]) + '\\n');
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

  const told = (name: string): string[] => toldIn(at(name));

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

type Asked = { readonly algo: string; readonly frames: readonly { readonly index: number; readonly crop?: { readonly xmin: number } }[] };

/** What a server finds in frame `index`: two things that cross each other, one that is gone now and then, and one that comes late. */
function found(index: number): object[] {
  const thing = (label: string, xmin: number, ymin: number): object => ({ label, score: 0.9, box: { xmin, ymin, xmax: xmin + 24, ymax: ymin + 20 } });
  return [
    thing('a', (index * 0.7) % 40, 4), thing('a', 40 - ((index * 0.7) % 40), 8),
    ...(index % 50 < 40 ? [thing('b', 20 + (index % 7), 2)] : []),
    ...(index > 200 ? [thing('c', 30, 10 - (index % 3))] : []),
  ];
}

describe('a job that goes on asks models and servers', function () {
  this.timeout(240_000);
  let folder: string;
  let server: AnyServer;
  /** `ALGO FRAME [CROP]` of each request, whole in a run and since the last `askedIn`. */
  let asked: string[] = [];
  let onAsked: (count: number) => void = () => undefined;
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resume-'));
    server = await AnyServer.start(({ body }, response) => {
      const { algo, frames } = JSON.parse(body.toString()) as Asked;
      const { index, crop } = frames.at(-1) ?? assert.fail();
      asked.push([algo, index, ...(crop ? [crop.xmin] : [])].join(' '));
      if (algo === 'fails' && index % 40 === 0) {
        response.writeHead(500).end();
        return;
      }
      const answer = algo === 'things' || algo === 'fails' ? found(index) : { of: frames.map((frame) => frame.index), at: crop?.xmin ?? null };
      // so that a run takes seconds, and has a checkpoint when it is killed
      setTimeout(() => response.end(JSON.stringify(answer)), onAsked === ignored ? 0 : 10);
      onAsked(asked.length);
    });
    writeFileSync(at('kept.js'), KEPT);
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => { onAsked = ignored; });
  const ignored = (): void => undefined;
  before(() => { onAsked = ignored; });

  const remote = (name: string, more: object): object => ({ type: 'remote', name, protocol: 'json', url: server.url, retries: 0, ...more });
  const AREAS = { zones: [{ name: 'left', polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] }], lines: [{ name: 'middle', from: [0.5, 0], to: [0.5, 1] }, { name: 'across', from: [0, 0.6], to: [1, 0.4] }] };
  const THINGS = { interval: 0, track: true, ...AREAS };
  const LOOKS = { interval: 0.5, crops: { of: 'things', rerun: 'new', min_size: 4 } };
  const WINDOW = { interval: 0.4, frame_count: 3, frame_step: 2 };

  function write(name: string, algos: readonly object[], more: object = {}): string {
    writeFileSync(at(name), JSON.stringify({ mode: 'offline', source: SOURCE, algos, ...more }));
    return at(name);
  }

  /** Runs the job; what was asked meanwhile. */
  async function run(job: string, results: string, ...args: string[]): Promise<{ readonly code: number | null; readonly stderr: string; readonly asked: string[] }> {
    asked = [];
    const { code, stderr } = await cli(['run', job, '--results', at(results), ...args]);
    return { code, stderr, asked: asked.sort() };
  }

  /** Which of the requests are for results that the first lines of a file do not have; of frames before the last there will never be more. */
  function missing(requests: readonly string[], name: string, lines: number): string[] {
    const written = readFileSync(at(name), 'utf8').split('\n').slice(0, lines).map((line) => JSON.parse(line) as { algo: string; frame: { index: number } });
    const has = new Set(written.map(({ algo, frame }) => `${algo} ${frame.index}`));
    const until = written.at(-1)?.frame.index ?? 0;
    return requests.filter((request) => !has.has(request.split(' ').slice(0, 2).join(' ')) && Number(request.split(' ')[1]) >= until);
  }

  it('killed at 60 %: only for what is missing, tracks, crops, windows and a module go on as if nothing had been', async () => {
    const job = write('killed.json', [remote('things', THINGS), remote('looks', LOOKS), remote('window', WINDOW), { module: './kept.js', export: 'Kept', name: 'kept', interval: 0.2 }]);
    const whole = await run(job, 'whole.jsonl');
    assert.equal(whole.code, 0, whole.stderr);
    const tracks = new Set(toldIn(at('whole.jsonl')).flatMap((line) => [...line.matchAll(/"trackId":\d+/g)].map(([id]) => id)));
    assert.match(toldIn(at('whole.jsonl')).join(), /"crossed":\[\{/);
    assert.ok(tracks.size >= 4 && whole.asked.some((request) => request.startsWith('looks')), 'there is something to go on with');

    asked = [];
    const child = spawn(process.execPath, [CLI, 'run', job, '--results', at('out.jsonl')], { stdio: 'ignore' });
    onAsked = (count) => { if (count >= 0.6 * whole.asked.length) child.kill('SIGKILL'); };
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL');
    onAsked = ignored;
    const { bytes } = JSON.parse(readFileSync(at('out.jsonl.checkpoint'), 'utf8')) as Checkpoint;
    const lines = readFileSync(at('out.jsonl')).subarray(0, bytes).toString().split('\n').length - 1;
    assert.ok(lines > 100, `${lines} lines`);
    const expected = missing(whole.asked, 'out.jsonl', lines);

    const resumed = await run(job, 'out.jsonl', '--resume');
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(resumed.asked, expected);
    assert.deepEqual(toldIn(at('out.jsonl')), toldIn(at('whole.jsonl')));
  });

  it('broken off behind any line: the same, though frames that nobody else uses are not decoded', async () => {
    const job = write('video.json', [remote('things', { ...THINGS, interval: 0.4 }), remote('looks', LOOKS), remote('window', WINDOW)], { source: dataPath('videos/synthetic_crossing.mp4') });
    const whole = await run(job, 'video.jsonl');
    assert.equal(whole.code, 0, whole.stderr);
    const told = toldIn(at('video.jsonl'));
    const framesOf = (name: string): { decoded: number; skipped: number } => (JSON.parse(readFileSync(at(name), 'utf8').trimEnd().split('\n').at(-1) ?? '') as { frames: { decoded: number; skipped: number } }).frames;
    const before = framesOf('video.jsonl');
    const count = told.length - 1;
    const half = Math.floor(count / 2);
    for (const lines of [1, 2, 3, 4, half, half + 1, half + 2, half + 3, count - 1, count]) {
      await breakOff(at('cut.jsonl'), { job, whole: at('video.jsonl'), lines });
      const resumed = await run(job, 'cut.jsonl', '--resume');
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.deepEqual(resumed.asked, missing(whole.asked, 'video.jsonl', lines), `${lines} lines`);
      assert.deepEqual(toldIn(at('cut.jsonl')), told, `${lines} lines`);
      const after = framesOf('cut.jsonl');
      assert.equal(after.decoded + after.skipped, before.decoded + before.skipped);
      if (lines >= half) assert.ok(after.decoded < 0.8 * before.decoded, `${after.decoded} of ${before.decoded} frames decoded behind ${lines} lines`);
    }
  });

  it('of a model on this machine: it is run as often as results are missing', async () => {
    const model = dataPath('models/det/yolox_nano_416.onnx');
    const job = write('onnx.json', [{ model, name: 'persons', interval: 1, track: true }, { model, name: 'inside', interval: 0, crops: { of: 'persons', rerun: 'new', most: 2 } }], { source: dataPath('videos/vtest_pets09_s2l1_h264.mp4') });
    const whole = await run(job, 'onnx.jsonl', '--stats');
    assert.equal(whole.code, 0, whole.stderr);
    const countsIn = (name: string): Record<string, number> => {
      const { stats } = JSON.parse(readFileSync(at(name), 'utf8').trimEnd().split('\n').at(-1) ?? '') as { stats: { algos: Record<string, { inference: { count: number } }> } };
      return Object.fromEntries(Object.entries(stats.algos).map(([name, { inference }]) => [name, inference.count]));
    };
    const all = readFileSync(at('onnx.jsonl'), 'utf8').trimEnd().split('\n').slice(0, -1);
    const lines = Math.round(0.6 * all.length);
    await breakOff(at('onnx-cut.jsonl'), { job, whole: at('onnx.jsonl'), lines });
    const resumed = await run(job, 'onnx-cut.jsonl', '--resume', '--stats');
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(toldIn(at('onnx-cut.jsonl')), toldIn(at('onnx.jsonl')));
    const left = (algo: string): number => all.slice(lines).filter((line) => (JSON.parse(line) as { algo: string }).algo === algo).length;
    const ranPersons = countsIn('onnx.jsonl')['persons'] ?? assert.fail();
    assert.ok(ranPersons > left('persons'));
    assert.equal(countsIn('onnx-cut.jsonl')['persons'], left('persons'));
  });

  it('no more where it failed before, which is told again', async () => {
    const job = write('fails.json', [remote('fails', THINGS)]);
    const whole = await run(job, 'fails.jsonl');
    assert.equal(whole.code, 1);
    const lines = 150;
    await breakOff(at('fails-cut.jsonl'), { job, whole: at('fails.jsonl'), lines });
    const resumed = await run(job, 'fails-cut.jsonl', '--resume');
    assert.equal(resumed.code, 1);
    assert.match(resumed.stderr, /fails: a run gave nothing before the stream broke off/);
    assert.deepEqual(resumed.asked, missing(whole.asked, 'fails.jsonl', lines));
    assert.deepEqual(toldIn(at('fails-cut.jsonl')), toldIn(at('fails.jsonl')));
  });

  it('while a dispatcher and a hook get everything again, and a recording is whole', async () => {
    const algos = [remote('things', THINGS), remote('looks', LOOKS), remote('gated', { interval: 0.5, motion_gate: { floor: 3 }, regions: [[[0, 0.2], [0.2, 0.2], [0.2, 0.4], [0, 0.4]]] })];
    writeFileSync(at('heard.js'), HEARD);
    const jobOf = (name: string, recorded: boolean): string => write(`${name}.json`, algos, {
      dispatcher: { module: './heard.js', export: 'Heard', kwargs: { path: at(`${name}.heard`) } },
      ...(recorded && { process: { module: './heard.js', export: 'process', kwargs: { path: at(`${name}.processed`) } }, recording_path: at('recorded.mp4') }),
    });
    for (const [name, recorded] of [['recorded', true], ['dispatched', false]] as const) {
      const job = jobOf(name, recorded);
      const whole = await run(job, `${name}.jsonl`);
      assert.equal(whole.code, 0, whole.stderr);
      const files = [`${name}.heard`, ...(recorded ? [`${name}.processed`] : [])];
      const before = files.map((file) => readFileSync(at(file), 'utf8'));
      for (const file of files) rmSync(at(file));
      await breakOff(at(`${name}-cut.jsonl`), { job, whole: at(`${name}.jsonl`), lines: 200 });
      const resumed = await run(job, `${name}-cut.jsonl`, '--resume');
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.deepEqual(resumed.asked, missing(whole.asked, `${name}.jsonl`, 200));
      assert.deepEqual(toldIn(at(`${name}-cut.jsonl`)), toldIn(at(`${name}.jsonl`)));
      assert.deepEqual(files.map((file) => readFileSync(at(file), 'utf8')), before);
    }
  });
});
