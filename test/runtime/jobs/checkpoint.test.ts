import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Checkpoint, checkpointPath, differenceOf, readCheckpoint, removeCheckpoint, writeCheckpoint } from '../../../dist/runtime/jobs/checkpoint.js';
import { resolveJob } from '../../../dist/runtime/jobs/job.js';
import { identityOf } from '../../../dist/runtime/jobs/run-identity.js';

const SHA = 'a'.repeat(64);
const CHECKPOINT: Checkpoint = { checkpoint: 1, identity: { version: '1.0.0', job: SHA, files: { '/v.mp4': '10 bytes' } }, bytes: 120, sha256: SHA };

describe('a checkpoint', () => {
  let folder: string;
  let path: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
    path = checkpointPath(join(folder, 'out.jsonl'));
  });
  afterEach(() => { rmSync(path, { force: true, recursive: true }); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('is read as it was written, beside the results, and leaves nothing else', async () => {
    await writeCheckpoint(path, { ...CHECKPOINT, bytes: 1 });
    await writeCheckpoint(path, CHECKPOINT);
    assert.deepEqual(await readCheckpoint(path), CHECKPOINT);
    assert.deepEqual(readdirSync(folder), ['out.jsonl.checkpoint']);
    await removeCheckpoint(path);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('may be missing', async () => {
    assert.equal(await readCheckpoint(path), undefined);
    await removeCheckpoint(path);
  });

  it('stays what it was while the next one is only half on the disk', async () => {
    await writeCheckpoint(path, CHECKPOINT);
    writeFileSync(`${path}.tmp`, JSON.stringify(CHECKPOINT).slice(0, 40));
    assert.deepEqual(await readCheckpoint(path), CHECKPOINT);
    await removeCheckpoint(path);
    assert.ok(!existsSync(`${path}.tmp`));
  });

  const whole = JSON.stringify(CHECKPOINT);
  const hostile: Record<string, string> = {
    'is empty': '',
    'is cut off': whole.slice(0, -10),
    'is no JSON': '\0\0\0\0',
    'is JSON of something else': '[]',
    'is null': 'null',
    'is of another format': JSON.stringify({ ...CHECKPOINT, checkpoint: 2 }),
    'has a negative length': JSON.stringify({ ...CHECKPOINT, bytes: -1 }),
    'has a length that is no number': whole.replace('120', '1e999'),
    'has half a byte': JSON.stringify({ ...CHECKPOINT, bytes: 0.5 }),
    'has more keys': JSON.stringify({ ...CHECKPOINT, path: '/etc/passwd' }),
    'is huge': `${whole}${' '.repeat(2 * 1024 * 1024)}`,
  };
  for (const [what, text] of Object.entries(hostile)) {
    it(`that ${what} is told, with the way out`, async () => {
      writeFileSync(path, text);
      await assert.rejects(readCheckpoint(path), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'OPTION_INVALID');
        assert.match(error.message, /^--resume: .*out\.jsonl\.checkpoint is no checkpoint of this version \(.*\); run without --resume to begin anew$/s);
        return true;
      });
    });
  }

  it('that is a folder is told, too', async () => {
    mkdirSync(path);
    await assert.rejects(readCheckpoint(path), { code: 'OPTION_INVALID' });
  });

  it('is of one run: what tells it from another is said', () => {
    const { identity } = CHECKPOINT;
    assert.equal(differenceOf(identity, structuredClone(identity)), undefined);
    assert.equal(differenceOf(identity, { ...identity, version: '2.0.0' }), 'it was begun with version 1.0.0, this is 2.0.0');
    assert.equal(differenceOf(identity, { ...identity, job: 'b'.repeat(64) }), 'it is of another job, or of other options');
    assert.equal(differenceOf(identity, { ...identity, files: { '/v.mp4': '11 bytes' } }), '/v.mp4 has changed since');
    assert.equal(differenceOf(identity, { ...identity, files: {} }), '/v.mp4 has changed since');
    assert.equal(differenceOf(identity, { ...identity, files: { ...identity.files, '/m.onnx': 'none' } }), '/m.onnx has changed since');
  });

  describe('identity of a run', () => {
    const job = { mode: 'offline', source: 'v.mp4', algos: [{ model: 'm.onnx' }, { module: './a.js' }] };
    const of = (given: object): Promise<Checkpoint['identity']> => identityOf(resolveJob(given, folder));

    before(() => { for (const name of ['v.mp4', 'm.onnx', 'a.js']) writeFileSync(join(folder, name), name); });
    after(() => { for (const name of ['v.mp4', 'm.onnx', 'a.js']) rmSync(join(folder, name)); });

    it('is the same for the same, and has the files that the run reads', async () => {
      const first = await of(job);
      assert.deepEqual(await of(structuredClone(job)), first);
      assert.deepEqual(Object.keys(first.files), ['a.js', 'm.onnx', 'v.mp4'].map((name) => join(folder, name)));
      assert.match(first.files[join(folder, 'v.mp4')] ?? '', /^5 bytes, \d{4}-/);
    });

    it('is another one for another job, and for a file that has changed in time or size', async () => {
      const first = await of(job);
      assert.notEqual((await of({ ...job, position: 1 })).job, first.job);
      utimesSync(join(folder, 'v.mp4'), 1, 1);
      assert.match(differenceOf(first, await of(job)) ?? '', /v\.mp4 has changed since$/);
      const second = await of(job);
      writeFileSync(join(folder, 'm.onnx'), 'other');
      assert.match(differenceOf(second, await of(job)) ?? '', /m\.onnx has changed since$/);
    });

    it('has no credentials in it', async () => {
      const at = (password: string): object => ({ ...job, source: { location: 'https://h.example/v.mp4', username: 'u', password } });
      assert.deepEqual(await of(at('first')), await of(at('second')));
      assert.ok(!JSON.stringify(await of(at('first'))).includes('first'));
    });
  });
});
