import assert from 'node:assert/strict';

import { Writer } from 'protobufjs/minimal.js';

import { GraphBuilder } from '../../../../dist/runtime/algo/tfjs/onnx-graph.js';
import { writeOnnx } from '../../../../dist/runtime/algo/tfjs/onnx-writer.js';
import { openModel, runOn } from '../../../support/onnx.js';
import { assertFails, saveAnswer, saveModel, WHITE } from '../../../support/tiny-models.js';

/** An addition of weights that are in a file which is not there (onnx.proto: ModelProto, GraphProto, TensorProto). */
function withoutItsWeights({ opset }: { readonly opset: number }): Uint8Array {
  const port = (name: string): Uint8Array => {
    const sides = new Writer();
    for (const side of [1, 3, 8, 16]) sides.uint32(10).bytes(new Writer().uint32(8).int64(side).finish());
    const tensor = new Writer().uint32(8).int32(1).uint32(18).bytes(sides.finish()).finish();
    return new Writer().uint32(10).string(name).uint32(18).bytes(new Writer().uint32(10).bytes(tensor).finish()).finish();
  };
  const entry = (key: string, value: string): Uint8Array => new Writer().uint32(10).string(key).uint32(18).string(value).finish();
  const weights = new Writer().uint32(8).int64(1).uint32(16).int32(1).uint32(66).string('w');
  weights.uint32(106).bytes(entry('location', 'weights.bin')).uint32(106).bytes(entry('length', '4')).uint32(112).int32(1);
  const node = new Writer().uint32(10).string('x').uint32(10).string('w').uint32(18).string('y').uint32(34).string('Add').finish();
  const graph = new Writer().uint32(10).bytes(node).uint32(18).string('g').uint32(42).bytes(weights.finish()).uint32(90).bytes(port('x')).uint32(98).bytes(port('y')).finish();
  return new Writer().uint32(8).int64(8).uint32(58).bytes(graph).uint32(66).bytes(new Writer().uint32(16).int64(opset).finish()).finish();
}

describe('algo/onnx: models that are broken or unusual', () => {
  it('weights in a file that is not there', async () => {
    await assertFails(openModel(await saveModel(withoutItsWeights({ opset: 13 }))), 'MODEL_LOAD_FAILED', /weights\.bin.*put it beside the model/s);
  });

  it('operators newer than the runtime', async () => {
    await assertFails(openModel(await saveModel(withoutItsWeights({ opset: 99 }))), 'MODEL_LOAD_FAILED', /export it for an older opset/);
  });

  it('no output at all', async () => {
    const graph = new GraphBuilder();
    graph.input({ name: 'x', kind: 'float', shape: [1, 3, 8, 16] });
    await assert.rejects(openModel(await saveModel(writeOnnx(graph.build(), {}))), { code: 'MODEL_LOAD_FAILED' });
  });

  it('all sides free: the layout can be set, and the size; then it runs', async () => {
    const path = await saveAnswer([0.25, 0.75, 0], [1, 3], { input: ['a', 'b', 'c', 'd'] });
    await assertFails(openModel(path), 'MODEL_UNSUPPORTED', /options\.input\.layout/);
    const algo = await openModel(path, { family: 'classify', input: { layout: 'NCHW', width: 32, height: 32, fit: 'auto', channels: 'auto', range: 'auto' } });
    assert.deepEqual(await runOn(algo, WHITE), [{ label: 'class 1', score: 0.75, classId: 1 }, { label: 'class 0', score: 0.25, classId: 0 }, { label: 'class 2', score: 0, classId: 2 }]);
    await algo.close();
  });

  it('NaN: told as a warning, and nothing is found', async () => {
    const algo = await openModel(await saveAnswer([NaN, NaN, NaN], [1, 3]));
    assert.match(algo.warning ?? '', /output y is not a number \(NaN\) for an empty picture/);
    assert.deepEqual(await runOn(algo, WHITE), []);
    await algo.close();
  });

  it('names of another number than classes: told as a warning', async () => {
    const algo = await openModel(await saveAnswer([0, 9, 0], [1, 3]), { classNames: ['a', 'b'] });
    assert.match(algo.warning ?? '', /options\.classNames has 2 names, the model 3 classes/);
    await algo.close();
  });

  it('an output larger than memory is refused before it is computed', async () => {
    const graph = new GraphBuilder();
    graph.input({ name: 'x', kind: 'float', shape: [1, 3, 8, 16] });
    const one = graph.add('ReduceMean', ['x'], { axes: [1, 2, 3], keepdims: 1 });
    graph.output({ name: 'y', kind: 'float', shape: [1, 80, 100_000, 100_000] }, graph.add('Expand', [one, graph.ints([1, 80, 100_000, 100_000])]));
    await assertFails(openModel(await saveModel(writeOnnx(graph.build(), {})), { family: 'raw' }), 'MODEL_UNSUPPORTED', /output y .*800000000000 numbers/);
  });
});
