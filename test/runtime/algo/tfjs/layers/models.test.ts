import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { importTfjsModel, readTfjsModel } from '../../../../../dist/runtime/algo/tfjs/import.js';
import { inspectModel } from '../../../../../dist/runtime/algo/onnx/index.js';
import { applied, functional, type HandMadeLayers, inputLayer, layer, runOnnx, sequential, writeLayersModel } from '../../../../support/tfjs.js';

const IDENTITY = { shape: [1, 1, 3, 3], data: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const METADATA = { tfjsVersion: '1.3.1', packageName: '@teachablemachine/image', labels: ['Ösel', 'it\'s "me"', 'c'], imageSize: 4 };

/** Of the build of Teachable Machine's: a headless functional model and its pooling, then the layers that were trained. */
const TEACHABLE: HandMadeLayers = {
  topology: sequential(
    'sequential_4',
    sequential('sequential_1', functional('model1', inputLayer('input_1', [null, 4, 4, 3]), applied(['input_1'], 'Conv2D', 'Conv1', { use_bias: false, kernel_size: [1, 1] }), applied(['Conv1'], 'ReLU', 'out_relu', { max_value: 6 })), layer('GlobalAveragePooling2D', 'pool')),
    sequential('sequential_3', layer('Dense', 'dense_Dense1', { units: 3, use_bias: false, activation: 'softmax', batch_input_shape: [null, 3] })),
  ),
  weights: { 'Conv1/kernel': IDENTITY, 'dense_Dense1/kernel': { shape: [3, 3], data: [Math.log(2), 0, 0, 0, 0, 0, 0, 0, 0] } },
  metadata: METADATA,
};

const picture = { input: { shape: [1, 4, 4, 3], data: new Float32Array(48).fill(1) } };
const one = { input: { shape: [1, 1], data: Float32Array.of(5) } };

async function outputsOf(model: HandMadeLayers, feeds: Parameters<typeof runOnnx>[1]): Promise<Record<string, number[]>> {
  const found = await runOnnx(await importTfjsModel(await writeLayersModel(model)), feeds);
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data.map((value) => Number(value.toFixed(5)))]));
}

describe('algo/tfjs/layers: models', () => {
  it('models in models: Sequential of a functional model and another Sequential', async () => {
    assert.deepEqual(await outputsOf(TEACHABLE, picture), { output: [0.5, 0.25, 0.25] });
  });

  it('a Sequential as older versions wrote it, under model_config, its layers in a plain list', async () => {
    const topology = { keras_version: '2.1.6', model_config: { class_name: 'Sequential', config: [layer('Activation', 'a', { activation: 'relu', batch_input_shape: [null, 1] })] } };
    assert.deepEqual(await outputsOf({ topology }, one), { output: [5] });
  });

  it('branches meet: Add, Multiply, Subtract, Concatenate, in whatever order they are listed', async () => {
    const branches = [inputLayer('input', [null, 1]), applied(['add', 'mul', 'sub'], 'Concatenate', 'all'), applied(['input', 'twice', 'twice'], 'Add', 'add'), applied(['input', 'twice'], 'Multiply', 'mul'), applied(['input', 'twice'], 'Subtract', 'sub'), applied(['input', 'input'], 'Add', 'twice')];
    const topology = layer('Functional', 'm', { layers: branches, input_layers: [['input', 0, 0]], output_layers: [['all', 0, 0], ['twice', 0, 0]] });
    assert.deepEqual(await outputsOf({ topology }, one), { output_0: [25, 50, -5], output_1: [10] });
  });

  it('a layer that is called twice has one set of weights', async () => {
    const dense = { ...layer('Dense', 'd', { use_bias: false }), name: 'd', inbound_nodes: [[['input', 0, 0, {}]], [['d', 0, 0, {}]]] };
    const topology = layer('Model', 'm', { layers: [inputLayer('input', [null, 1]), dense], input_layers: [['input', 0, 0]], output_layers: [['d', 1, 0]] });
    assert.deepEqual(await outputsOf({ topology, weights: { 'outer/d/kernel': { shape: [1, 1], data: [3] } } }, one), { output: [45] });
  });

  it('names, size and numbers of the picture come from metadata.json', async () => {
    const path = await writeLayersModel(TEACHABLE);
    const file = join(dirname(path), 'model.onnx');
    await writeFile(file, await importTfjsModel(path));
    const { family, confidence, classes, labels, labelsFrom, tensor } = await inspectModel(file);
    assert.deepEqual({ family, confidence, classes, labels, labelsFrom }, { family: 'classify', confidence: 1, classes: 3, labels: METADATA.labels, labelsFrom: 'model' });
    const { width, height, layout, channels, fit, scale, mean, std } = tensor ?? {};
    assert.deepEqual({ width, height, layout, channels, fit, mean, std }, { width: 4, height: 4, layout: 'NHWC', channels: 'rgb', fit: 'stretch', mean: [1, 1, 1], std: [1, 1, 1] });
    assert.ok(Math.abs((scale ?? 0) * 127.5 - 1) < 1e-9);
  });

  it('other labels are another model; a metadata.json of something else is not heard', async () => {
    const hashOf = async (metadata?: unknown): Promise<string> => (await readTfjsModel(await writeLayersModel({ ...TEACHABLE, metadata }))).contentHash;
    const none = await hashOf();
    assert.equal(await hashOf(METADATA), await hashOf(METADATA));
    assert.notEqual(await hashOf(METADATA), await hashOf({ ...METADATA, labels: ['a', 'b', 'c'] }));
    for (const other of ['', '{"labels":', 'null', '[]', { labels: [] }, { labels: [1] }, { labels: ['a'], imageSize: -4 }, `{"x":"${' '.repeat(2 << 20)}"}`]) {
      assert.equal(await hashOf(other), none, JSON.stringify(other).slice(0, 40));
    }
  });
});

