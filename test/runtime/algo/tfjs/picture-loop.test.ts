import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { importTfjsModel } from '../../../../dist/runtime/algo/tfjs/import.js';
import { readModelFacts } from '../../../../dist/runtime/algo/onnx/index.js';
import { attr, type HandMade, placeholder, runOnnx, temporaryFolder, type Weight, writeTfjsModel } from '../../../support/tfjs.js';

const int = (...data: number[]): Weight => ({ shape: data.length === 1 ? [] : [data.length], data, dtype: 'int32' });
const node = (name: string, op: string, input: string[]): object => ({ name, op, input });
const enter = (name: string, input: string): object => ({ ...node(name, 'Enter', [input]), attr: { frame_name: attr.text('map') } });

/** The parts that every loop of a list has: its counter and its condition. */
const COUNTER = [
  enter('count', 'zero'), node('countMerge', 'Merge', ['count', 'countNext']), node('less', 'Less', ['countMerge', 'limit']), node('go', 'LoopCond', ['less']),
  node('countSwitch', 'Switch', ['countMerge', 'go']), node('turn', 'Identity', ['countSwitch:1']), node('countAdd', 'AddV2', ['turn', 'one']), node('countNext', 'NextIteration', ['countAdd']),
];
const NUMBERS = { zero: int(0), one: int(1), limit: int(1), ten: { shape: [], data: [10] } };

/** Each picture of the batch times 10, as TensorFlow 1 wrote such loops. */
function tf1(source: string): object[] {
  return [
    node('arrayIn', 'TensorArrayV3', ['one']), node('arrayOut', 'TensorArrayV3', ['one']),
    node('scatter', 'TensorArrayScatterV3', ['arrayIn', 'zero', source, 'arrayIn:1']),
    ...COUNTER, enter('flowIn', 'scatter'), enter('handleIn', 'arrayIn'), enter('handleOut', 'arrayOut'), enter('flow', 'arrayOut:1'),
    node('flowMerge', 'Merge', ['flow', 'flowNext']), node('flowSwitch', 'Switch', ['flowMerge', 'go']), node('flowExit', 'Exit', ['flowSwitch']),
    node('read', 'TensorArrayReadV3', ['handleIn', 'turn', 'flowIn']), node('times', 'Mul', ['read', 'ten']),
    node('write', 'TensorArrayWriteV3', ['handleOut', 'turn', 'times', 'flowSwitch:1']), node('flowNext', 'NextIteration', ['write']),
    node('y', 'TensorArrayGatherV3', ['arrayOut', 'zero', 'flowExit']),
  ];
}

/** The same of TensorFlow 2. */
function tf2(source: string): object[] {
  return [
    node('listIn', 'TensorListFromTensor', [source, 'zero']), node('listOut', 'TensorListReserve', ['zero', 'one']),
    ...COUNTER, enter('in', 'listIn'), node('inMerge', 'Merge', ['in', 'inNext']), node('inSwitch', 'Switch', ['inMerge', 'go']), node('inNext', 'NextIteration', ['inSwitch:1']),
    enter('out', 'listOut'), node('outMerge', 'Merge', ['out', 'outNext']), node('outSwitch', 'Switch', ['outMerge', 'go']), node('outExit', 'Exit', ['outSwitch']),
    node('get', 'TensorListGetItem', ['inSwitch:1', 'turn', 'zero']), node('times', 'Mul', ['get', 'ten']),
    node('set', 'TensorListSetItem', ['outSwitch:1', 'turn', 'times']), node('outNext', 'NextIteration', ['set']),
    node('y', 'TensorListStack', ['outExit', 'zero']),
  ];
}

const withLoop = (loop: (source: string) => object[], batch = -1): HandMade => ({
  weights: NUMBERS,
  nodes: [placeholder('x', [batch, 2, 1, 1]), { ...node('float', 'Cast', ['x']), attr: { DstT: attr.type('DT_FLOAT') } }, ...loop('float')],
});

