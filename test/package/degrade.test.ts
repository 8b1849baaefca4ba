import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { hasData } from '../support/data.js';
import { type NodeRed, startNodeRed } from '../support/node-red.js';
import { type Installed, installed, PACKAGE, pathWithNodeOnly } from './installed.js';
import { assertSameDetections, detectionJob, motionJob, resultsOf } from './jobs.js';
import { must } from './program.js';

const OPTIONAL = ['node-av', '@seydx', 'onnxruntime-node', 'ffmpeg-static'];
const NATIVE = /\.node$|onnxruntime|libav|avcodec/;

describe('package/degrade', () => {
  let install: Installed;
  let folder: string;
  before(async () => {
    install = await installed(false);
    folder = install.userDir;
  });
  afterEach(() => { rmSync(join(folder, 'recorded.mp4'), { force: true }); });

  it('without node-av the ffmpeg program reads and records, and a warning says so', async function () {
    if (!hasData) this.skip();
    const native = resultsOf(await install.cli(['run', detectionJob(folder)]));
    await install.without(['node-av', '@seydx'], async () => {
      const ended = await install.cli(['run', detectionJob(folder)]);
      assert.deepEqual(resultsOf(ended).map(({ position }) => position), native.map(({ position }) => position));
      assert.match(ended.stderr, /^warning: the ffmpeg program does what libav cannot do here \(libav: Cannot find package 'node-av'\)$/m);
      assert.match(ended.stderr, / fps, ffmpeg, threads: /m);
    });
    assert.match((await install.cli(['probe', join(folder, 'recorded.mp4')])).stdout, /"frameCount": 41\b/);
  });

  it('the same where only its binary is missing, as on musl', async () => {
    await install.without(['@seydx'], async () => {
      const ended = await install.cli(['run', motionJob(folder)]);
      assert.equal(resultsOf(ended).length, 2);
      assert.match(ended.stderr, /^warning: the ffmpeg program does what libav cannot do here \(libav: .+\)$/m);
    });
  });

  it('without onnxruntime-node WebAssembly finds the same', async function () {
    if (!hasData) this.skip();
    const native = await install.cli(['run', detectionJob(folder)]);
    assert.match(native.stderr, /^info: objects: ready \(.*executionProvider cpu\b/m);
    const expected = resultsOf(native);
    assert.ok(expected.some(({ result }) => result.length > 0));
    await install.without(['onnxruntime-node'], async () => {
      const ended = await install.cli(['run', detectionJob(folder)]);
      assert.match(ended.stderr, /^warning: runs on wasm \(WebAssembly, several times slower\): onnxruntime-node cannot be loaded/m);
      assertSameDetections(resultsOf(ended), expected);
    });
  });

  describe('with no optional package and no program', () => {
    it('a run ends with BACKEND_MISSING and what to install', async () => {
      await install.without(OPTIONAL, async () => {
        const { code, stderr } = await install.cli(['run', motionJob(folder)], { env: { PATH: pathWithNodeOnly() } });
        assert.equal(code, 1);
        assert.match(stderr, /^stream-infer: BACKEND_MISSING: nothing here decodes video: libav: .*; no ffmpeg program runs here; tried .*Install ffmpeg/m);
      });
    });

    it('doctor says what is lacking, and the way out of each', async () => {
      await install.without(OPTIONAL, async () => {
        const { code, stdout } = await install.cli(['doctor'], { env: { PATH: pathWithNodeOnly() } });
        assert.equal(code, 1);
        assert.match(stdout, /^This machine lacks: decoding, encoding\.$/m);
        for (const advice of ['npm install node-av', 'apt install ffmpeg', 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node']) {
          assert.ok(stdout.includes(`-> ${advice}`) || stdout.includes(`(${advice}`), `${advice}\n${stdout}`);
        }
      });
    });

    it('Node-RED loads every node and runs flows; the source tells the error', async () => {
      const flows = [
        { id: 'tab1', type: 'tab', label: 'Test' },
        { id: 'engine1', type: 'stream-engine' },
        { id: 'source1', type: 'stream-source', z: 'tab1', x: 100, y: 100, location: 'test:?width=64&height=32&fps=10&seconds=2', engine: 'engine1', wires: [['producer1']] },
        { id: 'producer1', type: 'stream-producer', z: 'tab1', x: 200, y: 100, wires: [[]] },
      ];
      await install.without(OPTIONAL, async () => {
        const nodeRed = await startNodeRed({ userDir: folder, flows, env: { PATH: pathWithNodeOnly(), FFMPEG_BIN: '', FFMPEG_PATH: '' } });
        try {
          await said(nodeRed, /stream-source:.*nothing here decodes video/);
        } finally {
          await nodeRed.stop();
        }
      });
    });
  });

  describe('loads no native code and needs no optional package:', () => {
    const entries = ['engine', 'source', 'producer', 'algo', 'dispatcher', 'recorder'].map((name) => `dist/nodes/${name}/${name}.js`);

    it('the library and the six nodes', async () => {
      const script = `
        const library = require('${PACKAGE}');
        const folder = require('node:path').dirname(require.resolve('${PACKAGE}/package.json'));
        const nodes = ${JSON.stringify(entries)}.map((entry) => typeof require(folder + '/' + entry).default);
        console.log(JSON.stringify({ library: typeof library.Inference, nodes, objects: process.report.getReport().sharedObjects }));`;
      const load = async (): Promise<void> => {
        const seen = JSON.parse(await must(process.execPath, ['-e', script], { cwd: folder })) as { library: string; nodes: string[]; objects: string[] };
        assert.equal(seen.library, 'function');
        assert.deepEqual(seen.nodes, entries.map(() => 'function'));
        assert.ok(seen.objects.length > 0);
        assert.deepEqual(seen.objects.filter((path) => NATIVE.test(path)), []);
      };
      await load();
      await install.without(OPTIONAL, load);
    });

    it('that test sees native code where it is loaded', async () => {
      const script = "require('onnxruntime-node'); console.log(JSON.stringify(process.report.getReport().sharedObjects));";
      const objects = JSON.parse(await must(process.execPath, ['-e', script], { cwd: folder })) as string[];
      assert.ok(objects.some((path) => NATIVE.test(path)));
    });
  });
});

/** Resolves when Node-RED's log has such a line. */
async function said(nodeRed: NodeRed, line: RegExp): Promise<void> {
  const { stdout } = nodeRed.process;
  assert.ok(stdout);
  while (!nodeRed.logs.some((text) => line.test(text))) await once(stdout, 'data');
}