type Bad = { why: string; model: HandMadeLayers; code: string; message: RegExp };
const after = (...layers: object[]): HandMadeLayers => ({ topology: sequential('s', layer('Activation', 'first', { batch_input_shape: [null, 2, 2, 1] }), ...layers) });
const deep = (depth: number): object => (depth === 0 ? layer('Flatten', 'f') : sequential(`s${depth}`, deep(depth - 1)));

const BAD: Bad[] = [
  { why: 'an unknown layer', model: after(layer('LSTM', 'l'), sequential('t', layer('Lambda', 'x'))), code: 'MODEL_UNSUPPORTED', message: /layers.*: LSTM, Lambda;/ },
  { why: 'a layer of Object.prototype', model: after(layer('constructor', 'l')), code: 'MODEL_UNSUPPORTED', message: /constructor/ },
  { why: 'an unknown activation', model: after(layer('Activation', 'a', { activation: 'toString' })), code: 'MODEL_UNSUPPORTED', message: /activation toString/ },
  { why: 'channels first', model: after(layer('MaxPooling2D', 'p', { data_format: 'channels_first' })), code: 'MODEL_UNSUPPORTED', message: /channels_first/ },
  { why: 'normalisation of another side', model: after(layer('BatchNormalization', 'b', { axis: 1 })), code: 'MODEL_UNSUPPORTED', message: /axis 1/ },
  { why: 'a model of another class', model: { topology: layer('Custom', 'c') }, code: 'MODEL_UNSUPPORTED', message: /class Custom/ },
  { why: 'weights that are not there', model: after(layer('Conv2D', 'c', { kernel_size: 1 })), code: 'MODEL_LOAD_FAILED', message: /c\/kernel/ },
  { why: 'weights of three sides', model: { ...after(layer('Conv2D', 'c', { use_bias: false })), weights: { 'c/kernel': { shape: [1, 1, 1], data: [1] } } }, code: 'MODEL_LOAD_FAILED', message: /four sides/ },
  { why: 'no shape of the input', model: { topology: sequential('s', layer('Flatten', 'f')) }, code: 'MODEL_LOAD_FAILED', message: /batch_input_shape/ },
  { why: 'no layers', model: { topology: sequential('s') }, code: 'MODEL_LOAD_FAILED', message: />=1|expected/ },
  { why: 'models without end', model: { topology: deep(40) }, code: 'MODEL_LOAD_FAILED', message: /deep/ },
  { why: 'a padding that is none', model: after(layer('ZeroPadding2D', 'p', { padding: [['a', 1], [1, 1]] })), code: 'MODEL_LOAD_FAILED', message: /padding/ },
  { why: 'a window of no size', model: after(layer('MaxPooling2D', 'p', { pool_size: [0, 2] })), code: 'MODEL_LOAD_FAILED', message: /pool_size/ },
  { why: 'a circle', model: { topology: functional('m', inputLayer('i', [null, 1]), applied(['b'], 'Flatten', 'a'), applied(['a'], 'Flatten', 'b')) }, code: 'MODEL_LOAD_FAILED', message: /circle/ },
  { why: 'a layer that is not there', model: { topology: functional('m', inputLayer('i', [null, 1]), applied(['gone'], 'Flatten', 'a')) }, code: 'MODEL_LOAD_FAILED', message: /gone/ },
  { why: 'an output that a layer does not have', model: { topology: layer('Model', 'm', { layers: [inputLayer('i', [null, 1]), applied(['i'], 'Flatten', 'a')], input_layers: [['i', 0, 0]], output_layers: [['a', 0, 3]] }) }, code: 'MODEL_LOAD_FAILED', message: /no output 3/ },
];

describe('algo/tfjs/layers: what cannot be imported says why', () => {
  for (const { why, model, code, message } of BAD) {
    it(why, async () => {
      await assert.rejects(importTfjsModel(await writeLayersModel(model)), (error: { code: string; message: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
