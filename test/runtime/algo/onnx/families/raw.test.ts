import assert from 'node:assert/strict';

import type { OnnxOptions, RawTensor } from '../../../../../dist/runtime/base/index.js';
import { GraphBuilder } from '../../../../../dist/runtime/algo/tfjs/onnx-graph.js';
import { writeOnnx } from '../../../../../dist/runtime/algo/tfjs/onnx-writer.js';
import { openModel, runOn } from '../../../../support/onnx.js';
import { assertFits } from '../../../../support/schemas.js';
import { assertFails, saveAnswer, saveModel, WHITE } from '../../../../support/tiny-models.js';

describe('algo/onnx/families/raw', () => {
  it('gives any tensors as they are, by their names', async () => {
    const path = await saveAnswer([1, 2, NaN, -4.5, 5, 6], [1, 2, 3, 1, 1]);
    await assertFails(openModel(path), 'MODEL_UNSUPPORTED', /family "raw" can be set by hand/);
    const algo = await openModel(path, { family: 'raw' });
    assert.deepEqual([algo.description['family'], algo.description['task'], algo.description['input']], ['raw', 'raw', '16x8']);
    const result = await runOn(algo, WHITE);
    assertFits('raw', result);
    assert.deepEqual(result, { y: { type: 'float32', dims: [1, 2, 3, 1, 1], data: [1, 2, null, -4.5, 5, 6] } });
    await algo.close();
  });

  it('what the picture has to look like is the user’s to say', async () => {
    const graph = new GraphBuilder();
    graph.input({ name: 'x', kind: 'float', shape: ['n', 3, 'h', 'w'] });
    graph.output({ name: 'mean', kind: 'float', shape: ['n', 3, 1, 1] }, graph.add('ReduceMean', ['x'], { axes: [2, 3], keepdims: 1 }));
    const path = await saveModel(writeOnnx(graph.build(), {}));
    const mean = async (input: Partial<OnnxOptions['input']>): Promise<number[]> => {
      const algo = await openModel(path, { family: 'raw', input: { fit: 'auto', layout: 'auto', channels: 'auto', range: 'auto', ...input } });
      const { mean: tensor } = (await runOn(algo, WHITE)) as Record<string, RawTensor>;
      await algo.close();
      return (tensor?.data ?? []).map((value) => Number(Number(value).toFixed(4)));
    };
    assert.deepEqual(await mean({}), [1, 1, 1]);
    assert.deepEqual(await mean({ range: '0-255' }), [255, 255, 255]);
    assert.deepEqual(await mean({ range: '-1-1', width: 16, height: 8 }), [1, 1, 1]);
    assert.deepEqual(await mean({ range: '0-1', mean: [0.5, 0, 1], std: [0.5, 1, 2] }), [1, 1, 0]);
    // The picture is twice as wide as high: half of the square is padding.
    assert.deepEqual(await mean({ fit: 'letterbox-center' }), [0.5, 0.5, 0.5]);
  });

  it('more numbers than a message can carry: MODEL_UNSUPPORTED, with the way out', async () => {
    const data = new Array<number>(1100 * 1000).fill(0);
    await assertFails(openModel(await saveAnswer(data, [1, 1100, 1000], { announced: [1, 'a', 'b'] }), { family: 'raw' }), 'MODEL_UNSUPPORTED', /at most 1048576 numbers.*1100000: y \[1,1100,1000\]; set another family/);
  });

  it('whole numbers say so', async () => {
    const graph = new GraphBuilder();
    graph.input({ name: 'x', kind: 'float', shape: [1, 3, 8, 16] });
    graph.output({ name: 'best', kind: 'int', shape: [1, 1, 8, 16] }, graph.add('ArgMax', ['x'], { axis: 1, keepdims: 1 }));
    const algo = await openModel(await saveModel(writeOnnx(graph.build(), {})), { family: 'raw' });
    const { best } = (await runOn(algo, WHITE)) as Record<string, RawTensor>;
    assert.deepEqual([best?.type, best?.dims, best?.data.length], ['int64', [1, 1, 8, 16], 128]);
    await algo.close();
  });
});
