import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { importTfjsModel } from '../../../../dist/runtime/algo/tfjs/import.js';
import { attr, type HandMade, placeholder, runOnnx, temporaryFolder, type Weight, writeTfjsModel } from '../../../support/tfjs.js';

const node = (name: string, op: string, ...input: string[]): object => ({ name, op, input });
const relu: HandMade = { nodes: [placeholder('x', [1]), node('y', 'Relu', 'x')] };
const plus = (weight: Weight): HandMade => ({ weights: { w: weight }, nodes: [placeholder('x', [1]), node('y', 'Add', 'x', 'w')] });

type Row = { why: string; model: HandMade; code: string; message: RegExp };

const manifest = (paths: string[], shape = [1]): object => ({ weightsManifest: [{ paths, weights: [{ name: 'w', shape, dtype: 'float32' }] }] });

const ROWS: Row[] = [
  { why: 'no topology', model: { ...relu, json: { modelTopology: undefined } }, code: 'MODEL_LOAD_FAILED', message: /not a TensorFlow.js model/ },
  { why: 'no nodes', model: { nodes: [] }, code: 'MODEL_LOAD_FAILED', message: /modelTopology\.node/ },
  { why: 'a node without a name', model: { nodes: [{ op: 'Relu' }] }, code: 'MODEL_LOAD_FAILED', message: /node\[0\]\.name/ },
  { why: 'weights of a negative size', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['weights.bin'], [-1]) }, code: 'MODEL_LOAD_FAILED', message: /shape\[0\]/ },
  { why: 'a layers model that is none', model: { ...relu, json: { format: 'layers-model' } }, code: 'MODEL_LOAD_FAILED', message: /class_name/ },
  { why: 'an unknown operation', model: { nodes: [placeholder('x', [1]), node('y', 'Bogus', 'x')] }, code: 'MODEL_UNSUPPORTED', message: /Bogus/ },
  { why: 'a node of Object.prototype as operation', model: { nodes: [placeholder('x', [1]), node('y', 'constructor', 'x')] }, code: 'MODEL_UNSUPPORTED', message: /constructor/ },
  { why: 'a circle', model: { nodes: [placeholder('x', [1]), node('a', 'Add', 'x', 'b'), node('b', 'Relu', 'a'), node('y', 'Relu', 'b')] }, code: 'MODEL_LOAD_FAILED', message: /circle through [ab]/ },
  { why: 'a circle without an end', model: { nodes: [node('a', 'Relu', 'b'), node('b', 'Relu', 'a')] }, code: 'MODEL_LOAD_FAILED', message: /no outputs/ },
  { why: 'an input that is not there', model: { nodes: [node('y', 'Relu', 'gone')] }, code: 'MODEL_LOAD_FAILED', message: /no node gone/ },
  { why: 'an output that a node does not have', model: { nodes: [placeholder('x', [1]), node('y', 'Relu', 'x:3')] }, code: 'MODEL_LOAD_FAILED', message: /x:3/ },
  { why: 'too few inputs', model: { nodes: [placeholder('x', [1, 1, 1, 1]), node('y', 'Conv2D', 'x')] }, code: 'MODEL_LOAD_FAILED', message: /no input 1/ },
  { why: 'a missing attribute', model: { weights: { w: { shape: [1, 1, 1, 1], data: [1] } }, nodes: [placeholder('x', [1, 1, 1, 1]), node('y', 'Conv2D', 'x', 'w')] }, code: 'MODEL_LOAD_FAILED', message: /strides is missing/ },
  { why: 'filters that are computed', model: { nodes: [placeholder('x', [1, 1, 1, 1]), node('w', 'Relu', 'x'), node('y', 'Conv2D', 'x', 'w')] }, code: 'MODEL_UNSUPPORTED', message: /input 1 \(w\) is computed/ },
  { why: 'channels first', model: { weights: { w: { shape: [1, 1, 1, 1], data: [1] } }, nodes: [placeholder('x', [1, 1, 1, 1]), { ...node('y', 'Conv2D', 'x', 'w'), attr: { data_format: attr.text('NCHW') } }] }, code: 'MODEL_UNSUPPORTED', message: /NCHW/ },
  { why: 'a million parts', model: { nodes: [placeholder('x', [1]), { ...node('y', 'Unpack', 'x'), attr: { num: attr.int(1e9) } }] }, code: 'MODEL_LOAD_FAILED', message: /1000000000 parts/ },
  { why: 'a constant without weights', model: { nodes: [node('c', 'Const'), node('y', 'Relu', 'c')] }, code: 'MODEL_LOAD_FAILED', message: /not among the weights/ },
  { why: 'weights of a strange type', model: plus({ shape: [1], data: [1], quantization: { dtype: 'int3' } }), code: 'MODEL_UNSUPPORTED', message: /int3/ },
  { why: 'weights beyond any memory', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['weights.bin'], [2 ** 20, 2 ** 20]) }, code: 'MODEL_LOAD_FAILED', message: /too big/ },
  { why: 'a missing weight file', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['gone.bin']) }, code: 'MODEL_LOAD_FAILED', message: /gone\.bin/ },
  { why: 'weights outside the folder', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['../../../../etc/hostname']) }, code: 'MODEL_LOAD_FAILED', message: /not inside/ },
  { why: 'weights hidden behind a folder', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['a/../../x.bin']) }, code: 'MODEL_LOAD_FAILED', message: /not inside/ },
  { why: 'weights under an absolute path', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['/etc/hostname']) }, code: 'MODEL_LOAD_FAILED', message: /not inside/ },
  { why: 'weights at an address', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['https://example.org/w.bin']) }, code: 'MODEL_LOAD_FAILED', message: /not inside/ },
  { why: 'weights that are a folder', model: { ...plus({ shape: [1], data: [1] }), json: manifest(['.']) }, code: 'MODEL_LOAD_FAILED', message: /not a file/ },
];

