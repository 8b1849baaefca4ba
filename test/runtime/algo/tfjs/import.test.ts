import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { importTfjsModel } from '../../../../dist/runtime/algo/tfjs/import.js';
import { dataPath, hasData } from '../../../support/data.js';
import { pseudoRandom, runOnnx } from '../../../support/tfjs.js';

const HUMAN = resolve(__dirname, '..', '..', '..', '..', 'node_modules', '@vladmandic', 'human', 'models');

/** Imported by us against the same model converted by another program, on the same pixels. */
const REFERENCES = [
  { name: 'centernet', input: 'tower_0/images', side: 512, outputs: { wh: [1, 128, 128, 4], keypoints: [1, 128, 128, 80] } },
  {
    name: 'blazeface', input: 'input', side: 256,
    outputs: { Identity: [1, 512, 1], Identity_1: [1, 384, 1], Identity_2: [1, 512, 16], Identity_3: [1, 384, 16] },
  },
  { name: 'movenet-lightning', input: 'input', side: 192, outputs: { Identity: [1, 1, 17, 3] } },
];

describe('algo/tfjs/import: real models', () => {
  for (const { name, input, side, outputs } of REFERENCES) {
    it(`${name}: the same numbers as the reference conversion`, async function () {
      if (!hasData) this.skip();
      const feeds = { [input]: { shape: [1, side, side, 3], data: pseudoRandom(side * side * 3, 255) } };
      const ours = await runOnnx(await importTfjsModel(resolve(HUMAN, `${name}.json`)), feeds);
      const theirs = await runOnnx(await readFile(dataPath(`models/from-npm/${name}.onnx`)), feeds);
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(outputs).sort());
      for (const [output, shape] of Object.entries(outputs)) {
        assert.deepEqual(ours[output]?.shape, shape, output);
        const worst = ours[output].data.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[output]?.data[i] ?? NaN))), 0);
        assert.ok(worst <= 1e-3, `${output}: differs by ${worst}`);
      }
    });
  }

  /** Run to a finite result: there is no reference for these, their operations are checked one by one in ops.test.ts. */
  const OTHERS: { name: string; shape: number[]; outputs: Record<string, number[]> }[] = [
    { name: 'antispoof', shape: [1, 128, 128, 3], outputs: { Identity: [1, 1] } },
    { name: 'emotion', shape: [1, 64, 64, 1], outputs: { Identity: [1, 7] } },
    { name: 'facemesh', shape: [1, 192, 192, 3], outputs: { Identity_2: [1, 1404], Identity_1: [1, 1], Identity: [1, 266] } },
    { name: 'faceres', shape: [1, 224, 224, 3], outputs: { Sigmoid: [1, 1], Mean: [1, 1024], Softmax: [1, 100] } },
    { name: 'iris', shape: [1, 64, 64, 3], outputs: { Identity: [1, 1, 1, 228] } },
  ];
  for (const { name, shape, outputs } of OTHERS) {
    it(`${name}: loads, runs, gives the outputs it names`, async () => {
      const bytes = await importTfjsModel(resolve(HUMAN, `${name}.json`));
      const data = pseudoRandom(shape.reduce((a, b) => a * b), 255).map((value) => value / 255);
      const input = name === 'antispoof' ? 'conv2d_input' : 'input_1';
      const found = await runOnnx(bytes, { [input]: { shape, data } });
      assert.deepEqual(Object.fromEntries(Object.entries(found).map(([key, value]) => [key, value.shape])), outputs);
      for (const { data: numbers } of Object.values(found)) assert.ok(numbers.every(Number.isFinite));
    });
  }

  /** Box and class scores of some of handtrack's anchors on the same pixels, as TensorFlow.js computes them. */
  const ANCHORS: [number, number[], number[]][] = [
    [0, [-0.004726, -0.00325, 0.044719, 0.040525], [0.0065673, 0.0072652, 0.0036722, 0.0060056, 0.0026382, 0.0014418, 0.0046348]],
    [5000, [0.476227, 0.778204, 0.54765, 0.900646], [0.0019445, 0.0024574, 0.0020516, 0.0020014, 0.0013888, 0.0024916, 0.0013422]],
    [12_000, [-0.132972, -0.088932, 0.242991, 0.203642], [0.0043742, 0.0045511, 0.0056072, 0.0072609, 0.0055697, 0.0027982, 0.0040586]],
    [12_803, [-0.771813, -0.016381, 2.253711, 1.52886], [0.0059068, 0.002223, 0.0028902, 0.0026096, 0.0035238, 0.003871, 0.0033187]],
  ];
  it('handtrack, an SSD with a loop before it and an NMS behind it: boxes and scores as TensorFlow.js gives them', async () => {
    const data = Uint8Array.from(pseudoRandom(320 * 320 * 3, 255));
    const found = await runOnnx(await importTfjsModel(resolve(HUMAN, 'handtrack.json')), { input_tensor: { shape: [1, 320, 320, 3], data } });
    assert.deepEqual([found['ExpandDims_1']?.shape, found['Slice']?.shape], [[1, 12_804, 1, 4], [1, 12_804, 7]]);
    for (const [anchor, box, scores] of ANCHORS) {
      const values = [...(found['ExpandDims_1']?.data.slice(anchor * 4, anchor * 4 + 4) ?? []), ...(found['Slice']?.data.slice(anchor * 7, anchor * 7 + 7) ?? [])];
      [...box, ...scores].forEach((expected, i) => { assert.ok(Math.abs((values[i] ?? NaN) - expected) < 1e-4, `anchor ${anchor}: ${values.join(', ')}`); });
    }
  });

  it('the file says where it comes from', async () => {
    const bytes = await importTfjsModel(resolve(HUMAN, 'liveness.json'));
    const text = Buffer.from(bytes).toString('latin1');
    assert.match(text, /source_format.{0,4}tfjs-graph-model/s);
    assert.match(text, /stream-infer/);
  });
});
