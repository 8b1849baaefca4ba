import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LaneAlgo, LaneFrame } from '../../../dist/runtime/algo/algo.js';
import { openCodeAlgo } from '../../../dist/runtime/algo/code.js';
import { check, type CodeAlgoPlan } from '../../../dist/runtime/base/index.js';
import { algoSchema } from '../../../dist/runtime/base/plan.js';
import { temporaryFolder } from '../../support/tfjs.js';

const { signal } = new AbortController();
const FRAME: LaneFrame = {
  kind: 'pixels', info: { index: 7, sourceIndex: 12, ptsUs: 1_500_000, width: 8, height: 4 }, width: 4, height: 2, format: 'bgr24', data: new ArrayBuffer(24),
};
const warnings: string[] = [];

type Texts = { readonly code: string; readonly setup?: string; readonly close?: string; readonly baseFolder?: string };

function planOf(texts: Texts): CodeAlgoPlan {
  return check(algoSchema, { id: 'a', name: 'mine', kind: 'code', ...texts }) as CodeAlgoPlan;
}

function open(texts: Texts): Promise<LaneAlgo> {
  return openCodeAlgo(planOf(texts), { stream: 'camera', onWarning: (message) => warnings.push(message) });
}

describe('algo/code', () => {
  beforeEach(() => { warnings.length = 0; });

  it('Run gets the frames and a context, what it returns is the result', async () => {
    const algo = await open({ code: 'const [{ data, ...frame }] = frames;\nreturn { ...frame, bytes: data.length, name: context.name, stream: context.stream, aborted: context.signal.aborted };' });
    assert.deepEqual(await algo.run([FRAME], signal), {
      index: 7, sourceIndex: 12, pts: 1.5, position: 1.5, width: 4, height: 2, format: 'bgr24', strideBytes: 12, bytes: 24, name: 'mine', stream: 'camera', aborted: false,
    });
    assert.deepEqual([algo.needs, algo.description], [{ kind: 'pixels' }, { family: 'code' }]);
  });

  it('state is kept from Setup to Close, and is another algo\'s no part of', async () => {
    const texts = {
      setup: 'context.state.runs = await Promise.resolve(10);',
      code: 'return ++context.state.runs; // counts',
      close: 'context.warn(`closed after ${context.state.runs}, aborted ${context.signal.aborted}`);',
    };
    const [one, other] = [await open(texts), await open(texts)];
    assert.deepEqual([await one.run([FRAME], signal), await one.run([FRAME], signal), await other.run([FRAME], signal)], [11, 12, 11]);
    await one.close();
    await one.close();
    assert.deepEqual(warnings, ['mine: closed after 12, aborted true']);
  });

  it('require and import look from the folder of modules', async () => {
    const baseFolder = await temporaryFolder();
    await mkdir(join(baseFolder, 'node_modules/half'), { recursive: true });
    await writeFile(join(baseFolder, 'node_modules/half/index.js'), 'module.exports = (n) => n / 2;');
    await writeFile(join(baseFolder, 'own.mjs'), 'export const three = 3;');
    const algo = await open({ baseFolder, setup: 'context.state.half = require("half");', code: 'const { three } = await import("./own.mjs");\nreturn [context.state.half(three), require("node:path").sep.length];' });
    assert.deepEqual(await algo.run([FRAME], signal), [1.5, 1]);
  });

  const REFUSED: readonly { why: string; texts: Texts; message: RegExp }[] = [
    { why: 'no code', texts: { code: ' \n' }, message: /^code: expected JavaScript that returns the result/ },
    { why: 'a number', texts: { code: 3 as never }, message: /^code: expected string/ },
    { why: 'a syntax error, with its line', texts: { code: 'const a = 1;\n\nreturn a b;' }, message: /^code: Unexpected identifier.* \(Run:3\)/ },
    { why: 'a brace too many', texts: { code: 'return 1;\n}' }, message: /^code: Unexpected token '}' \(Run:2\)/ },
    { why: 'a brace too few', texts: { code: 'if (frames) {' }, message: /^code: .* \(Run:1\)/ },
    { why: 'a body that closes itself and goes on', texts: { code: '}); globalThis.hasRun = true; (async () => {' }, message: /^code: it ends its own function/ },
    { why: 'a static import', texts: { code: 'import a from "a";' }, message: /^code: Cannot use import statement.* \(Run:1\)/ },
    { why: 'a name of its own parameters', texts: { code: 'let frames = 1;' }, message: /^code: Identifier 'frames' has already been declared \(Run:1\)/ },
    { why: 'a mistake in Setup', texts: { code: 'return 1', setup: '\nawait' }, message: /^setup: .* \(Setup:\d\)/ },
    { why: 'a mistake in Close', texts: { code: 'return 1', close: 'return (' }, message: /^close: .* \(Close:\d\)/ },
    { why: 'two million characters', texts: { code: `return 1;${' '.repeat(2_000_000)}` }, message: /^code: expected string to have <=1000000 characters/ },
  ];
  for (const { why, texts, message } of REFUSED) {
    it(`is refused before anything runs: ${why}`, () => {
      assert.throws(() => planOf(texts), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'OPTION_INVALID');
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('compiling runs nothing', () => {
    planOf({ code: 'globalThis.hasRun = true;', setup: 'globalThis.hasRun = true;' });
    assert.throws(() => planOf({ code: '}); globalThis.hasRun = true; (async () => {' }));
    assert.equal((globalThis as Record<string, unknown>)['hasRun'], undefined);
  });

  const RUNS: readonly { why: string; texts: Texts; message: RegExp }[] = [
    { why: 'a throw', texts: { code: 'const a = frames[9];\nreturn a.width;' }, message: /^mine: Cannot read properties of undefined \(reading 'width'\) \(Run:2:10\)$/ },
    { why: 'a rejection after an await', texts: { code: 'await null;\n\nthrow new Error("no");' }, message: /^mine: no \(Run:3:7\)$/ },
    { why: 'in a function of Setup', texts: { setup: 'context.state.f = () => {\n  throw new Error("no");\n};', code: 'context.state.f();' }, message: /^mine: no \(Setup:2:9\)$/ },
    { why: 'something that is no error', texts: { code: 'throw 3' }, message: /^mine: threw 3$/ },
    { why: 'a result that is no plain data', texts: { code: 'return { a: [() => 1] }' }, message: /^mine: result\.a\[0\] is no plain data/ },
  ];
  for (const { why, texts, message } of RUNS) {
    it(`an error names the line of the code: ${why}`, async () => {
      const algo = await open(texts);
      await assert.rejects(algo.run([FRAME], signal), { code: 'ALGO_RUN_FAILED', message });
    });
  }

  it('Setup that throws is an algo that does not open', async () => {
    await assert.rejects(open({ setup: '\nrequire("no-such-package-here")', code: 'return 1' }), { code: 'ALGO_OPEN_FAILED', message: /mine: open: Cannot find module 'no-such-package-here'[\s\S]*\(Setup:2:1\)/ });
  });

  it('what Close throws comes out', async () => {
    const algo = await open({ code: 'return 1', close: 'throw new Error("stuck")' });
    await assert.rejects(algo.close(), /stuck/);
  });
});
