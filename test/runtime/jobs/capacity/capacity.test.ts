import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Capacity } from '../../../../dist/runtime/jobs/capacity/capacity.js';
import { measureCapacity } from '../../../../dist/runtime/jobs/capacity/capacity.js';
import { cli } from '../../../support/cli.js';
import { dataPath, hasData } from '../../../support/data.js';

const MODEL = dataPath('models/det/FastestDet_352.onnx');
const CLIP = dataPath('videos/vtest_pets09_s2l1_h264.mp4');

describe('stream-infer plan', function () {
  this.timeout(120_000);
  let folder: string;

  before(function () {
    if (!hasData) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'plan-'));
    writeFileSync(join(folder, 'text.mp4'), 'this is no video\n');
  });
  after(() => { if (folder) rmSync(folder, { recursive: true, force: true }); });

  const plan = (...args: string[]): ReturnType<typeof cli> => cli(['plan', MODEL, ...args], { cwd: folder, env: { TMPDIR: folder } });

  it('plays cameras of the file given, and says what they took', async () => {
    const { code, stdout, stderr } = await plan('--source', CLIP, '--interval', '0.2', '--streams', '2', '--seconds', '1', '--cpu', '100', '--json');
    assert.equal(code, 0, stderr);
    const { machine, source, rows } = JSON.parse(stdout) as Capacity;
    assert.ok(machine.cores >= 1 && machine.memoryBytes > 0 && machine.cpu !== '');
    assert.equal(source.location, CLIP);
    assert.ok(source.width > 0 && source.height > 0 && source.fps > 0);
    assert.equal(rows.length, 1);
    const [row] = rows;
    assert.ok(row && row.interval === 0.2 && row.streams <= 2, stdout);
    assert.ok(row.cpuPercent > 0 && row.memoryBytes > 0 && row.inferenceMs > 0 && row.latencyMs >= row.inferenceMs, stdout);
    assert.match(stderr, /^a run every 0.2 s: plays 1$/m);
    assert.deepEqual(readdirSync(folder), ['text.mp4'], 'what it made is gone');
  });

  it('makes a camera of its own where none is given, records where that is wanted, and writes a table', async () => {
    const { code, stdout, stderr } = await plan('--interval', '1', '--streams', '1', '--seconds', '1', '--record', '--threads', '2');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /cameras as test:\?width=1920&height=1080&fps=25&seconds=10: 1920×1080, 25 frames a second, h264/);
    assert.match(stdout, /^1 s +[01] +\d+ %( by one)? +\d\.\d GiB +\d+\.\d ms +\d+ ms +(streams|cores)$/m);
    assert.deepEqual(readdirSync(folder), ['text.mp4'], 'what it made and recorded is gone');
  });

  const bad: readonly (readonly [what: string, args: readonly string[], code: number, message: RegExp])[] = [
    ['a number that is none', ['--cpu', 'much'], 2, /--cpu: expected a number, got much/],
    ['an interval of nothing', ['--interval', '0'], 2, /OPTION_INVALID: intervals\[0\]: /],
    ['too many streams', ['--streams', '100000'], 2, /OPTION_INVALID: streams: /],
    ['a file that is not there', ['--source', 'no.mp4'], 3, /SOURCE_NOT_FOUND/],
    ['a file that is no video', ['--source', 'text.mp4'], 3, /SOURCE_/],
    ['a camera, which cannot be played as often as it takes', ['--source', 'test:'], 2, /OPTION_INVALID: source: expected a video file/],
  ];
  for (const [what, args, expected, message] of bad) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await plan(...args);
      assert.equal(code, expected, stderr);
      assert.match(stderr, message);
    });
  }

  it('refuses a model that is none, and two of them', async () => {
    assert.equal((await cli(['plan', 'no.onnx', '--source', CLIP])).code, 4);
    assert.equal((await cli(['plan', MODEL, MODEL])).code, 2);
    assert.equal((await cli(['plan'])).code, 2);
  });

  it('stops when it is told to, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const trial = measureCapacity({ model: MODEL, source: CLIP, seconds: 600, signal: abort.signal, onTrial: () => { setImmediate(() => { abort.abort(reason); }); } });
    await assert.rejects(trial, (error) => error === reason);
    assert.equal(existsSync(join(folder, 'camera.mp4')), false);
  });
});
