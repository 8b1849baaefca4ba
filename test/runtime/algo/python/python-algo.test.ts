import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { LaneAlgo, LaneFrame } from '../../../../dist/runtime/algo/index.js';
import { openPythonAlgo } from '../../../../dist/runtime/algo/python/python-algo.js';
import { algoSchema, type PythonAlgoPlan } from '../../../../dist/runtime/base/plan.js';
import { describeWithPython, pythonFolder, pythonProgram } from '../../../support/python.js';
import { smallFrame } from '../../../support/remote.js';
import { temporaryFolder } from '../../../support/tfjs.js';

const { signal } = new AbortController();

const HEAD = 'import os, sys, time\nimport numpy as np\nfrom stream_infer.algo import BaseAlgo\n';
/** An algo of which `run` is that. */
function algoOf(run: string): string {
  return `${HEAD}class Mine(BaseAlgo):\n    def init(self):\n        pass\n    def run(self, frames):\n        ${run.replaceAll('\n', '\n        ')}\n`;
}

describeWithPython('algo/python', () => {
  const open: LaneAlgo[] = [];
  afterEach(async () => { await Promise.all(open.splice(0).map((algo) => algo.close())); });

  async function opened(files: Record<string, string>, given: Record<string, unknown> = {}): Promise<LaneAlgo> {
    const baseFolder = await temporaryFolder();
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(baseFolder, name)), { recursive: true });
      await writeFile(join(baseFolder, name), text);
    }
    const module = Object.keys(files)[0];
    const plan = algoSchema.parse({ kind: 'python', id: 'p', name: 'mine', module, baseFolder, python: pythonFolder(), ...given }) as PythonAlgoPlan;
    const algo = await openPythonAlgo(plan);
    open.push(algo);
    return algo;
  }

  async function resultOf(run: string, frames: LaneFrame[] = [smallFrame()]): Promise<unknown> {
    return await (await opened({ 'mine.py': algoOf(run) })).run(frames, signal);
  }

  it('a BaseAlgo of the library gets its name, its arguments, and frames it may write on', async () => {
    const algo = await opened({ 'mine.py': `${HEAD}
class Means(BaseAlgo):
    def init(self, gain, **more):
        self.gain, self.more = gain, more
    def run(self, frames):
        frames[0][0, 0] = 0
        return {"name": self.name, "shape": frames[0].shape, "kind": str(frames[0].dtype), "mean": float(frames[1].mean()) * self.gain, "more": self.more, "first": frames[0][0, 0].tolist()}
` }, { frameCount: 2, kwargs: { gain: 2, flag: true } });
    assert.deepEqual(await algo.run([smallFrame(10), smallFrame(20)], signal), { name: 'mine', shape: [2, 4, 3], kind: 'uint8', mean: 40, more: { flag: true }, first: [0, 0, 0] });
    const { numpy, python, ...description } = algo.description;
    assert.deepEqual(description, { family: 'python', class: 'Means' });
    assert.match(`${String(python)} ${String(numpy)}`, /^3\.\d+\.\d+ \d+\.\d+/);
  });

  it('the library itself is used where it is installed', async () => {
    assert.match((await resultOf('import stream_infer\nreturn [stream_infer.__file__ or "", BaseAlgo.__module__]') as string[])[0] ?? '', /site-packages/);
  });

  it('without the library only numpy is needed', async () => {
    const algo = await opened({ 'mine.py': `${HEAD}from stream_infer import BaseAlgo as Same\nclass Mine(BaseAlgo):\n    def init(self):\n        assert Same is BaseAlgo\n    def run(self, frames):\n        return [BaseAlgo.__module__, self.name]\n` }, { python: await withoutLibrary() });
    assert.deepEqual(await algo.run([smallFrame()], signal), ['__main__', 'mine']);
  });

  /** A virtual environment with numpy alone. */
  async function withoutLibrary(): Promise<string> {
    const folder = await temporaryFolder();
    execFileSync(pythonProgram(), ['-m', 'venv', '--without-pip', folder]);
    const site = execFileSync(join(folder, 'bin', 'python'), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();
    const [numpy, libs] = execFileSync(pythonProgram(), ['-c', 'import numpy, os; d = os.path.dirname(numpy.__file__); print(d); print(d + ".libs")'], { encoding: 'utf8' }).trim().split('\n');
    execFileSync('ln', ['-s', numpy ?? '', libs ?? '', site]);
    return folder;
  }

  const SHAPES: readonly [why: string, frame: Partial<LaneFrame & { kind: 'pixels' }>, shape: number[]][] = [
    ['colour', {}, [2, 4, 3]],
    ['grey', { format: 'gray8', data: new ArrayBuffer(8) }, [2, 4]],
    ['with alpha', { format: 'rgba', data: new ArrayBuffer(32) }, [2, 4, 4]],
  ];
  for (const [why, frame, shape] of SHAPES) {
    it(`a frame in ${why} has the shape ${shape.join(' × ')}`, async () => {
      assert.deepEqual(await resultOf('return frames[0].shape', [{ ...smallFrame(), ...frame } as LaneFrame]), shape);
    });
  }

  const RESULTS: readonly [code: string, result: unknown][] = [
    ['None', null],
    ['np.float32(1.5), np.int64(3), np.bool_(True), np.str_("a")', [1.5, 3, true, 'a']],
    ['np.arange(6, dtype=np.uint8).reshape(2, 3)', [[0, 1, 2], [3, 4, 5]]],
    ['float("nan"), float("inf"), np.float32("nan"), np.array([1.0, np.nan, -np.inf])', [null, null, null, [1, null, null]]],
    ['np.array(7.5)', 7.5],
    ['np.array(["a", 1, None], dtype=object)', ['a', 1, null]],
    ['{1: "a", np.int64(2): "b", None: 0}', { 1: 'a', 2: 'b', None: 0 }],
    ['{"a": {3, 3}}', { a: [3] }],
    ['"Ünïcödé \\u0000 \\U0001F600"', 'Ünïcödé \u0000 😀'],
    ['type("Torch", (), {"tolist": lambda self: [1, 2]})()', [1, 2]],
  ];
  for (const [code, result] of RESULTS) {
    it(`gives ${code.slice(0, 60)}`, async () => {
      assert.deepEqual(await resultOf(`return ${code}`), result);
    });
  }

  const RUN_FAILS: readonly [why: string, run: string, message: RegExp][] = [
    ['raises', 'raise ValueError("no luck")', /^mine: ValueError: no luck \(mine\.py:10\)$/],
    ['gives what is no data', 'return {"boxes": [1, object()]}', /result\['boxes'\]\[1\] is of type object, no plain data/],
    ['gives complex numbers', 'return np.array([1j])', /result\[0\] is of type complex, no plain data/],
    ['gives bytes', 'return b"abc"', /result is of type bytes/],
    ['gives keys that are none', 'return {(1, 2): 3}', /result has a key of type tuple/],
    ['gives a list of itself', 'a = []\na.append(a)\nreturn a', /nested more than 64 deep/],
    ['gives 40 MiB', 'return "x" * (40 << 20)', /the result is 40\.0 MiB of JSON, more than 32 MiB/],
    ['runs out of memory', 'return bytearray(1 << 62)', /MemoryError|OverflowError/],
  ];
  for (const [why, run, message] of RUN_FAILS) {
    it(`a run that ${why} fails, and the next one runs`, async () => {
      const algo = await opened({ 'mine.py': algoOf(`if frames[0][0, 0, 0] == 1:\n    return "fine"\n${run}`) });
      await assert.rejects(algo.run([smallFrame()], signal), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'ALGO_RUN_FAILED');
        assert.match(error.message, message);
        return true;
      });
      assert.equal(await algo.run([smallFrame(1)], signal), 'fine');
    });
  }

  it('what an algo prints, however, is not taken for an answer', async () => {
    const noise = 'print("{}\\x00\\x01" * 1000)\nsys.stdout.buffer.write(b"\\xff" * 999)\nsys.stdout.flush()\nos.write(1, b"\\x00\\x00\\x00\\x10")\nsys.__stdout__.write("more")\nos.system("echo from a shell")\n';
    assert.equal(await resultOf(`${noise}return "fine"`), 'fine');
    assert.equal(await resultOf('return sys.stdin.read()'), '');
  });

  const OPEN_FAILS: readonly [why: string, text: string, plan: Record<string, unknown>, code: string, message: RegExp][] = [
    ['a syntax error', 'def run(:\n', {}, 'MODULE_LOAD_FAILED', /^mine: SyntaxError: .* \(mine\.py:1\)$/],
    ['an import that is not there', 'import no_such_library\n', {}, 'MODULE_LOAD_FAILED', /ModuleNotFoundError: No module named 'no_such_library' \(mine\.py:1\)/],
    ['no class', 'x = 1\n', {}, 'MODULE_LOAD_FAILED', /mine has no class with run\(frames\)/],
    ['two classes', 'class A:\n    def run(self, f): pass\nclass B:\n    def run(self, f): pass\n', {}, 'MODULE_LOAD_FAILED', /mine has several algos, name one: A, B/],
    ['another class', 'class A:\n    def run(self, f): pass\n', { class: 'B' }, 'MODULE_LOAD_FAILED', /mine has no class B with run\(frames\)/],
    ['no such file', '', { module: 'other.py' }, 'MODULE_LOAD_FAILED', /other\.py: there is no such file/],
    ['no such module', '', { module: 'no.such.module' }, 'MODULE_LOAD_FAILED', /No module named 'no'/],
    ['an init that raises', 'class A:\n    def init(self): raise OSError("no model")\n    def run(self, f): pass\n', {}, 'ALGO_OPEN_FAILED', /OSError: no model \(mine\.py:2\)/],
    ['arguments that init does not take', 'class A:\n    def init(self): pass\n    def run(self, f): pass\n', { kwargs: { x: 1 } }, 'ALGO_OPEN_FAILED', /TypeError: .*unexpected keyword argument 'x'/],
    ['an exit while it is imported', 'import sys\nsys.exit("bye")\n', {}, 'ALGO_OPEN_FAILED', /Python ended with exit code 1: bye/],
    ['a crash of native code', 'import ctypes\nctypes.string_at(0)\n', {}, 'ALGO_OPEN_FAILED', /Python ended with signal SIGSEGV/],
    ['no such Python', 'x = 1\n', { python: 'no-such-python' }, 'PYTHON_MISSING', /start no-such-python: there is no such program; install Python/],
    ['a folder that is no environment', 'x = 1\n', { python: './' }, 'PYTHON_MISSING', /bin\/python: there is no such program/],
    ['something else in place of Python', 'x = 1\n', { python: '/bin/false' }, 'ALGO_OPEN_FAILED', /Python ended with exit code 1/],
    ['a program that answers as it likes', 'x = 1\n', { python: '/bin/echo' }, 'ALGO_OPEN_FAILED', /did not answer as it should|ended with exit code 0/],
  ];
  for (const [why, text, plan, code, message] of OPEN_FAILS) {
    it(`cannot be opened: ${why}`, async () => {
      await assert.rejects(opened({ 'mine.py': text }, plan), (error: { code: string; message: string }) => {
        assert.match(error.message, message);
        assert.equal(error.code, code);
        return true;
      });
    });
  }

  it('without numpy the error names the interpreter and the command', async () => {
    const folder = await temporaryFolder();
    execFileSync(pythonProgram(), ['-m', 'venv', '--without-pip', folder]);
    await assert.rejects(opened({ 'mine.py': algoOf('return 1') }, { python: folder }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'PYTHON_MISSING');
      assert.match(error.message, /bin\/python cannot import numpy \(No module named 'numpy'\); install it: ".*bin\/python" -m pip install numpy$/);
      return true;
    });
  });

  for (const [why, run, message] of [['exits', 'sys.exit(3)', /Python ended with exit code 3/], ['exits at once', 'os._exit(4)', /Python ended with exit code 4/], ['crashes', 'import ctypes\nctypes.string_at(0)', /Python ended with signal SIGSEGV/]] as const) {
    it(`an algo that ${why} in a run has died, and says so`, async () => {
      const algo = await opened({ 'mine.py': algoOf(run) });
      await assert.rejects(algo.run([smallFrame()], signal), { code: 'ALGO_RUN_FAILED', message });
      const death = await algo.died;
      assert.match(death?.error.message ?? '', message);
      assert.equal(death?.isTold, true);
      await assert.rejects(algo.run([smallFrame()], signal), { code: 'ALGO_RUN_FAILED', message });
    });
  }

  it('an endless loop is ended with its process when the run has timed out; one that is given up goes on', async () => {
    const algo = await opened({ 'mine.py': algoOf('time.sleep(0.2)\nwhile frames[0][0, 0, 0] == 200: pass\nreturn 1') });
    const givenUp = new AbortController();
    const run = algo.run([smallFrame(0)], givenUp.signal);
    givenUp.abort(Object.assign(new Error('given up for a newer turn'), { code: 'ALGO_RUN_FAILED' }));
    assert.equal(await run, 1);
    const late = new AbortController();
    const endless = algo.run([smallFrame()], late.signal);
    late.abort(Object.assign(new Error('mine: no result within 1 s'), { code: 'ALGO_TIMEOUT' }));
    await assert.rejects(endless, { code: 'ALGO_TIMEOUT' });
    assert.equal((await algo.died)?.error.code, 'ALGO_TIMEOUT');
  });

  it('close ends the process, in a loop too, and calls close where there is one', async () => {
    const algo = await opened({ 'mine.py': `${algoOf('return os.getpid()')}    def close(self):\n        open(os.path.join(os.path.dirname(__file__), "closed"), "w").close()\n` });
    const pid = (await algo.run([smallFrame()], signal)) as number;
    await algo.close();
    await algo.close();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it('a package of several files, a dotted name, a path with a blank', async () => {
    const files = { 'my algos/deep/__init__.py': 'from .part import VALUE\nclass A:\n    def run(self, frames):\n        return VALUE\n', 'my algos/deep/part.py': 'VALUE = 7\n' };
    assert.equal(await (await opened(files, { module: 'my algos/deep' })).run([smallFrame()], signal), 7);
    const dotted = { 'pack/__init__.py': '', 'pack/algo.py': 'from .part import VALUE\nclass A:\n    def __init__(self):\n        self.value = VALUE\n    def run(self, frames):\n        return self.value\n', 'pack/part.py': 'VALUE = 8\n' };
    assert.equal(await (await opened(dotted, { module: 'pack.algo' })).run([smallFrame()], signal), 8);
  });
});
