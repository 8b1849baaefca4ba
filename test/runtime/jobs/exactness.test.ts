import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dataPath } from '../../support/data.js';
import { cli } from '../../support/cli.js';

/** 100 frames of a clip of people, every second one inferred on, all recorded. */
const JOB = {
  mode: 'offline',
  source: dataPath('videos/vtest_pets09_s2l1_h264.mp4'),
  position: 69.5,
  algos: [
    { name: 'objects', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 0.2 },
    { name: 'motion', type: 'motion', interval: 0 },
  ],
};

describe('offline results', function () {
  this.timeout(300_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'exactness-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  /** The result lines of a run, without what they say of time. */
  async function linesOf(job: object, ...args: readonly string[]): Promise<string[]> {
    writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
    const { code, stderr } = await cli(['run', 'job.json', '--results', 'results.jsonl', '--record', 'seen.mp4', ...args], { cwd: folder });
    assert.equal(code, 0, stderr);
    assert.ok(statSync(join(folder, 'seen.mp4')).size > 10_000, 'it was recorded');
    return readFileSync(join(folder, 'results.jsonl'), 'utf8').trim().split('\n')
      .map((line) => JSON.stringify({ ...(JSON.parse(line) as object), timing: undefined, seconds: undefined }));
  }

  function sha256(lines: readonly string[]): string {
    return createHash('sha256').update(lines.join('\n')).digest('hex');
  }

  it('are the same bytes in every run, with one core, with two, with all', async () => {
    const first = await linesOf(JOB, '--threads', '1');
    assert.match(first.join('\n'), /"label":"person"/);
    assert.ok(first.length > 120, `${first.length} lines`);
    for (const threads of ['2', '0']) assert.equal(sha256(await linesOf(JOB, '--threads', threads)), sha256(first), `--threads ${threads}`);
  });

  it('are the same bytes with a batch as without', async () => {
    const batched = (batch: number) => ({
      ...JOB,
      position: 76,
      algos: [{ name: 'objects', model: dataPath('models/variants/yolox_nano_yolov8fmt.onnx'), interval: 0, options: { batch } }],
    });
    const alone = await linesOf(batched(1));
    assert.match(alone.join('\n'), /"label":"person"/);
    assert.equal(sha256(await linesOf(batched(4))), sha256(alone));
  });
});
