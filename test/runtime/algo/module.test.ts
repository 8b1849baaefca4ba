import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import type { LaneAlgo, LaneFrame } from '../../../dist/runtime/algo/algo.js';
import { openModuleAlgo } from '../../../dist/runtime/algo/module.js';
import type { ModuleAlgoPlan } from '../../../dist/runtime/base/index.js';
import { temporaryFolder } from '../../support/tfjs.js';

const DIST = resolve(__dirname, '..', '..', '..', 'dist', 'runtime', 'algo');
const { signal } = new AbortController();
const FRAME: LaneFrame = {
  kind: 'pixels', info: { index: 7, sourceIndex: 12, ptsUs: 1_500_000, width: 8, height: 4 }, width: 4, height: 2, format: 'bgr24', data: new ArrayBuffer(24),
};

/** Writes files into a folder of their own and opens the algo of the first. */
async function open(files: Record<string, string>, plan: Partial<ModuleAlgoPlan> = {}): Promise<LaneAlgo> {
  const baseFolder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(baseFolder, name)), { recursive: true });
    await writeFile(join(baseFolder, name), text);
  }
  return openIn(baseFolder, { module: `./${Object.keys(files)[0] ?? ''}`, ...plan });
}

function openIn(baseFolder: string, plan: Partial<ModuleAlgoPlan>): Promise<LaneAlgo> {
  const whole: ModuleAlgoPlan = { id: 'mine', name: 'mine', kind: 'module', module: '', frameCount: 1, frameStep: 0, interval: 0, late: 'skip', lateLimit: 4, track: false, regions: [], regionMode: 'include', zones: [], lines: [], timeout: 60, enabled: true, kwargs: {}, baseFolder, ...plan };
  return openModuleAlgo(whole, { stream: 'camera' });
}

async function resultOf(files: Record<string, string>, plan: Partial<ModuleAlgoPlan> = {}): Promise<unknown> {
  const algo = await open(files, plan);
  const result = await algo.run([FRAME], signal);
  await algo.close();
  return result;
}

const RUN = '{ run() { return "ran"; } }';

