import assert from 'node:assert/strict';
import { cp, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { defaultCacheFolder } from '../../../dist/runtime/algo/model-cache.js';
import { resolveModelFile } from '../../../dist/runtime/algo/model-file.js';
import { placeholder, temporaryFolder, writeTfjsModel } from '../../support/tfjs.js';

const SMALL = { nodes: [placeholder('x', [1]), { name: 'y', op: 'Relu', input: ['x'] }] };

describe('algo/model-file', () => {
  it('an .onnx path stays what it is', async () => {
    assert.deepEqual(await resolveModelFile('some/where/model.onnx', { cacheFolder: '/nowhere' }), { path: 'some/where/model.onnx' });
  });

  it('a TensorFlow.js model is imported once, and again only when its content changes', async () => {
    const cacheFolder = await temporaryFolder();
    const model = await writeTfjsModel(SMALL);
    const first = await resolveModelFile(model, { cacheFolder });
    const written = (await stat(first.path)).mtimeMs;
    const again = await resolveModelFile(model, { cacheFolder });
    assert.equal(again.path, first.path);
    assert.equal((await stat(first.path)).mtimeMs, written);

    const moved = join(await temporaryFolder(), basename(dirname(model)));
    await cp(dirname(model), moved, { recursive: true });
    assert.equal((await resolveModelFile(join(moved, 'model.json'), { cacheFolder })).path, first.path);

    await writeFile(join(moved, 'weights.bin'), 'other');
    assert.notEqual((await resolveModelFile(join(moved, 'model.json'), { cacheFolder })).path, first.path);
  });

  it('ten at once import the same and leave no temporary file', async () => {
    const cacheFolder = await temporaryFolder();
    const model = await writeTfjsModel(SMALL);
    const found = await Promise.all(Array.from({ length: 10 }, () => resolveModelFile(model, { cacheFolder })));
    assert.equal(new Set(found.map(({ path }) => path)).size, 1);
    assert.equal((await readdir(join(cacheFolder, 'imported'))).length, 1);
  });

  it('a file in an npm package, imported where it is a TensorFlow.js model', async () => {
    const { path } = await resolveModelFile('npm:@vladmandic/human/models/liveness.json', { cacheFolder: await temporaryFolder() });
    assert.match(basename(path), /^liveness-[0-9a-f]{16}\.onnx$/);
    const plain = await resolveModelFile('npm:@vladmandic/human/models/liveness.bin');
    assert.match(plain.path, /node_modules.@vladmandic.human.models.liveness\.bin$/);
  });

  const WRONG: { model: string; code: string; message: RegExp }[] = [
    { model: 'https://example.org/yolo.onnx', code: 'OPTION_INVALID', message: /catalogue:NAME/ },
    { model: 'HTTP://example.org/yolo.onnx', code: 'OPTION_INVALID', message: /download/ },
    { model: 'catalogue:no-such-thing', code: 'MODEL_NOT_FOUND', message: /yolox-nano/ },
    { model: 'catalogue:', code: 'MODEL_NOT_FOUND', message: /yolox-nano/ },
    { model: 'npm:no-such-package-here/model.onnx', code: 'MODEL_NOT_FOUND', message: /npm install no-such-package-here/ },
    { model: 'npm:@vladmandic/human/models/gone.json', code: 'MODEL_NOT_FOUND', message: /gone\.json/ },
    { model: 'npm:@vladmandic/human/../../mocha/package.json', code: 'OPTION_INVALID', message: /npm:PACKAGE/ },
    { model: 'npm:mocha', code: 'OPTION_INVALID', message: /npm:PACKAGE/ },
    { model: 'npm:../../etc/passwd', code: 'OPTION_INVALID', message: /npm:PACKAGE/ },
    { model: 'npm:', code: 'OPTION_INVALID', message: /npm:PACKAGE/ },
    { model: '/no/such/model.json', code: 'MODEL_NOT_FOUND', message: /no model at/ },
    { model: 'package.json', code: 'MODEL_LOAD_FAILED', message: /not a TensorFlow\.js model/ },
  ];
  for (const { model, code, message } of WRONG) {
    it(`${model || '(empty)'}: ${code}`, async () => {
      await assert.rejects(resolveModelFile(model, { cacheFolder: await temporaryFolder() }), { code, message });
    });
  }

  it('a cache that cannot be written is named', async () => {
    const file = join(await temporaryFolder(), 'a-file');
    await writeFile(file, '');
    await assert.rejects(resolveModelFile(await writeTfjsModel(SMALL), { cacheFolder: file }), { code: 'MODEL_LOAD_FAILED', message: /a-file/ });
  });

  it('the cache folder can be chosen', () => {
    const before = process.env['STREAM_INFER_CACHE'];
    try {
      process.env['STREAM_INFER_CACHE'] = '/chosen';
      assert.equal(defaultCacheFolder(), '/chosen');
      delete process.env['STREAM_INFER_CACHE'];
      assert.match(defaultCacheFolder(), /stream-infer$/);
    } finally {
      if (before !== undefined) process.env['STREAM_INFER_CACHE'] = before;
    }
  });
});
