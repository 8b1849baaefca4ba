import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const DOOR = resolve(__dirname, '../../dist/runtime/index.js');

/** What a fresh process prints that runs `code` with the runtime as `door`. */
async function inFreshProcess(code: string): Promise<unknown> {
  const program = `import(${JSON.stringify(`file://${DOOR}`)}).then((door) => { console.log(JSON.stringify((() => { ${code} })())); });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  return JSON.parse(stdout) as unknown;
}

describe('the front door', () => {
  it('loads no native code', async () => {
    const loaded = (await inFreshProcess('return process.report.getReport().sharedObjects;')) as string[];
    assert.deepEqual(loaded.filter((path) => path.includes('node_modules') || path.endsWith('.node')), []);
    const modules = (await inFreshProcess('return Object.keys(process.mainModule?.require.cache ?? require.cache);')) as string[];
    assert.ok(modules.includes(DOOR));
    assert.deepEqual(modules.filter((path) => /node_modules.(node-av|onnxruntime-)/.test(path)), []);
  });

  it('gives its names to import and to require', async () => {
    const names = (await inFreshProcess('return Object.keys(door);')) as string[];
    const wanted = ['Algo', 'Dispatcher', 'Inference', 'StreamInferError', 'drawDetections', 'drawOnFrame', 'drawResult', 'inspectModel', 'listCatalogue', 'openEngine', 'openEngineClient', 'openProducer', 'openRecorder', 'probe', 'resolveJob', 'resolveStreamPlan', 'runJob'];
    assert.deepEqual(wanted.filter((name) => !names.includes(name)), []);
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const required = require(DOOR) as Record<string, unknown>;
    assert.deepEqual(Object.entries(required).filter(([, value]) => value === undefined), []);
  });
});
