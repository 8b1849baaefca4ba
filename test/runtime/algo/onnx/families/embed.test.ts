import assert from 'node:assert/strict';

import type { Tensor } from '../../../../../dist/runtime/base/index.js';
import { embed } from '../../../../../dist/runtime/algo/onnx/families/embed.js';
import type { ModelFacts, TensorFact } from '../../../../../dist/runtime/algo/onnx/index.js';
import { embedPicture } from '../../../../../dist/runtime/algo/onnx/tasks/embed.js';
import type { ResultContext } from '../../../../../dist/runtime/algo/onnx/tasks/task.js';
import { readGoldenFile } from '../../../../support/golden.js';
import { openModel, picture, runOn } from '../../../../support/onnx.js';
import { assertFits } from '../../../../support/schemas.js';

type VectorGolden = { readonly images: readonly { readonly file: string; readonly vector: readonly number[] }[] };

function tensor(name: string, shape: TensorFact['shape']): TensorFact {
  return { name, dtype: 'float32', shape };
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}

describe('algo/onnx/families/embed', () => {
  it('golden osnet: the same directions as the other implementation, of length 1', async () => {
    const golden = readGoldenFile('osnet') as VectorGolden;
    const algo = await openModel('reid/osnet_x0_25_msmt17.onnx');
    assert.deepEqual([algo.description['family'], algo.description['task'], algo.description['input']], ['embed', 'image-feature-extraction', '128x256']);
    const vectors = [];
    for (const { file, vector } of golden.images) {
      const result = await runOn(algo, picture(file));
      assertFits('image-feature-extraction', result);
      const { type, dims, data } = result as Tensor;
      assert.deepEqual([type, dims], ['float32', [512]]);
      assert.ok(Math.abs(product(data, data) - 1) < 1e-5, 'of length 1');
      assert.ok(product(data, vector) >= 0.999, `${file}: cosine ${product(data, vector)}`);
      vectors.push(data);
    }
    await algo.close();
    const [first = [], second = []] = vectors;
    assert.ok(product(first, second) < 0.95, 'other pictures point elsewhere');
  });

  it('what the picture has to look like: persons and the rest ImageNet, faces −1…1, CLIP its own', () => {
    const numbers = (input: TensorFact['shape'], output: string): readonly [number, number] => {
      const facts: ModelFacts = { inputs: [tensor('x', input)], outputs: [tensor(output, [1, 512])], metadata: {} };
      const { scale, mean } = embed.inputSpec(facts);
      return [scale, mean[0] ?? NaN];
    };
    assert.deepEqual(numbers([1, 3, 256, 128], 'output'), [1 / 255, 0.485]);
    assert.deepEqual(numbers([1, 3, 112, 112], 'output'), [1 / 127.5, 1]);
    assert.deepEqual(numbers([1, 3, 'h', 'w'], 'image_embeds'), [1 / 255, 0.48145466]);
  });

  it('vectors without a direction are zeros', () => {
    const context = {} as ResultContext;
    assert.deepEqual(embedPicture.toResult(Float32Array.of(3, 4), context), { type: 'float32', dims: [2], data: [0.6, 0.8].map(Math.fround) });
    assert.deepEqual(embedPicture.toResult(Float32Array.of(0, 0), context), { type: 'float32', dims: [2], data: [0, 0] });
    assert.deepEqual(embedPicture.toResult(Float32Array.of(NaN, 1), context), { type: 'float32', dims: [2], data: [0, 0] });
    assert.deepEqual(embedPicture.toResult(Float32Array.of(Infinity, 1), context), { type: 'float32', dims: [2], data: [0, 0] });
  });

  it('outputs of another shape than announced are MODEL_UNSUPPORTED', () => {
    const facts: ModelFacts = { inputs: [tensor('x', [1, 3, 256, 128])], outputs: [tensor('y', [1, 2])], metadata: {} };
    for (const shape of [[2], [1, 0], [1, 2, 3]]) {
      const data = new Float32Array(shape.reduce((a, b) => a * b));
      assert.throws(() => embed.decode([{ name: 'y', shape, data }], { spec: embed.inputSpec(facts), facts, scoreThreshold: 0 }), { code: 'MODEL_UNSUPPORTED' }, shape.join());
    }
  });
});
