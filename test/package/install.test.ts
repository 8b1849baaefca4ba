import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startNodeRed } from '../support/node-red.js';
import { hasData } from '../support/data.js';
import { detectionJob, motionJob, resultsOf } from './jobs.js';
import { freshClone, installed, npm, NPM_10, PACKAGE } from './installed.js';
import { must } from './program.js';

type NodeSet = { readonly module: string; readonly types: readonly string[]; readonly enabled: boolean; readonly err?: unknown };
type Finding = { readonly name: string; readonly works: boolean; readonly advice?: string };

const TYPES = ['stream-algo', 'stream-dispatcher', 'stream-engine', 'stream-producer', 'stream-recorder', 'stream-sink', 'stream-source'];
const ADVICE = 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node';

describe('package/install', () => {
  describe('a fresh clone', () => {
    it('npm ci with an empty cache, then a build', async () => {
      const clone = await freshClone();
      await must('npm', ['run', 'build'], { cwd: clone });
    });

    it('the same with npm 10, and no install script run', async () => {
      const clone = await freshClone();
      assert.match(await npm(['--version'], { program: NPM_10 }), /^10\./);
      await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: clone, program: NPM_10 });
      await must('npm', ['run', 'build'], { cwd: clone });
    });
  });

  for (const scripts of [true, false]) {
    describe(`Node-RED's palette, install scripts ${scripts ? 'run and find no downloads' : 'do not run'}`, () => {
      it('installs the package as a dependency of the user directory', async () => {
        const { userDir } = await installed(scripts);
        const { dependencies } = JSON.parse(readFileSync(join(userDir, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
        assert.deepEqual(Object.keys(dependencies), [PACKAGE]);
      });

      it('Node-RED loads every node', async () => {
        const { userDir } = await installed(scripts);
        const nodeRed = await startNodeRed({ userDir });
        try {
          const sets = (await (await nodeRed.admin('/nodes', { headers: { accept: 'application/json' } })).json()) as NodeSet[];
          const ours = sets.filter(({ module }) => module === PACKAGE);
          assert.deepEqual(ours.flatMap(({ types }) => types).sort(), TYPES);
          assert.deepEqual(ours.filter(({ enabled, err }) => !enabled || err !== undefined), []);
        } finally {
          await nodeRed.stop();
        }
      });

      it('the command line plays a job that needs no file', async () => {
        const install = await installed(scripts);
        const results = resultsOf(await install.cli(['run', motionJob(install.userDir)]));
        assert.deepEqual(results.map(({ algo }) => algo), ['motion', 'motion']);
      });

      it('the command line detects things in a video', async function () {
        if (!hasData) this.skip();
        const install = await installed(scripts);
        const results = resultsOf(await install.cli(['run', detectionJob(install.userDir)]));
        assert.ok(results.some(({ result }) => result.length > 0));
      });
    });
  }

  it('where a script failed WebAssembly infers and says so; doctor names the command that helps, and it helps', async function () {
    const install = await installed(true);
    assert.equal(install.has('onnxruntime-node'), false);
    const before = await install.cli(['doctor', '--json']);
    assert.equal(before.code, 0, before.stderr);
    const native = finding(before.stdout, 'onnxruntime-node');
    assert.equal(native.works, false);
    assert.ok(native.advice?.startsWith(ADVICE));
    assert.equal(finding(before.stdout, 'onnxruntime-web').works, true);
    if (hasData) {
      const { stderr } = await install.cli(['run', detectionJob(install.userDir)]);
      assert.match(stderr, /^warning: runs on wasm \(WebAssembly, several times slower\): onnxruntime-node cannot be loaded on this machine \(Cannot find package 'onnxruntime-node'\)$/m);
    }
    await npm(['install', 'onnxruntime-node', '--no-audit', '--no-fund'], { cwd: install.userDir, env: { ONNXRUNTIME_NODE_INSTALL: 'skip' } });
    try {
      assert.deepEqual(finding((await install.cli(['doctor', '--json'])).stdout, 'onnxruntime-node').works, true);
    } finally {
      await npm(['uninstall', 'onnxruntime-node', '--no-audit', '--no-fund'], { cwd: install.userDir, env: { ONNXRUNTIME_NODE_INSTALL: 'out-of-reach' } });
    }
  });
});

function finding(json: string, name: string): Finding {
  const { findings } = JSON.parse(json) as { findings: Finding[] };
  const found = findings.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
}