describe('algo/tfjs: loops over the pictures of a batch', () => {
  for (const [why, loop] of [['TensorFlow 1', tf1], ['TensorFlow 2', tf2]] as const) {
    it(`${why}: one picture, one turn`, async () => {
      const found = await runOnnx(await importTfjsModel(await writeTfjsModel(withLoop(loop))), { x: { shape: [1, 2, 1, 1], data: Float32Array.of(3, 4) } });
      assert.deepEqual(found, { y: { shape: [1, 2, 1, 1], data: [30, 40] } });
    });

    it(`${why}: a loop over two pictures, or over what is no picture, is named as what it is`, async () => {
      const computed = withLoop((source) => [node('twice', 'AddV2', [source, source]), ...loop('twice')]);
      for (const model of [withLoop(loop, 2), computed]) {
        await assert.rejects(importTfjsModel(await writeTfjsModel(model)), (error: { code: string; message: string }) => {
          assert.equal(error.code, 'MODEL_UNSUPPORTED');
          for (const op of ['LoopCond', 'Merge', 'Switch']) assert.match(error.message, new RegExp(op));
          assert.doesNotMatch(error.message, /AddV2/);
          return true;
        });
      }
    });
  }

  it('names of loops may be bytes, as older converters wrote them', async () => {
    const bytes = tf1('float').map((given) => {
      const made = given as { op: string; attr: object };
      return made.op === 'Enter' ? { ...made, attr: { frame_name: { s: [...Buffer.from('map')] } } } : made;
    });
    const found = await runOnnx(await importTfjsModel(await writeTfjsModel(withLoop(() => bytes))), { x: { shape: [1, 2, 1, 1], data: Float32Array.of(3, 4) } });
    assert.deepEqual(found['y']?.data, [30, 40]);
  });

  it('a picture of any size that is scaled first comes in that size', async () => {
    const path = await writeTfjsModel({
      weights: { size: int(30, 40), two: { shape: [], data: [2] } },
      nodes: [placeholder('x', [-1, -1, -1, 3]), node('times', 'Mul', ['two', 'x']), node('y', 'ResizeBilinear', ['times', 'size'])],
    });
    const file = join(await temporaryFolder(), 'model.onnx');
    await writeFile(file, await importTfjsModel(path));
    assert.deepEqual((await readModelFacts(file)).inputs[0]?.shape, [1, 30, 40, 3]);
  });
});

describe('algo/tfjs: SSD detectors of the object detection API', () => {
  it('boxes and scores before the NMS are the outputs, whatever the model names', async () => {
    const path = await writeTfjsModel({
      weights: { axis: int(2), begin: int(0, 0, 1), size: int(-1, -1, -1) },
      nodes: [
        placeholder('raw', [1, 2, 4]), placeholder('logits', [1, 2, 3]),
        node('a/Postprocessor/ExpandDims_1', 'ExpandDims', ['raw', 'axis']), node('a/Postprocessor/convert_scores', 'Sigmoid', ['logits']),
        node('a/Postprocessor/Slice', 'Slice', ['a/Postprocessor/convert_scores', 'begin', 'size']),
        node('picked', 'NonMaxSuppressionV5', ['raw', 'logits']),
      ],
      json: { signature: { outputs: { picked: { name: 'picked:0' } } } },
    });
    const raw = { shape: [1, 2, 4], data: Float32Array.of(0, 0, 1, 1, 0, 0, 0.5, 0.5) };
    const found = await runOnnx(await importTfjsModel(path), { raw, logits: { shape: [1, 2, 3], data: Float32Array.of(9, 0, 0, 9, 0, 0) } });
    assert.deepEqual(found, { ExpandDims_1: { shape: [1, 2, 1, 4], data: [...raw.data] }, Slice: { shape: [1, 2, 2], data: [0.5, 0.5, 0.5, 0.5] } });
  });
});
