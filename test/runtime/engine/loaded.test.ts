import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const RUNTIME = resolve(__dirname, '../../../dist/runtime');

/** What a fresh process has loaded after `code`: rooms of the runtime, and packages. */
async function loadedBy(code: string): Promise<string[]> {
  const program = `const load = (file) => require(${JSON.stringify(RUNTIME)} + '/' + file);
    (async () => { ${code} })().then(() => { console.log(JSON.stringify(Object.keys(require.cache))); });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  const files = JSON.parse(stdout) as string[];
  const owners = files.map((file) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1] ?? /runtime[\\/](\w+(?:[\\/]tfjs)?)/.exec(file)?.[1]);
  return [...new Set(owners.filter((owner) => owner !== undefined))].sort();
}

const openAlgo = (plan: object): string => `await load('algo/index.js').openAlgo(${JSON.stringify({ id: 'a', name: 'a', ...plan })}, { stream: 's' }).catch(() => undefined)`;

describe('what a thread loads is what its work needs', () => {
  it('a lane of a motion algo or a module: nothing of models, no package', async () => {
    const lane = "load('engine/lane-server.js');";
    assert.deepEqual(await loadedBy(`${lane} ${openAlgo({ kind: 'motion', options: {} })}`), ['algo', 'base', 'engine']);
    assert.deepEqual(await loadedBy(`${lane} ${openAlgo({ kind: 'module', module: './none.js' })}`), ['algo', 'base', 'engine']);
  });

  it('a lane of a model: no schemas, no converter of other formats', async () => {
    const loaded = await loadedBy(openAlgo({ kind: 'onnx', model: 'none.onnx', options: {} }));
    assert.ok(loaded.includes('vision'));
    assert.deepEqual(loaded.filter((owner) => /zod|media|tfjs/.test(owner)), []);
  });

  it('a media thread and an engine process: no schemas', async () => {
    for (const file of ['engine/media/source-runner.js', 'media/backends/libav/index.js', 'media/backends/ffmpeg/index.js', 'engine/engine.js']) {
      const loaded = await loadedBy(`load('${file}')`);
      assert.ok(loaded.includes('media') && !loaded.includes('zod'), `${file}: ${loaded.join(' ')}`);
    }
  });

  it('--help: no engine, no package', async () => {
    assert.deepEqual(await loadedBy("process.argv.push('stream-infer', '--help'); process.stdout.write = () => true; load('jobs/cli.js'); delete process.stdout.write"), ['algo', 'base', 'jobs', 'work']);
  });
});