describe('algo/module: what counts as an algo', () => {
  const ROWS: { why: string; files: Record<string, string>; plan?: Partial<ModuleAlgoPlan>; result?: unknown }[] = [
    { why: 'CommonJS, the module is an object', files: { 'a.js': `module.exports = ${RUN}` } },
    { why: 'CommonJS, the module is a class', files: { 'a.cjs': `module.exports = class ${RUN}` } },
    { why: 'CommonJS, the only class of several exports', files: { 'a.js': `exports.limit = 3; exports.helper = () => 0; exports.Mine = class ${RUN}` } },
    { why: 'CommonJS, named', files: { 'a.js': `exports.A = class { run() { return 'a'; } }; exports.B = class ${RUN}` }, plan: { export: 'B' } },
    { why: 'CommonJS compiled from ESM', files: { 'a.js': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = class ${RUN}` } },
    { why: 'CommonJS, a function is run', files: { 'a.js': 'module.exports = () => "ran"' } },
    { why: 'CommonJS, a constructor of the old kind', files: { 'a.js': 'function Mine() {} Mine.prototype.run = () => "ran"; module.exports = { Mine }' } },
    { why: 'ESM, default class', files: { 'a.mjs': `export default class ${RUN}` } },
    { why: 'ESM, named class beside a base class', files: { 'a.mjs': `export class Base {} export class Mine extends Base ${RUN}` } },
    { why: 'ESM, an inherited run', files: { 'a.mjs': `class Base ${RUN} export class Mine extends Base {}` } },
    { why: 'ESM, the module itself has run', files: { 'a.mjs': 'export const run = () => "ran"; export const open = () => {};' } },
    { why: 'ESM, one function', files: { 'a.mjs': 'export function detect() { return "ran"; }' } },
    { why: 'ESM in a package of modules, with an import of its own', files: { 'a.js': 'import { text } from "./b.js"; export default () => text;', 'b.js': 'export const text = "ran";', 'package.json': '{"type":"module"}' } },
    { why: 'without the ending', files: { 'a.js': `module.exports = ${RUN}` }, plan: { module: './a' } },
    { why: 'without ./', files: { 'a.js': `module.exports = ${RUN}` }, plan: { module: 'a.js' } },
    { why: 'a folder with a package.json', files: { 'mine/main.js': `module.exports = ${RUN}`, 'mine/package.json': '{"main":"main.js"}' }, plan: { module: './mine' } },
    { why: 'an installed package', files: { 'node_modules/my-algo/index.js': `module.exports = ${RUN}` }, plan: { module: 'my-algo' } },
    { why: 'a name with a space and a percent sign', files: { 'my 100% algo.js': `module.exports = ${RUN}` } },
    { why: 'nothing returned is null', files: { 'a.js': 'module.exports = () => {}' }, result: null },
    { why: 'a promise is waited for', files: { 'a.js': 'module.exports = async () => [1]' }, result: [1] },
    { why: 'typed arrays stay', files: { 'a.js': 'module.exports = () => ({ mask: Uint8Array.of(1, 2) })' }, result: { mask: Uint8Array.of(1, 2) } },
    { why: 'kwargs come to the constructor', files: { 'a.js': 'module.exports = class { constructor(k) { this.k = k; } run() { return this.k; } }' }, plan: { kwargs: { limit: 3 } }, result: { limit: 3 } },
  ];
  for (const { why, files, plan, result = 'ran' } of ROWS) {
    it(why, async () => {
      assert.deepEqual(await resultOf(files, plan), result);
    });
  }

  it('open, run and close get what they are promised, in this order', async () => {
    const algo = await open({
      'a.js': `
        const seen = [];
        const plain = ({ signal, ...context }) => ({ ...context, aborted: signal.aborted });
        module.exports = {
          open(context) { this.life = context.signal; seen.push(['open', plain(context)]); },
          run(frames, context) {
            const [{ data, ...frame }] = frames;
            seen.push(['run', plain(context), frame, data.constructor.name, data.length]);
            return seen;
          },
          close() { globalThis.closedAfter = [...seen.map(([name]) => name), this.life.aborted]; },
        };`,
    }, { kwargs: { limit: 3 } });
    assert.deepEqual(algo.needs, { kind: 'pixels' });
    const context = { name: 'mine', stream: 'camera', kwargs: { limit: 3 }, aborted: false };
    assert.deepEqual(await algo.run([FRAME], signal), [
      ['open', context],
      ['run', context, { index: 7, sourceIndex: 12, pts: 1.5, position: 1.5, width: 4, height: 2, format: 'bgr24', strideBytes: 12 }, 'Uint8Array', 24],
    ]);
    await algo.close();
    await algo.close();
    assert.deepEqual((globalThis as Record<string, unknown>)['closedAfter'], ['open', 'run', true]);
  });

  it('init does for open, where there is no open', async () => {
    assert.equal(await resultOf({ 'a.js': 'module.exports = { init({ name }) { this.text = name; }, run() { return this.text; } }' }), 'mine');
  });

  for (const file of ['a.js', 'a.mjs']) {
    it(`${file}: a change shows at the next open`, async () => {
      const folder = await temporaryFolder();
      for (const text of ['one', 'two']) {
        await writeFile(join(folder, file), file === 'a.js' ? `module.exports = () => "${text}"` : `export default () => "${text}"`);
        const algo = await openIn(folder, { module: `./${file}` });
        assert.equal(await algo.run([FRAME], signal), text);
      }
    });
  }
});

describe('algo/module: what fails says why', () => {
  const ROWS: { why: string; files: Record<string, string>; plan?: Partial<ModuleAlgoPlan>; code: string; message: RegExp }[] = [
    { why: 'no such file', files: { 'a.js': '' }, plan: { module: './gone.js' }, code: 'MODULE_LOAD_FAILED', message: /load \.\/gone\.js .*no such file or package/ },
    { why: 'no such package', files: { 'a.js': '' }, plan: { module: 'no-such-package-here' }, code: 'MODULE_LOAD_FAILED', message: /no such file or package/ },
    { why: 'an empty folder', files: { 'mine/b.txt': '' }, plan: { module: './mine' }, code: 'MODULE_LOAD_FAILED', message: /no such file or package/ },
    { why: 'a syntax error', files: { 'a.js': 'module.exports = {' }, code: 'MODULE_LOAD_FAILED', message: /a\.js/ },
    { why: 'a syntax error in ESM', files: { 'a.mjs': 'export default {' }, code: 'MODULE_LOAD_FAILED', message: /a\.mjs/ },
    { why: 'an import that is missing', files: { 'a.mjs': 'import "./gone.mjs";' }, code: 'MODULE_LOAD_FAILED', message: /gone\.mjs/ },
    { why: 'a throw while loading', files: { 'a.js': '\nthrow new Error("no licence")' }, code: 'MODULE_LOAD_FAILED', message: /no licence \(a\.js:2/ },
    { why: 'no algo', files: { 'a.js': 'exports.limit = 3; exports.Thing = class {}' }, code: 'MODULE_LOAD_FAILED', message: /exports no algo.*its exports: limit, Thing/ },
    { why: 'nothing at all', files: { 'a.mjs': '' }, code: 'MODULE_LOAD_FAILED', message: /exports no algo.*none/ },
    { why: 'null', files: { 'a.js': 'module.exports = null' }, code: 'MODULE_LOAD_FAILED', message: /exports no algo/ },
    { why: 'several algos', files: { 'a.js': `exports.A = class ${RUN}; exports.B = class ${RUN}` }, code: 'MODULE_LOAD_FAILED', message: /several algos.*A, B/ },
    { why: 'a name that is not there', files: { 'a.js': `exports.A = class ${RUN}` }, plan: { export: 'B' }, code: 'MODULE_LOAD_FAILED', message: /exports no B.*: A/ },
    { why: 'a name that is no algo', files: { 'a.js': 'exports.B = 3' }, plan: { export: 'B' }, code: 'MODULE_LOAD_FAILED', message: /B, which is no algo/ },
    { why: 'a name of Object.prototype', files: { 'a.js': `exports.A = class ${RUN}` }, plan: { export: 'toString' }, code: 'MODULE_LOAD_FAILED', message: /exports no toString/ },
    { why: 'a constructor that throws', files: { 'a.js': 'module.exports = class Mine {\nconstructor() { throw new Error("no GPU"); } run() {} }' }, code: 'ALGO_OPEN_FAILED', message: /new Mine: no GPU \(a\.js:2/ },
    { why: 'open that throws', files: { 'a.mjs': 'export default {\n\nopen() { throw new Error("no GPU"); }, run() {} }' }, code: 'ALGO_OPEN_FAILED', message: /mine: open: no GPU \(a\.mjs:3/ },
    { why: 'a name that URLs write otherwise', files: { 'my 100% algo.mjs': 'export default { open() { throw new Error("no GPU"); }, run() {} }' }, code: 'ALGO_OPEN_FAILED', message: /no GPU \(my%20100%25%20algo\.mjs:1/ },
    { why: 'open that rejects with no error', files: { 'a.js': 'module.exports = { open: () => Promise.reject(), run() {} }' }, code: 'ALGO_OPEN_FAILED', message: /threw undefined/ },
  ];
  for (const { why, files, plan, code, message } of ROWS) {
    it(why, async () => {
      await assert.rejects(open(files, plan), { code, message });
    });
  }

  const RUNS: { why: string; body: string; message: RegExp }[] = [
    { why: 'a throw, with the line', body: '\nthrow new TypeError("bad frame");', message: /^mine: bad frame \(a\.js:2:\d+\)$/ },
    { why: 'a text thrown', body: 'throw "oops"', message: /threw oops/ },
    { why: 'a function in the result', body: 'return { boxes: [{ label: "a" }, { draw: () => 0 }] }', message: /result\.boxes\[1\]\.draw is no plain data/ },
    { why: 'a symbol', body: 'return Symbol("x")', message: /^mine: result is no plain data/ },
    { why: 'a promise inside', body: 'return { later: Promise.resolve(1) }', message: /result\.later/ },
    { why: 'a function in a ring', body: 'const ring = { f() {} }; ring.self = ring; return { ring }', message: /in a circle/ },
  ];
  for (const { why, body, message } of RUNS) {
    it(`run: ${why}`, async () => {
      const algo = await open({ 'a.js': `module.exports = { run() {${body}} }` });
      await assert.rejects(algo.run([FRAME], signal), { code: 'ALGO_RUN_FAILED', message });
    });
  }

  it('a tensor where pixels were asked for', async () => {
    const algo = await open({ 'a.js': `module.exports = ${RUN}` });
    const letterbox = { scaleX: 1, scaleY: 1, padX: 0, padY: 0, width: 1, height: 1 };
    await assert.rejects(algo.run([{ kind: 'tensor', info: FRAME.info, letterbox, data: new ArrayBuffer(4) }], signal), { code: 'ALGO_RUN_FAILED' });
  });

  it('what close throws comes out', async () => {
    const algo = await open({ 'a.js': 'module.exports = { run() {}, close() { throw new Error("stuck"); } }' });
    await assert.rejects(algo.close(), /stuck/);
  });
});

describe('algo/module: as Node itself reads files', () => {
  /** In a process without this test's own TypeScript loader: the result, or `CODE message`. */
  async function outcomeOf(files: Record<string, string>, hidden: readonly string[] = []): Promise<unknown> {
    const folder = await temporaryFolder();
    // what a folder above says of its files is not for these
    for (const [name, text] of Object.entries({ 'package.json': '{}', ...files })) await writeFile(join(folder, name), text);
    const script = `
      const hooks = 'export const resolve = (name, context, next) => { if (${JSON.stringify(hidden)}.includes(name)) throw new Error("it is hidden"); return next(name, context); }';
      require('node:module').register('data:text/javascript,' + encodeURIComponent(hooks));
      const { openModuleAlgo } = require(${JSON.stringify(join(DIST, 'module.js'))});
      openModuleAlgo({ name: 'mine', module: ${JSON.stringify(`./${Object.keys(files)[0] ?? ''}`)}, baseFolder: ${JSON.stringify(folder)}, kwargs: {} }, { stream: 's' })
        .then((algo) => algo.run([], new AbortController().signal))
        .then((result) => console.log(JSON.stringify(result)), ({ code, message }) => console.log(JSON.stringify(code + ' ' + message)));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout);
  }

  const strips = Boolean((process.features as { typescript?: unknown }).typescript);

  for (const { why, text } of [{ why: 'exports', text: 'export default () => 1;' }, { why: 'imports', text: 'import "node:fs";\nmodule.exports = () => 1;' }]) {
    it(`a file that ${why} as a module among files of CommonJS says what to do`, async () => {
      const outcome = await outcomeOf({ 'a.js': text, 'package.json': '{"type":"commonjs"}' });
      assert.match(String(outcome), /^MODULE_LOAD_FAILED .*a package\.json above it has it read as CommonJS; end its name in \.mjs/);
    });
  }

  it('types are taken away, imports of neighbours and of Node stay', async () => {
    const result = await outcomeOf({
      'a.ts': 'import { basename } from "node:path";\nimport { half, type Half } from "./b.ts";\nexport default class Mine { run(frames: readonly unknown[]): Half { return half(basename("/x/7") as string, frames.length); } }',
      'b.ts': 'export type Half = { readonly text: string; readonly n: number };\nexport const half = (text: string, n: number): Half => ({ text, n });',
      'package.json': '{"type":"module"}',
    });
    assert.deepEqual(result, { text: '7', n: 0 });
  });

  it('what a run throws has its line', async () => {
    assert.match(String(await outcomeOf({ 'a.ts': 'type A = {\n  a: string;\n};\n\nexport default (): A => { throw new Error("no GPU"); };' })), /^ALGO_RUN_FAILED mine: no GPU \(a\.ts:5:/);
  });

  it('a mistake in it is told with its place', async () => {
    assert.match(String(await outcomeOf({ 'a.ts': 'export const limit: number = 1;\nexport default class {\n  run() { return 1 +; }\n}' })), /^MODULE_LOAD_FAILED load \S+a\.ts: (a\.ts: Unexpected token \(3:\d+\)$|.*\(a\.ts:3)/s);
  });

  it('an enum, which is more than types, runs or says what to do', async () => {
    const outcome = String(await outcomeOf({ 'a.ts': 'enum Mood { Calm = 3 }\nexport default (): number => Mood.Calm;' }));
    if (strips) assert.match(outcome, /MODULE_LOAD_FAILED .*enum.*Node only takes types away/s);
    else assert.equal(outcome, '3');
  });

  it('without the compiler a Node that does not strip types says what to do', async function () {
    if (strips) this.skip();
    assert.match(String(await outcomeOf({ 'a.ts': 'export default (): number => 1;' }, ['sucrase'])), /MODULE_LOAD_FAILED .*does not run TypeScript: compile it to JavaScript, install the package sucrase/);
  });
});