describe('algo/tfjs: what cannot be imported says why', () => {
  for (const { why, model, code, message } of ROWS) {
    it(why, async () => {
      await assert.rejects(importTfjsModel(await writeTfjsModel(model)), (error: { code: string; message: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('no file, a folder, no JSON', async () => {
    const folder = await temporaryFolder();
    await assert.rejects(importTfjsModel(join(folder, 'model.json')), { code: 'MODEL_NOT_FOUND' });
    await assert.rejects(importTfjsModel(folder), { code: 'MODEL_LOAD_FAILED' });
    for (const text of ['', '{"modelTopology":', '\u0000\u0001', 'null', '[]', '3']) {
      await writeFile(join(folder, 'model.json'), text);
      await assert.rejects(importTfjsModel(join(folder, 'model.json')), { code: 'MODEL_LOAD_FAILED' }, JSON.stringify(text));
    }
  });

  it('weights that are cut off', async () => {
    const path = await writeTfjsModel(plus({ shape: [4], data: [1, 2, 3, 4] }));
    await truncate(join(dirname(path), 'weights.bin'), 15);
    await assert.rejects(importTfjsModel(path), { code: 'MODEL_LOAD_FAILED', message: /w ends at byte 16, weights\.bin at 15/ });
  });
});

describe('algo/tfjs: weights are unpacked', () => {
  const ROWS: { why: string; weight: Weight; expected: number[] }[] = [
    { why: 'float32', weight: { shape: [2], data: [0.5, -2] }, expected: [0.5, -2] },
    // 0x3800 is 0.5, 0xc000 -2, 0x0001 the smallest there is, 0x7bff the largest.
    { why: 'float16', weight: { shape: [4], data: [0x3800, 0xc000, 1, 0x7bff], quantization: { dtype: 'float16' } }, expected: [0.5, -2, 2 ** -24, 65504] },
    { why: 'uint8', weight: { shape: [3], data: [0, 1, 255], quantization: { dtype: 'uint8', scale: 0.5, min: -1 } }, expected: [-1, -0.5, 126.5] },
    { why: 'uint16', weight: { shape: [3], data: [0, 1, 65535], quantization: { dtype: 'uint16', scale: 2, min: 1 } }, expected: [1, 3, 131071] },
  ];
  for (const { why, weight, expected } of ROWS) {
    it(why, async () => {
      const path = await writeTfjsModel({ weights: { w: weight }, nodes: [placeholder('x', weight.shape), node('y', 'Add', 'x', 'w')] });
      const outputs = await runOnnx(await importTfjsModel(path), { x: { shape: weight.shape, data: new Float32Array(expected.length) } });
      assert.deepEqual(outputs['y']?.data, expected);
    });
  }

  it('several files are read one after another, also where a weight lies across them', async () => {
    const path = await writeTfjsModel({ ...plus({ shape: [1], data: [1] }), json: manifest(['a.bin', 'b.bin']) });
    const bytes = Buffer.from(Float32Array.of(42).buffer);
    await writeFile(join(dirname(path), 'a.bin'), bytes.subarray(0, 1));
    await writeFile(join(dirname(path), 'b.bin'), bytes.subarray(1));
    const outputs = await runOnnx(await importTfjsModel(path), { x: { shape: [1], data: Float32Array.of(0) } });
    assert.deepEqual(outputs['y']?.data, [42]);
  });

  it('a thousand operations in a row', async () => {
    const chain = Array.from({ length: 5000 }, (_, i) => node(`n${i + 1}`, 'Relu', i === 0 ? 'x' : `n${i}`));
    const bytes = await importTfjsModel(await writeTfjsModel({ nodes: [placeholder('x', [1]), ...chain] }));
    assert.ok(bytes.length > 5000);
  });

  it('what no output needs is not in the file', async () => {
    const model = plus({ shape: [1], data: [1] });
    const bytes = await importTfjsModel(await writeTfjsModel({ ...model, nodes: [...model.nodes, node('z', 'Erf', 'x')], json: { signature: { outputs: { y: { name: 'y:0' } } } } }));
    assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /Erf/);
  });

  it('an output that only picks from another is left to the program, one of its own is not', async () => {
    const weights: Record<string, Weight> = { k: { shape: [], data: [1], dtype: 'int32' } };
    const picked = { outputs: { raw: { name: 'raw:0' }, best: { name: 'best:0' } } };
    const nodes = [placeholder('x', [3]), node('raw', 'Relu', 'x'), node('best', 'TopKV2', 'raw', 'k')];
    const feeds = { x: { shape: [3], data: Float32Array.of(1, 3, 2) } };
    const outputsOf = async (model: HandMade): Promise<string[]> => Object.keys(await runOnnx(await importTfjsModel(await writeTfjsModel(model)), feeds));
    assert.deepEqual(await outputsOf({ weights, nodes, json: { signature: picked } }), ['raw']);
    assert.deepEqual(await outputsOf({ weights, nodes: [...nodes.slice(0, 2), node('best', 'TopKV2', 'x', 'k')], json: { signature: picked } }), ['raw', 'best']);
    assert.deepEqual(await outputsOf({ weights, nodes, json: { signature: { outputs: { best: { name: 'best:0' } } } } }), ['best']);
  });
});
