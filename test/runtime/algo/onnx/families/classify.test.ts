import assert from 'node:assert/strict';

import { chooseFamily } from '../../../../../dist/runtime/algo/onnx/choose-family.js';
import { classify } from '../../../../../dist/runtime/algo/onnx/families/classify.js';
import type { ModelFacts } from '../../../../../dist/runtime/algo/onnx/index.js';
import { dataPath } from '../../../../support/data.js';
import { classifyIn, openModel, picture } from '../../../../support/onnx.js';

const facts = (shape: number[], metadata: Record<string, string> = {}): ModelFacts => ({
  inputs: [{ name: 'x', dtype: 'float32', shape }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1, 3] }],
  metadata,
});
const NCHW = [1, 3, 224, 224];

type Numbers = { scale: number; mean: number[]; std: number[] };
const UNIT: Numbers = { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
const SIGNED: Numbers = { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] };
const IMAGENET: Numbers = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const INPUTS: { why: string; facts: ModelFacts; numbers: Numbers }[] = [
  { why: 'channels first: ImageNet', facts: facts(NCHW), numbers: IMAGENET },
  { why: 'channels last: −1…1', facts: facts([1, 224, 224, 3]), numbers: SIGNED },
  { why: 'gray: 0…1', facts: facts([1, 1, 28, 28]), numbers: { ...UNIT, mean: [0], std: [1] } },
  { why: 'Ultralytics: 0…1', facts: facts(NCHW, { author: 'Ultralytics', task: 'classify' }), numbers: UNIT },
  { why: 'what the metadata says', facts: facts(NCHW, { input_scale: '0.5', input_mean: '[1, 2, 3]', input_std: '4' }), numbers: { scale: 0.5, mean: [1, 2, 3], std: [4, 4, 4] } },
  { why: 'metadata that is no number is not heard', facts: facts(NCHW, { input_scale: 'exit()', input_mean: '1,2', input_std: '' }), numbers: IMAGENET },
  { why: 'a spread of 0 would divide by nothing', facts: facts(NCHW, { input_std: '0, 1, 1' }), numbers: { ...IMAGENET, std: [1, 1, 1] } },
];

describe('algo/onnx/families/classify', () => {
  for (const { why, facts: given, numbers } of INPUTS) {
    it(`the picture's numbers, ${why}`, () => {
      const { scale, mean, std, fit } = classify.inputSpec(given);
      assert.deepEqual({ scale, mean, std, fit }, { ...numbers, fit: 'stretch' });
    });
  }

  const read = (outputs: { name: string; shape: number[]; data: Float32Array }[]): Float32Array => classify.decode(outputs, { spec: classify.inputSpec(facts(NCHW)), facts: facts(NCHW), scoreThreshold: 0.3 });
  const shares = (data: number[], shape = [1, data.length]): number[] => Array.from(read([{ name: 'y', shape, data: Float32Array.from(data) }]), (value) => Number(value.toFixed(4)));
  it('logits become shares, shares stay as they are', () => {
    assert.deepEqual(shares([0, Math.log(3), 0]), [0.2, 0.6, 0.2]);
    assert.deepEqual(shares([1000, -1000]), [1, 0]);
    assert.deepEqual(shares([0.25, 0.5, 0.25], [1, 3, 1, 1]), [0.25, 0.5, 0.25]);
    assert.deepEqual(shares([0.9, 0.9, 0.9]), [0.3333, 0.3333, 0.3333], 'not of one: they do not add up to 1');
    assert.deepEqual(shares([1.5, -0.5]), [0.8808, 0.1192], 'they add up to 1 by chance');
  });

  it('outputs of another shape than announced are MODEL_UNSUPPORTED', () => {
    for (const shape of [[1], [2, 3], [1, 0], [1, 3, 2]]) {
      const data = new Float32Array(shape.reduce((a, b) => a * b));
      assert.throws(() => read([{ name: 'y', shape, data }]), { code: 'MODEL_UNSUPPORTED' }, shape.join());
    }
    assert.throws(() => read([]), { code: 'MODEL_UNSUPPORTED' });
  });

  it('COCO is no list for classifiers of 80 or 90 classes', async () => {
    const algo = await openModel('tiny/mnist.onnx');
    assert.deepEqual((algo.description['labels'] as string[]).slice(0, 2), ['class 0', 'class 1']);
    await algo.close();
    assert.equal(chooseFamily({ ...facts(NCHW), outputs: [{ name: 'y', dtype: 'float32', shape: [1, 80] }] }).family.task.name, 'image-classification');
  });
});

describe('algo/onnx/families/classify: a real MobileNet', () => {
  const PICTURES = [
    { file: 'dog.jpg', sees: /malamute/, within: 1 },
    { file: 'bus.jpg', sees: /police van/, within: 2 },
    // Eight bits are coarse: a tench comes before the goldfish.
    { file: 'cls/goldfish.jpg', sees: /goldfish/, within: 2 },
  ];
  for (const { file, sees, within } of PICTURES) {
    it(`${file}: five classes, best first, ${String(sees)} among the first ${within}`, async () => {
      const algo = await openModel('cls/mobilenet_v2_quant.onnx', { classNames: dataPath('models/cls/synset.txt') });
      const found = await classifyIn(algo, picture(`images/${file}`));
      await algo.close();
      assert.equal(found.length, 5);
      assert.ok(found.slice(0, within).some(({ label }) => sees.test(label)), JSON.stringify(found));
      for (const [i, { score }] of found.entries()) assert.ok(score >= 0 && score <= (found[i - 1]?.score ?? 1));
    });
  }

  it('keeps the labels asked for, and no more than asked for', async () => {
    const algo = await openModel('cls/mobilenet_v2_quant.onnx', { labels: ['7', '1', '900'], maxDetections: 2 });
    const found = await classifyIn(algo, picture('images/cls/goldfish.jpg'));
    assert.equal(found.length, 2);
    for (const { classId } of found) assert.ok([1, 7, 900].includes(classId));
    assert.equal(found[0]?.classId, 1);
    await algo.close();
  });
});
