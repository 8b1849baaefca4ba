import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StreamStats } from '../../../dist/runtime/base/index.js';
import { dataPath, hasData } from '../../support/data.js';
import { cli } from '../../support/cli.js';

/** Two seconds of 10 frames each, two of which an algo with the default interval sees. */
const SOURCE = 'test:?width=64&height=32&fps=10&seconds=2';
const ENDLESS = 'test:?width=64&height=32&fps=25';

type Finding = { readonly name: string; readonly works: boolean; readonly detail: string; readonly advice?: string };

describe('stream-infer', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
    write('echo.js', 'exports.Echo = class { constructor(kwargs) { this.kwargs = kwargs; } run(frames) { return { indexes: frames.map((f) => f.index), ...this.kwargs }; } };');
    write('no-open.js', 'exports.A = class { open() { throw new Error("no weights"); } run() {} };');
    write('no-run.js', 'exports.A = class { run() { throw new Error("not today"); } };');
    write('empty.mp4', '');
    write('text.mp4', 'this is no video\n'.repeat(100));
    write('text.onnx', 'this is no model\n');
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  function write(name: string, text: string): string {
    writeFileSync(join(folder, name), text);
    return name;
  }
  function job(value: unknown): string {
    return write('job.json', JSON.stringify(value));
  }
  const echo = { module: './echo.js', name: 'Echo', kwargs: { frame_count: 2, frame_step: 3, interval: 1, tag: 'x' } };
  const run = (value: unknown, ...args: string[]): ReturnType<typeof cli> => cli(['run', job(value), ...args], { cwd: folder });

  describe('run', () => {
    it('writes a line for each result, then one for the end', async () => {
      const { code, lines, stderr } = await run({ mode: 'offline', source: SOURCE, algos: [echo] });
      assert.equal(code, 0, stderr);
      const [first, second, last] = lines();
      assert.deepEqual(Object.keys(first ?? {}), ['stream', 'algo', 'position', 'frame', 'result', 'timing']);
      assert.deepEqual({ ...first, timing: 0 }, {
        stream: SOURCE, algo: 'Echo', position: 0.9, frame: { index: 10, sourceIndex: 9, pts: 0.9, width: 64, height: 32 }, result: { indexes: [7, 10], tag: 'x' }, timing: 0,
      });
      assert.deepEqual(Object.keys(first?.['timing'] ?? {}), ['inferenceMs', 'latencyMs']);
      assert.deepEqual(second?.['result'], { indexes: [17, 20], tag: 'x' });
      const { seconds, ...end } = last ?? {};
      assert.deepEqual(end, { event: 'ended', frames: { decoded: 20, skipped: 0, thinned: 0, delivered: 20, converted: 4, dropped: {} }, algos: { Echo: { runs: 2, skipped: {} } } });
      assert.ok(typeof seconds === 'number' && seconds >= 0);
      assert.match(stderr, /^info: finished: 20 frames \(20 decoded, 0 skipped, 4 converted\), Echo 2 runs, /m);
      assert.equal(lines().length, 3);
    });

    it('writes them into a file, whose folders are made, and takes what the arguments say in the job\'s place', async () => {
      const { code, stdout, stderr } = await run(
        { source: 'nothing.mp4', mode: 'realtime', algos: [echo], recording_path: 'nothing-out.mp4' },
        '--results', 'a/b/results.jsonl', '--source', SOURCE, '--mode', 'offline', '--record', 'c/out', '--fps', '5', '--position', '1', '--quiet',
      );
      assert.deepEqual([code, stdout, stderr], [0, '', '']);
      const lines = readFileSync(join(folder, 'a/b/results.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(lines.at(-1)?.['recorded'], [join(folder, 'c/out.mp4')]);
      assert.ok(existsSync(join(folder, 'c/out.mp4')));
      assert.ok(lines.every((line) => line['event'] === 'ended' || (line['position'] as number) >= 1));
    });

    it('runs the seed\'s configuration, with a dispatcher and a process function of the user\'s', async () => {
      write('redis.js', `const { appendFileSync } = require('node:fs');
        exports.RedisDispatcher = class { constructor({ host }) { this.host = host; } collect(position, algoName, result) { appendFileSync(__dirname + '/collected.txt', [this.host, position, algoName, result.indexes].join(' ') + '\\n'); } };`);
      write('process.mjs', 'import { appendFileSync } from "node:fs"; export const look = (frame, results, { to }) => { appendFileSync(to, `${frame.index}:${results.length} `); };');
      const { code, stderr } = await run({
        mode: 'offline', source: SOURCE, fps: 30,
        dispatcher: { module: './redis.js', name: 'RedisDispatcher', kwargs: { buffer: 1, host: 'localhost' } },
        algos: [{ module: './echo.js', name: 'Echo', kwargs: { frame_count: 1, frame_step: 0, interval: 1 } }],
        producer: { type: 'opencv', width: 32, height: 16 },
        process: { module: './process.mjs', name: 'look', kwargs: { to: join(folder, 'looked.txt') } },
        recording_path: './processed.mp4', logging_level: 'DEBUG',
      });
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(join(folder, 'collected.txt'), 'utf8'), 'localhost 0.9 Echo 10\nlocalhost 1.9 Echo 20\n');
      const looked = readFileSync(join(folder, 'looked.txt'), 'utf8').trim().split(' ');
      assert.deepEqual([looked.length, looked[8], looked[9], looked[19]], [20, '9:0', '10:1', '20:1']);
      assert.ok(existsSync(join(folder, 'processed.mp4')));
      assert.match(stderr, /^info: .*recording finished/m);
      assert.match(stderr, /^info: .*, threads: decoder \d+, encoder \d+$/m);
      assert.match(stderr, /^debug: /m);
    });

    describe('--stats', () => {
      const summary = (line: Record<string, unknown> | undefined): StreamStats => line?.['stats'] as StreamStats;

      it('adds what it cost to the last line, and a table for people', async () => {
        const { code, lines, stderr } = await run({ mode: 'offline', source: SOURCE, algos: [echo], recording_path: 'stats.mp4', logging_level: 'error' }, '--stats');
        assert.equal(code, 0, stderr);
        assert.equal(lines().length, 3);
        assert.deepEqual(Object.keys(lines()[2] ?? {}), ['event', 'frames', 'algos', 'seconds', 'recorded', 'stats']);
        const { decode, encode, algos } = summary(lines()[2]);
        assert.deepEqual(Object.keys(decode), ['count', 'mean', 'p50', 'p95', 'p99', 'max']);
        assert.deepEqual([decode.count, encode.count, algos['Echo']?.inference.count], [20, 20, 2]);
        const table = stderr.trimEnd().split('\n');
        assert.deepEqual(table[0]?.split(/ +/), ['ms', 'count', 'p50', 'p95', 'p99', 'max']);
        assert.deepEqual(table.slice(1).map((row) => /^(.+?) +(\d+) /.exec(row)?.slice(1)), [
          ['decode', '20'], ['encode', '20'], ['Echo convert', '2'], ['Echo wait', '2'], ['Echo inference', '2'], ['Echo postprocess', '0'], ['Echo age', '2'],
        ]);
        assert.deepEqual([...new Set(table.map(({ length }) => length))].length, 1, 'columns stand one under the other');
        assert.match(stderr, /^Echo postprocess +0 +- +- +- +-$/m);
      });

      it('tells them too of a run that failed, and without it or with --quiet nothing but errors', async () => {
        const failing = { mode: 'offline', source: 'no.mp4', algos: [echo], logging_level: 'error' };
        const told = await run(failing, '--stats');
        assert.equal(told.code, 3);
        assert.equal(summary(told.lines()[0]).decode.count, 0);
        assert.match(told.stderr, /^decode +0 /m);
        const quiet = await run(failing, '--stats', '--quiet');
        assert.equal(summary(quiet.lines()[0]).decode.count, 0);
        const without = await run(failing);
        assert.deepEqual(Object.keys(without.lines()[0] ?? {}), ['event', 'frames', 'algos', 'seconds', 'error']);
        for (const { stderr } of [quiet, without]) assert.match(stderr, /^stream-infer: SOURCE_NOT_FOUND: .*\n$/);
      });
    });

    it('goes on after a run that failed, and says so at the end', async () => {
      const { code, lines, stderr } = await run({ mode: 'offline', source: SOURCE, algos: [{ module: './no-run.js' }, echo], logging_level: 'error' });
      assert.equal(code, 1);
      assert.match(stderr, /^error: ALGO_RUN_FAILED: .*not today/m);
      assert.equal(lines().length, 3);
      assert.deepEqual((lines().at(-1)?.['algos'] as Record<string, unknown>)['no-run'], { runs: 0, skipped: { failed: 2 } });
    });

    describe('exits with 2, naming what is wrong:', () => {
      const table: [string, () => string[], RegExp][] = [
        ['no job', () => ['run'], /expected one job file, got none/],
        ['two jobs', () => ['run', 'a.json', 'b.json'], /expected one job file, got a\.json b\.json/],
        ['an unknown option', () => ['run', job({ source: SOURCE }), '--fast'], /--fast/],
        ['an option without its value', () => ['run', job({ source: SOURCE }), '--fps'], /--fps/],
        ['a job that is not there', () => ['run', 'no.json'], /read no\.json: .*ENOENT/],
        ['a folder for a job', () => ['run', '.'], /read \.: .*EISDIR/],
        ['a job that is no JSON', () => ['run', write('broken.json', '{ "source": ')], /read broken\.json: .*JSON/],
        ['a wrong field', () => ['run', job({ source: SOURCE, algos: [{ type: 'motion', interval: -1 }] })], /JOB_INVALID: algos\[0\]\.interval: .*got -1/],
        ['an fps that is no number', () => ['run', job({ source: SOURCE }), '--fps', 'many'], /--fps: expected a number, got many/],
        ['half a core', () => ['run', job({ source: SOURCE }), '--threads', '1.5'], /--threads: expected a whole number from 0 to 256, got 1\.5/],
        ['threads below zero', () => ['run', job({ source: SOURCE }), '--threads=-1'], /--threads: .*got -1/],
        ['an unknown mode', () => ['run', job({ source: SOURCE }), '--mode', 'fast'], /mode: expected one of/],
        ['a negative position', () => ['run', job({ source: SOURCE }), '--position=-1'], /position: /],
        ['a file of results that cannot be one', () => ['run', job({ source: SOURCE }), '--results', 'text.mp4/x.jsonl'], /--results: /],
        ['no command', () => [], /expected one of run, probe, inspect, plan, doctor/],
        ['an unknown command', () => ['toString'], /got toString/],
      ];
      for (const [what, args, message] of table) {
        it(what, async () => {
          const { code, stdout, stderr } = await cli(args(), { cwd: folder });
          assert.deepEqual([code, stdout], [2, ''], stderr);
          assert.match(stderr, message);
          assert.equal(stderr.trim().split('\n').length, 1, stderr);
        });
      }
    });

    describe('exits with 3 for a source that cannot be opened:', () => {
      const table: [string, string, RegExp][] = [
        ['a file that is not there', 'no.mp4', /SOURCE_NOT_FOUND: open .*no\.mp4/],
        ['an empty file', 'empty.mp4', /SOURCE_OPEN_FAILED: .*empty/],
        ['a text file', 'text.mp4', /SOURCE_(OPEN_FAILED|NO_VIDEO)/],
        ['a server that is not there', 'http://ann:secret@127.0.0.1:9/x.mp4', /SOURCE_/],
      ];
      for (const [what, source, message] of table) {
        it(what, async () => {
          const { code, stderr, stdout } = await run({ mode: 'offline', source, algos: [echo] });
          assert.equal(code, 3, stderr);
          assert.match(stderr, message);
          assert.ok(!`${stderr}${stdout}`.includes('secret'));
        });
      }

      it('a file with sound only', async function () {
        if (!hasData) this.skip();
        const { code, stderr } = await run({ mode: 'offline', source: dataPath('videos/odd/no_video_audio_only.m4a') });
        assert.equal(code, 3, stderr);
      });
    });

    describe('exits with 4 for a model or module that cannot be loaded:', () => {
      const table: [string, object, RegExp][] = [
        ['a model that is not there', { algos: [{ model: 'no.onnx' }] }, /MODEL_NOT_FOUND: /],
        ['a model that is none', { algos: [{ model: 'text.onnx' }] }, /MODEL_LOAD_FAILED: /],
        ['a name that the catalogue does not have', { algos: [{ model: 'catalogue:none' }] }, /MODEL_NOT_FOUND: /],
        ['a module that is not there', { algos: [{ module: './no.js' }] }, /MODULE_LOAD_FAILED: /],
        ['an export that is not there', { algos: [{ module: './echo.js', export: 'Nothing' }] }, /MODULE_LOAD_FAILED: .*Echo/],
        ['an algo that does not open', { algos: [{ module: './no-open.js' }] }, /ALGO_OPEN_FAILED: .*no weights/],
        ['a dispatcher that is none', { dispatcher: { module: './echo.js' } }, /MODULE_LOAD_FAILED: .*expected a dispatcher/],
        ['a process function that is not there', { process: { module: './echo.js', name: 'draw' } }, /MODULE_LOAD_FAILED: .*draw.*Echo/],
      ];
      for (const [what, parts, message] of table) {
        for (const mode of ['offline', 'realtime']) {
          it(`${what}, ${mode}`, async () => {
            const { code, stderr } = await run({ mode, source: SOURCE, ...parts });
            assert.equal(code, 4, stderr);
            assert.match(stderr, message);
            assert.equal(stderr.split('\n').filter((line) => message.test(line)).length, 1, stderr);
          });
        }
      }
    });

    it('exits with 2 for a location that can be none', async () => {
      const { code, stderr } = await run({ mode: 'offline', source: 'test:?width=x' });
      assert.equal(code, 2);
      assert.match(stderr, /OPTION_INVALID: .*width/);
    });

    it('ends well when the reader of its results has gone', async () => {
      const { code, stderr } = await cli(['run', job({ mode: 'offline', source: ENDLESS, algos: [{ ...echo, kwargs: { interval: 0 } }] })], {
        cwd: folder,
        onOutput: (_text, child) => { child.stdout?.destroy(); },
      });
      assert.equal(code, 0, stderr);
    });

    it('exits with 1 when the results cannot be written further', async function () {
      if (!existsSync('/dev/full')) this.skip();
      const { code, stderr } = await run({ mode: 'offline', source: ENDLESS, algos: [{ ...echo, kwargs: { interval: 0 } }] }, '--results', '/dev/full');
      assert.equal(code, 1);
      assert.match(stderr, /RECORD_WRITE_FAILED: write \/dev\/full: .*ENOSPC/);
    });

    describe('when it is told to stop', function () {
      if (process.platform === 'win32') return;
      const often = { module: './echo.js', kwargs: { interval: 0 } };

      for (const [signal, mode, expected] of [['SIGINT', 'realtime', 0], ['SIGTERM', 'realtime', 0], ['SIGINT', 'offline', 1]] as const) {
        it(`by ${signal}, ${mode}: finishes the recording, writes the last line, exits with ${expected}`, async () => {
          let told = false;
          const { code, lines, stderr } = await cli(['run', job({ mode, source: ENDLESS, algos: [often], recording_path: `${signal}-${mode}.mp4` })], {
            cwd: folder,
            onOutput: (text, child) => {
              if (told || text.split('\n').length < 5) return;
              told = true;
              child.kill(signal);
            },
          });
          assert.equal(code, expected, stderr);
          const last = lines().at(-1) ?? {};
          assert.equal(last['event'], 'ended');
          assert.deepEqual(last['recorded'], [join(folder, `${signal}-${mode}.mp4`)]);
          const probed = await cli(['probe', `${signal}-${mode}.mp4`], { cwd: folder });
          assert.equal(probed.code, 0, probed.stderr);
          assert.equal((JSON.parse(probed.stdout) as { frameCount: number }).frameCount, (last['frames'] as { delivered: number }).delivered);
        });
      }

      it('twice: ends at once', async () => {
        write('never.js', 'setInterval(() => {}, 1e6); exports.Never = class { collect() { process.stdout.write("waits\\n"); return new Promise(() => {}); } };');
        let kills = 0;
        const { signal } = await cli(['run', job({ mode: 'offline', source: ENDLESS, algos: [often], dispatcher: { module: './never.js' } })], {
          cwd: folder,
          onOutput: (_text, child) => {
            // the first one is obeyed, which takes as long as collect does
            const again = setInterval(() => { kills += 1; child.kill('SIGINT'); }, 300);
            child.once('exit', () => { clearInterval(again); });
          },
        });
        assert.equal(signal, 'SIGKILL');
        assert.ok(kills >= 2);
      });

      it('with a collect that never resolves and nothing else to do: says so', async () => {
        write('lost.js', 'exports.Lost = class { collect() { process.stdout.write("waits\\n"); return new Promise(() => {}); } };');
        const { code, stderr } = await cli(['run', job({ mode: 'offline', source: ENDLESS, algos: [often], dispatcher: { module: './lost.js' } })], {
          cwd: folder,
          onOutput: (_text, child) => { child.kill('SIGINT'); },
        });
        assert.equal(code, 1);
        assert.match(stderr, /STATE_INVALID: it waits for something/);
      });
    });
  });

  it('keeps compiled code in the cache folder, where Node.js can', async () => {
    const cache = join(folder, 'cache');
    const { code, stderr } = await cli(['probe', SOURCE], { env: { STREAM_INFER_CACHE: cache, NODE_COMPILE_CACHE: undefined } });
    assert.equal(code, 0, stderr);
    assert.equal(existsSync(join(cache, 'compiled')), 'enableCompileCache' in nodeModule);
  });

  it('--help tells all commands, --version the package\'s version', async () => {
    const help = await cli(['--help']);
    assert.equal(help.code, 0);
    for (const word of ['run JOB.json', 'probe LOCATION', 'inspect MODEL.onnx', 'plan MODEL', 'doctor', '--results', '--position', '--stats']) assert.ok(help.stdout.includes(word), word);
    assert.deepEqual((await cli(['run', '--help'])).stdout, help.stdout);
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string };
    assert.equal((await cli(['--version'])).stdout, `${version}\n`);
  });

  it('probe tells what is in a source, and exits with 3 where there is none', async () => {
    const { code, stdout } = await cli(['probe', SOURCE]);
    const { width, height, fps, duration, live } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([code, width, height, fps, duration, live], [0, 64, 32, { num: 10, den: 1 }, 2, false]);
    const missing = await cli(['probe', 'no.mp4'], { cwd: folder });
    assert.deepEqual([missing.code, missing.stdout], [3, '']);
    assert.match(missing.stderr, /^stream-infer: SOURCE_NOT_FOUND: /);
    assert.equal((await cli(['probe'])).code, 2);
    assert.equal((await cli(['probe', ' '])).code, 2);
  });

  it('inspect tells what a model is, and exits with 4 where it is none', async function () {
    const broken = await cli(['inspect', 'text.onnx'], { cwd: folder });
    assert.deepEqual([broken.code, broken.stdout], [4, ''], broken.stderr);
    assert.equal((await cli(['inspect', 'no.onnx'], { cwd: folder })).code, 4);
    assert.equal((await cli(['inspect'])).code, 2);
    if (!hasData) this.skip();
    const { code, stdout } = await cli(['inspect', dataPath('models/variants/yolox_nano_yolov8fmt.onnx')]);
    const { family, inputs, labels } = JSON.parse(stdout) as { family: string; inputs: unknown[]; labels: string[] };
    assert.deepEqual([code, family, inputs.length, labels[0]], [0, 'yolov8', 1, 'person']);
  });

  it('inspect with a picture also tells what the model finds there, and draws it', async function () {
    if (!hasData) this.skip();
    const model = dataPath('models/det/nanodet_m_320.onnx');
    const out = join(folder, 'drawn/bus.jpg');
    const { code, stdout, stderr } = await cli(['inspect', model, '--image', dataPath('images/bus.jpg'), '--out', out]);
    assert.deepEqual([code, stderr], [0, '']);
    const { family, frame, results, timing } = JSON.parse(stdout) as { family: string; frame: object; results: { label: string }[]; timing: object };
    assert.deepEqual([family, frame, results[0]?.label], ['nanodet', { width: 810, height: 1080, position: 0 }, 'bus']);
    assert.deepEqual(Object.keys(timing), ['openMs', 'inferenceMs', 'postprocessMs']);
    const probed = await cli(['probe', out]);
    const { width, height } = JSON.parse(probed.stdout) as { width: number; height: number };
    assert.deepEqual([width, height], [810, 1080]);
  });

  it('inspect says what is wrong with its picture', async function () {
    if (!hasData) this.skip();
    const model = dataPath('models/det/nanodet_m_320.onnx');
    const rows: readonly (readonly [string[], number, RegExp])[] = [
      [[model, '--out', 'x.jpg'], 2, /OPTION_INVALID: --out: expected --image/],
      [[model, '--image', 'none.jpg'], 3, /SOURCE_NOT_FOUND: /],
      [[model, '--image', ''], 2, /OPTION_INVALID: source\.location: /],
      [[model, '--image', 'text.mp4'], 3, /SOURCE_OPEN_FAILED: /],
      [[model, '--image', SOURCE, '--out', join(folder, 'text.mp4', 'x.jpg')], 2, /OPTION_INVALID: --out: write /],
      [['text.onnx', '--image', SOURCE], 4, /MODEL_LOAD_FAILED: /],
    ];
    for (const [args, code, says] of rows) {
      const result = await cli(['inspect', ...args], { cwd: folder });
      assert.deepEqual([result.code, result.stdout], [code, ''], result.stderr);
      assert.match(result.stderr, says);
    }
  });

  describe('doctor', () => {
    it('says what works, and how to get what does not', async () => {
      const env = { PATH: '/nowhere', FFMPEG_BIN: '', FFMPEG_PATH: '', STREAM_INFER_CACHE: join(folder, 'text.mp4') };
      const { code, stdout, stderr } = await cli(['doctor', '--json'], { env });
      const { findings, lacks } = JSON.parse(stdout) as { findings: Finding[]; lacks: string[] };
      const named = (name: string): Finding | undefined => findings.find((finding) => finding.name === name);
      assert.deepEqual([code, stderr], [lacks.length === 0 ? 0 : 1, '']);
      assert.equal(named('Node.js')?.detail, process.versions.node);
      assert.deepEqual(named('onnxruntime-web'), { name: 'onnxruntime-web', works: true, detail: 'runs models on wasm' });
      const cache = named('model cache');
      assert.equal(cache?.works, false);
      assert.match(String(cache.advice), /STREAM_INFER_CACHE/);
      for (const { name, works, detail, advice } of findings) {
        assert.notEqual(detail, '', name);
        if (works) assert.equal(advice, undefined, name);
      }
      const program = named('ffmpeg program');
      // ffmpeg-static may have one where its install script was allowed
      if (program?.works === false) assert.match(String(program.advice), /apt install ffmpeg/);
    });

    it('draws a table with a verdict', async () => {
      const { stdout } = await cli(['doctor'], { env: { STREAM_INFER_CACHE: join(folder, 'cache') } });
      assert.match(stdout, /^Node\.js +ok +\d/m);
      assert.match(stdout, /^model cache +ok /m);
      assert.match(stdout, /^This machine (can decode, infer and record|lacks: .*)\.$/m);
    });

    it('refuses arguments that it does not have', async () => {
      assert.equal((await cli(['doctor', '--yaml'])).code, 2);
      assert.equal((await cli(['doctor', 'me'])).code, 2);
    });
  });
});
