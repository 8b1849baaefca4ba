import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { openModelSession } from '../../dist/runtime/algo/onnx/session.js';
import { importTfjsModel } from '../../dist/runtime/algo/tfjs/import.js';
import { producerSchema, sourceSchema } from '../../dist/runtime/base/plan.js';
import { type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { openFfmpegBackend } from '../../dist/runtime/media/backends/ffmpeg/index.js';
import { openLibavBackend } from '../../dist/runtime/media/backends/libav/index.js';
import { cli } from '../support/cli.js';
import { playToEnd } from '../support/engine.js';
import { BEACH } from '../support/flows.js';

const ENGINE_PROCESS = resolve(__dirname, '../../dist/runtime/engine/engine-process.js');
const inWindows = process.platform === 'win32';

describe('files that attack, and files that are written', () => {
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'security-files-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  type Recorder = NonNullable<StreamPlanInput['recorders']>[number];
  const record = (name: string, recorder: Partial<Recorder>, more: Partial<StreamPlanInput> = {}): ReturnType<typeof playToEnd> =>
    playToEnd({ name, source: { location: 'test:?width=64&height=64&fps=10&seconds=1' }, recorders: [{ id: 'r', path: 'cam/clip.mp4', baseFolder: folder, ...recorder }], ...more });

  for (const overwrite of [false, true]) {
    it(`a link under the name of a recording is not followed${overwrite ? ', but written over' : ''}`, async () => {
      writeFileSync(join(folder, 'secret'), 'of another');
      mkdirSync(join(folder, 'cam'));
      symlinkSync(join(folder, 'secret'), join(folder, 'cam/clip.mp4'));
      const { end } = await record('gate', { overwrite });
      assert.equal(readFileSync(join(folder, 'secret'), 'utf8'), 'of another');
      const file = join(folder, overwrite ? 'cam/clip.mp4' : 'cam/clip-2.mp4');
      assert.deepEqual(end.totals.recorded, [file]);
      assert.ok(lstatSync(file).isFile());
    });
  }

  it('a link under the temporary name is not written through', async () => {
    writeFileSync(join(folder, 'secret'), 'of another');
    mkdirSync(join(folder, 'cam'));
    for (const name of ['.clip.mp4.part.mp4', '.clip.mp4.part.mp4.owner']) symlinkSync(join(folder, 'secret'), join(folder, 'cam', name));
    await record('gate', {});
    assert.equal(readFileSync(join(folder, 'secret'), 'utf8'), 'of another');
  });

  for (const name of ['../../evil', '/etc/evil', '..', 'a/../../evil', 'evil\u0000.sh', '{date}/../..']) {
    it(`a stream called ${JSON.stringify(name)} records in its folder`, async () => {
      const { end } = await record(name, { path: 'cam/{stream}.mp4' });
      assert.equal(end.totals.recorded.length, 1);
      assert.ok(end.totals.recorded.every((path) => path.startsWith(join(folder, 'cam/')) && !path.slice(join(folder, 'cam/').length).includes('/')), String(end.totals.recorded));
      assert.deepEqual(readdirSync(folder), ['cam']);
    });
  }

  describe('temporary files', () => {
    let temporary: string;
    let before: string | undefined;
    let mask: number;
    beforeEach(function () {
      if (inWindows) this.skip();
      temporary = join(folder, 'tmp');
      mkdirSync(temporary);
      before = process.env['TMPDIR'];
      process.env['TMPDIR'] = temporary;
      mask = process.umask(0); // nothing is kept private by the one who starts it
    });
    afterEach(() => {
      process.umask(mask);
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });

    it('sockets of the ffmpeg program have folders of random names that only their owner enters, gone when it has connected', async () => {
      const seen = new Map<string, number>();
      let isOver = false;
      // between its making and its removal a folder waits for this thread's events, so that each is seen
      const look = (): void => {
        for (const name of readdirSync(temporary)) {
          const stat = statSync(join(temporary, name), { throwIfNoEntry: false });
          if (stat) seen.set(name, stat.mode & 0o777);
        }
        if (!isOver) setImmediate(look);
      };
      look();
      try {
        for (let time = 0; time < 2; time += 1) await playToEnd({ source: { location: BEACH }, producer: { backend: 'ffmpeg', width: 64 } });
      } finally {
        isOver = true;
      }
      assert.ok(seen.size >= 2, 'two plays have no name in common');
      for (const [name, mode] of seen) assert.deepEqual([/^stream-infer-\w{6}$/.test(name), mode], [true, 0o700], name);
      assert.deepEqual(readdirSync(temporary), []);
    });

    /** An engine process by itself, whose owner is gone at once. */
    async function abandoned(marks: string, cwd: string, look: () => void): Promise<void> {
      const engine = fork(ENGINE_PROCESS, { cwd, env: { ...process.env, STREAM_INFER_MARKS: marks }, stdio: 'ignore', execArgv: [] });
      await once(engine, 'message');
      look();
      engine.disconnect();
      await once(engine, 'exit');
    }

    it('what the threads of an engine do stands in a folder that only its owner enters', async () => {
      const marks = join(temporary, 'marks');
      let mode = 0;
      await abandoned(marks, folder, () => { ({ mode } = statSync(marks)); });
      assert.equal(mode & 0o777, 0o700);
      assert.deepEqual(readdirSync(temporary), []);
    });

    it('a folder or link that another has put there is not written to, and nothing is removed in its place', async () => {
      for (const own of ['undefined', 'another']) {
        mkdirSync(join(folder, own));
        writeFileSync(join(folder, own, 'file'), 'of another');
      }
      symlinkSync(join(folder, 'another'), join(temporary, 'link'));
      for (const marks of [join(folder, 'another'), join(temporary, 'link'), join(folder, 'none/marks')]) {
        await abandoned(marks, folder, () => undefined);
        for (const own of ['undefined', 'another']) assert.deepEqual(readdirSync(join(folder, own)), ['file'], marks);
      }
    });
  });

  it('what is written is for whom the umask says: none of it may be read by others where that is 077', async function () {
    if (inWindows) this.skip();
    const job = { source: 'test:?width=64&height=64&fps=10&seconds=1', mode: 'offline', algos: [{ module: './echo.js', name: 'Echo' }], recording_path: 'out/clip' };
    writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
    writeFileSync(join(folder, 'echo.js'), 'exports.Echo = class { run() { return 1; } };');
    for (const [umask, file, directory] of [[0o077, 0o600, 0o700], [0o022, 0o644, 0o755]] as const) {
      rmSync(join(folder, 'out'), { recursive: true, force: true });
      const mask = process.umask(umask);
      try {
        const { code, stderr } = await cli(['run', 'job.json', '--results', 'out/results.jsonl'], { cwd: folder });
        assert.equal(code, 0, stderr);
      } finally {
        process.umask(mask);
      }
      const written = readdirSync(join(folder, 'out')).sort();
      assert.deepEqual(written.filter((name) => /^(clip\.mp4|results\.jsonl)$/.test(name)), ['clip.mp4', 'results.jsonl']);
      assert.equal(statSync(join(folder, 'out')).mode & 0o777, directory);
      for (const name of written) assert.equal(statSync(join(folder, 'out', name)).mode & 0o777, file, name);
    }
  });

  describe('an archive that writes outside of its folder', () => {
    const MAKE = String.raw`
import io, sys, tarfile, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(folder + '/evil.zip', 'w') as z:
    z.writestr('../escaped', 'evil'); z.writestr('model.json', '{}'); z.writestr('model.onnx', 'evil')
for name, mode in (('evil.tar', 'w'), ('evil.tar.gz', 'w:gz')):
    with tarfile.open(folder + '/' + name, mode) as t:
        entry = tarfile.TarInfo('../escaped'); entry.size = 4; t.addfile(entry, io.BytesIO(b'evil'))
        link = tarfile.TarInfo('link'); link.type = tarfile.SYMTYPE; link.linkname = '/etc/passwd'; t.addfile(link)
`;
    for (const name of ['evil.zip', 'evil.tar', 'evil.tar.gz']) {
      it(`${name} is no model and no video, and is not unpacked`, async () => {
        const inner = join(folder, 'inner');
        mkdirSync(inner);
        execFileSync('python3', ['-c', MAKE, inner]);
        const before = readdirSync(inner).sort();
        for (const as of ['', '.onnx', '.mp4', '.json']) {
          const path = join(inner, as === '' ? name : `model${as}`);
          if (as !== '') writeFileSync(path, readFileSync(join(inner, name)));
          await assert.rejects(openModelSession({ model: { path } }), { code: 'MODEL_LOAD_FAILED' }, path);
          await assert.rejects(importTfjsModel(path), { code: 'MODEL_LOAD_FAILED' }, path);
          for (const backend of [await openLibavBackend(), await openFfmpegBackend()]) {
            const options = { source: sourceSchema.parse({ location: path }), producer: producerSchema.parse({}), threads: 1, realtime: false };
            await assert.rejects(backend.openDecoder(options), (error: Error & { code: string }) => /^SOURCE_(OPEN_FAILED|NO_VIDEO)$/.test(error.code), path);
          }
          if (as !== '') rmSync(path);
        }
        assert.deepEqual([readdirSync(folder), readdirSync(inner).sort()], [['inner'], before]);
      });
    }
  });
});
