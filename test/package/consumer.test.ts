import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

import { type Installed, installed, PACKAGE } from './installed.js';
import { must } from './program.js';

const ROOT = resolve(__dirname, '../..');

/** What docs/library.md says, from ES modules with types. */
const CONSUMER = `import { Algo, Dispatcher, Inference, type Detection, type Frame, StreamInferError } from '${PACKAGE}';
class Brightness extends Algo { run(frames: readonly Frame[]): number { return frames.length; } }
class Printing extends Dispatcher { override collect(position: number, algoName: string, result: unknown): void { console.log(position, algoName, result); } }
const inference = new Inference({ source: 'street.mp4', mode: 'offline', dispatcher: new Printing() });
inference.loadAlgo(new Brightness(), { frameCount: 5 }).loadAlgo({ type: 'onnx', model: 'yolox.onnx' }, { interval: 1 });
for await (const { result } of inference.results()) console.log((result as Detection[])[0]?.box.xmin);
export const code = (error: StreamInferError): string => error.code;
`;

describe('package/consumer', () => {
  let install: Installed;
  before(async () => { install = await installed(true); });

  it('an ES module sees every name by import that require gives', async () => {
    const script = `
      import * as imported from '${PACKAGE}';
      import { Inference } from '${PACKAGE}';
      import { createRequire } from 'node:module';
      const required = createRequire(process.cwd() + '/x.js')('${PACKAGE}');
      console.log(JSON.stringify({ inference: Inference === required.Inference, missing: Object.keys(required).filter((name) => imported[name] !== required[name]), names: Object.keys(required).length }));`;
    const seen = JSON.parse(await must(process.execPath, ['--input-type=module', '-e', script], { cwd: install.userDir })) as { inference: boolean; missing: string[]; names: number };
    assert.equal(seen.inference, true);
    assert.deepEqual(seen.missing, []);
    assert.ok(seen.names >= 20);
  });

  it('nothing but the front door, the examples\' algos and package.json can be imported', async () => {
    const load = (path: string): Promise<string> => must(process.execPath, ['-e', `require('${PACKAGE}/${path}')`], { cwd: install.userDir });
    await load('package.json');
    await assert.rejects(load('dist/runtime/engine/engine.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  it('TypeScript accepts strict consumers, an ES module and a CommonJS one, and all our declarations', async () => {
    writeFileSync(join(install.userDir, 'consumer.mts'), CONSUMER);
    writeFileSync(join(install.userDir, 'consumer.cts'), CONSUMER.replace(/^for await.*$/m, ''));
    const compilerOptions = {
      module: 'nodenext', target: 'es2022', strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false,
      types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    writeFileSync(join(install.userDir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts', 'consumer.cts'] }));
    await must(process.execPath, [createRequire(__filename).resolve('typescript/bin/tsc'), '-p', install.userDir]);
  });
});
