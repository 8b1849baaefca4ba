import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chooseFamily } from '../../../../dist/runtime/algo/onnx/choose-family.js';
import { detr } from '../../../../dist/runtime/algo/onnx/families/detr.js';
import { inspectModel, type ModelFacts, type OutputTensor, type TensorFact } from '../../../../dist/runtime/algo/onnx/index.js';
import { GraphBuilder } from '../../../../dist/runtime/algo/tfjs/onnx-graph.js';
import { writeOnnx } from '../../../../dist/runtime/algo/tfjs/onnx-writer.js';
import { iou, nms, type ScoredBox } from '../../../../dist/runtime/vision/index.js';
import { dataPath } from '../../../support/data.js';
import { boxOf } from '../../../support/golden.js';
import { detectIn, openModel, picture } from '../../../support/onnx.js';
import type { RgbPicture } from '../../../support/pixels.js';
import { temporaryFolder } from '../../../support/tfjs.js';

type Shape = readonly (number | string)[];

function tensor(name: string, shape: Shape, dtype = 'float32'): TensorFact {
  return { name, dtype, shape };
}

const PICTURE = tensor('images', [1, 3, 320, 640]);
const SIZES = tensor('orig_target_sizes', [1, 2], 'int64');
const FREE = ['batch_size', 3, 'height', 'width'];

/** As Hugging Face exports them. */
function queries(logits: Shape, boxes: Shape, input: TensorFact = PICTURE): ModelFacts {
  return { inputs: [input], outputs: [tensor('logits', logits), tensor('pred_boxes', boxes)], metadata: {} };
}

/** As the projects themselves export them. */
function finished(rows: number | string, change: { inputs?: readonly TensorFact[]; labels?: TensorFact; boxes?: TensorFact; scores?: TensorFact } = {}): ModelFacts {
  const { inputs = [PICTURE, SIZES], labels = tensor('labels', [1, rows], 'int64'), boxes = tensor('boxes', [1, rows, 4]), scores = tensor('scores', [1, rows]) } = change;
  return { inputs, outputs: [labels, boxes, scores], metadata: {} };
}

const RECOGNISED: readonly { why: string; facts: ModelFacts; classes?: number }[] = [
  { why: 'logits and boxes, all sides free but the classes', facts: queries(['batch_size', 'num_queries', 80], ['batch_size', 'num_queries', 4], tensor('pixel_values', FREE)), classes: 80 },
  { why: 'fixed sides, half precision', facts: { inputs: [tensor('pixel_values', [1, 3, 640, 640], 'float16')], outputs: [tensor('pred_boxes', [1, 300, 4], 'float16'), tensor('logits', [1, 300, 366], 'float16')], metadata: {} }, classes: 366 },
  { why: 'the names of the raw head, one class', facts: { ...queries([1, 300, 1], [1, 300, 4]), outputs: [tensor('pred_logits', [1, 300, 1]), tensor('pred_boxes', [1, 300, 4])] }, classes: 1 },
  { why: 'free classes', facts: queries(['b', 'q', 'c'], ['b', 'q', 4]) },
  { why: 'further outputs beside them', facts: { ...queries([1, 300, 80], [1, 300, 4]), outputs: [tensor('last_hidden_state', [1, 300, 256]), ...queries([1, 300, 80], [1, 300, 4]).outputs] }, classes: 80 },
  { why: 'labels, boxes, scores', facts: finished(300) },
  { why: 'the same with everything free, the size first', facts: finished('rows', { inputs: [tensor('orig_target_sizes', ['N', 2], 'int64'), tensor('images', ['N', 3, 640, 640])] }) },
  { why: 'labels of 32 bits', facts: finished(300, { labels: tensor('labels', [1, 300], 'int32') }) },
];

const REFUSED: readonly { why: string; facts: ModelFacts; says: RegExp }[] = [
  { why: '92 classes: DETR, whose last is "nothing"', facts: queries([1, 100, 92], [1, 100, 4]), says: /family "detr" can be set by hand: .*92 classes are those of DETRs that want softmax/ },
  { why: '91 classes', facts: queries([1, 300, 91], [1, 300, 4]), says: /family "detr" can be set by hand/ },
  { why: 'DETR with a mask', facts: { ...queries([1, 100, 92], [1, 100, 4]), inputs: [tensor('pixel_values', FREE), tensor('pixel_mask', ['b', 64, 64], 'int64')] }, says: /pixel_mask int64/ },
  { why: 'as many boxes as no logits', facts: queries([1, 300, 80], [1, 100, 4]), says: /no family that is understood/ },
  { why: 'boxes of five values', facts: queries([1, 300, 80], [1, 300, 5]), says: /no family that is understood/ },
  { why: 'four pictures at a time', facts: queries([4, 300, 80], [4, 300, 4]), says: /no family that is understood/ },
  { why: 'whole numbers for logits', facts: { inputs: [PICTURE], outputs: [tensor('logits', [1, 300, 80], 'int8'), tensor('pred_boxes', [1, 300, 4])], metadata: {} }, says: /logits int8/ },
  { why: 'finished boxes, but no input that scales them', facts: finished(300, { inputs: [PICTURE] }), says: /no family that is understood/ },
  { why: 'finished boxes and a size in floats', facts: finished(300, { inputs: [PICTURE, tensor('scale_factor', [1, 2])] }), says: /scale_factor float32/ },
  { why: 'finished boxes and a third input', facts: finished(300, { inputs: [PICTURE, SIZES, tensor('mask', [1, 320, 640])] }), says: /mask float32/ },
  { why: 'a size, but no picture', facts: finished(300, { inputs: [SIZES] }), says: /no input is the only one and a picture/ },
  { why: 'fewer scores than boxes', facts: finished(300, { scores: tensor('scores', [1, 100]) }), says: /no family that is understood/ },
  { why: 'scores of text', facts: finished(300, { scores: tensor('scores', [1, 300], 'string') }), says: /scores string/ },
];

describe('algo/onnx/families/detr: recognising', () => {
  for (const { why, facts, classes } of RECOGNISED) {
    it(why, () => {
      const { family, recognition } = chooseFamily(facts);
      assert.equal(family.name, 'detr');
      assert.equal(recognition.classes, classes);
    });
  }
  for (const { why, facts, says } of REFUSED) {
    it(`MODEL_UNSUPPORTED: ${why}`, () => {
      assert.throws(() => chooseFamily(facts), { code: 'MODEL_UNSUPPORTED', message: says });
    });
  }

  it('logits of a classifier are none of a detector, even when it is asked for', () => {
    const facts: ModelFacts = { inputs: [PICTURE], outputs: [tensor('logits', [1, 1000])], metadata: {} };
    assert.throws(() => chooseFamily(facts, 'detr'), { code: 'MODEL_UNSUPPORTED', message: /cannot be read as detr/ });
    assert.equal(chooseFamily(queries([1, 300, 91], [1, 300, 4]), 'detr').recognition.classes, 91);
  });

  it('the picture is stretched RGB of 0…1, 640 × 640 where its size is free', () => {
    const fixed = { fit: 'stretch', pad: 0, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
    const free = queries(['b', 'q', 80], ['b', 'q', 4], tensor('pixel_values', FREE));
    assert.deepEqual(chooseFamily(free).family.inputSpec(free), { ...fixed, width: 640, height: 640 });
    assert.deepEqual(chooseFamily(finished(300)).family.inputSpec(finished(300)), { ...fixed, width: 640, height: 320 });
  });

  it('beside the picture goes nothing, or a size of 1 × 1', () => {
    const extra = (facts: ModelFacts) => chooseFamily(facts).family.extraInputs?.(facts);
    assert.deepEqual(extra(queries([1, 300, 80], [1, 300, 4])), []);
    assert.deepEqual(extra(finished(300)), [{ name: 'orig_target_sizes', dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 1n).buffer }]);
  });
});

function output(name: string, shape: readonly number[], data: readonly number[]): OutputTensor {
  return { name, shape, data: Float32Array.from(data) };
}

function decode(outputs: readonly OutputTensor[], scoreThreshold = 0.3): ScoredBox[] {
  const facts = finished(300);
  return [...detr.decode(outputs, { spec: detr.inputSpec(facts), facts, scoreThreshold })];
}

/** Logits of two classes. */
function decodeQueries(logits: readonly number[], boxes: readonly number[], scoreThreshold?: number): ScoredBox[] {
  const rows = boxes.length / 4;
  return decode([output('logits', [1, rows, 2], logits), output('pred_boxes', [1, rows, 4], boxes)], scoreThreshold);
}

/** A thing is a label and its score. */
function decodeFinished(things: readonly (readonly [label: number, score: number])[], boxes: readonly number[], scoreThreshold?: number): ScoredBox[] {
  const rows = things.length;
  const labels = output('labels', [1, rows], things.map(([label]) => label));
  const scores = output('scores', [1, rows], things.map(([, score]) => score));
  return decode([labels, output('boxes', [1, rows, 4], boxes), scores], scoreThreshold);
}

const BOX = [0.5, 0.25, 0.25, 0.5];

describe('algo/onnx/families/detr: reading outputs', () => {
  it('queries: sigmoid of the best logit, centre and sides as shares of the tensor', () => {
    const found = decodeQueries([-4, Math.log(3), 0, -9], [...BOX, 0.5, 0.5, 1, 1]);
    assert.equal(found.length, 2);
    assert.ok(Math.abs((found[0]?.score ?? NaN) - 0.75) < 1e-6);
    assert.deepEqual({ ...found[0], score: 0 }, { x1: 240, y1: 0, x2: 400, y2: 160, score: 0, classId: 1 });
    assert.deepEqual(found[1], { x1: 0, y1: 0, x2: 640, y2: 320, score: 0.5, classId: 0 });
  });

  it('queries: a score at the threshold is kept, one below is not; of equal classes the first', () => {
    assert.deepEqual(decodeQueries([0, 0, -0.01, -0.02], [...BOX, ...BOX], 0.5).map(({ classId }) => classId), [0]);
    assert.equal(decodeQueries([-20, -30], BOX, 0).length, 1);
  });

  it('queries: two on one place are two things', () => {
    assert.equal(decodeQueries([3, 0, 2, 0], [...BOX, ...BOX]).length, 2);
  });

  it('queries: numbers beyond all bounds are 0 and 1, NaN is no class', () => {
    assert.deepEqual(decodeQueries([NaN, 2], BOX).map(({ classId }) => classId), [1]);
    assert.deepEqual(decodeQueries([2, NaN], BOX).map(({ classId }) => classId), [0]);
    assert.deepEqual(decodeQueries([NaN, NaN, -Infinity, -Infinity], [...BOX, ...BOX], 0), []);
    assert.deepEqual(decodeQueries([1e30, Infinity], BOX).map(({ score, classId }) => [score, classId]), [[1, 1]]);
    assert.deepEqual(decodeQueries([-1e30, NaN], BOX, 0).map(({ score }) => score), [0]);
  });

  it('rows: centre and sides as shares of the tensor, then a score for each class', () => {
    const rows = [...BOX, 0.1, 0.75, ...BOX, 0.2, NaN, 0.5, 0.5, 1, 1, NaN, NaN];
    assert.deepEqual(decode([output('output0', [1, 3, 6], rows)]), [{ x1: 240, y1: 0, x2: 400, y2: 160, score: 0.75, classId: 1 }]);
    assert.deepEqual(decode([output('output0', [1, 3, 6], rows)], 0).map(({ classId }) => classId), [1, 0]);
  });

  it('finished boxes: corners as shares of the tensor', () => {
    assert.deepEqual(decodeFinished([[7, 0.5], [2, 0.25]], [0.25, 0.5, 0.5, 0.75, 0, 0, 1, 1]), [{ x1: 160, y1: 160, x2: 320, y2: 240, score: 0.5, classId: 7 }]);
  });

  it('finished boxes: the best label of a place, in any order', () => {
    const boxes = [...BOX, ...BOX, ...BOX, 0, 0, 1, 1];
    assert.deepEqual(decodeFinished([[7, 0.5], [5, 0.75], [2, 0.625], [7, 0.5]], boxes).map(({ classId, score }) => [classId, score]), [[5, 0.75], [7, 0.5]]);
  });

  it('finished boxes: scores of NaN are nothing', () => {
    assert.deepEqual(decodeFinished([[NaN, NaN], [1, NaN]], [NaN, NaN, NaN, NaN, ...BOX], 0), []);
  });

  it('no queries, no classes, no rows: nothing', () => {
    assert.deepEqual(decodeQueries([], []), []);
    assert.deepEqual(decode([output('logits', [1, 1, 0], []), output('pred_boxes', [1, 1, 4], BOX)], 0), []);
    assert.deepEqual(decodeFinished([], [], 0), []);
  });

  const UNREADABLE: readonly (readonly OutputTensor[])[] = [
    [],
    [output('logits', [1, 1, 4], [0, 0, 0, 0])],
    [output('logits', [1, 2], [0, 0]), output('pred_boxes', [1, 1, 4], BOX)],
    [output('logits', [1, 1, 2], [0, 0]), output('pred_boxes', [1, 2, 4], [...BOX, ...BOX])],
    [output('logits', [2, 1, 2], [0, 0, 0, 0]), output('pred_boxes', [2, 1, 4], [...BOX, ...BOX])],
    [output('labels', [1, 1], [0]), output('boxes', [1, 1, 5], [...BOX, 0]), output('scores', [1, 1], [1])],
    [output('labels', [1, 2], [0, 0]), output('boxes', [1, 1, 4], BOX), output('scores', [1, 1], [1])],
  ];
  for (const outputs of UNREADABLE) {
    it(`MODEL_UNSUPPORTED: outputs ${outputs.map(({ name, shape }) => `${name} [${shape.join()}]`).join(' ') || 'none'}`, () => {
      assert.throws(() => decode(outputs), { code: 'MODEL_UNSUPPORTED', message: /the model gave/ });
    });
  }
});

const WHITE: RgbPicture = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 3).fill(255) };

async function save(graph: GraphBuilder, metadata: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, writeOnnx(graph.build(), metadata));
  return path;
}

/** A model whose logits are these on a white picture of 0…1, and 0 on a black one. */
async function saveQueries(logits: readonly number[], classes: number): Promise<string> {
  const graph = new GraphBuilder();
  const rows = logits.length / classes;
  graph.input({ name: 'pixel_values', kind: 'float', shape: ['batch_size', 3, 'height', 'width'] });
  const light = graph.add('ReduceMean', ['pixel_values'], { axes: [0, 1, 2, 3], keepdims: 0 });
  const weights = graph.constant({ kind: 'float', shape: [1, rows, classes], data: Float32Array.from(logits) });
  const boxes = graph.constant({ kind: 'float', shape: [1, rows, 4], data: Float32Array.from(Array.from({ length: rows }, () => BOX).flat()) });
  graph.output({ name: 'logits', kind: 'float', shape: ['batch_size', 'num_queries', classes] }, graph.add('Mul', [weights, light]));
  graph.output({ name: 'pred_boxes', kind: 'float', shape: ['batch_size', 'num_queries', 4] }, boxes);
  return await save(graph);
}

/** A model that has its picture second and scales one box to the size it is given, read as (width, height) or the other way round. */
async function saveFinished(order: 'width first' | 'height first'): Promise<string> {
  const graph = new GraphBuilder();
  graph.input({ name: 'orig_target_sizes', kind: 'int', shape: ['N', 2] });
  graph.input({ name: 'images', kind: 'float', shape: ['N', 3, 64, 32] });
  const sizes = graph.add('Cast', ['orig_target_sizes'], { to: 1 });
  const indices = order === 'width first' ? [0, 1, 0, 1] : [1, 0, 1, 0];
  const scale = graph.add('Unsqueeze', [graph.add('Gather', [sizes, graph.ints(indices)], { axis: 1 }), graph.ints([1])]);
  const box = graph.constant({ kind: 'float', shape: [1, 1, 4], data: Float32Array.of(0.25, 0.5, 0.5, 0.75) });
  const score = graph.constant({ kind: 'float', shape: [1, 1], data: Float32Array.of(0.75) });
  graph.output({ name: 'labels', kind: 'int', shape: ['N', 'rows'] }, graph.constant({ kind: 'int', shape: [1, 1], data: Int32Array.of(2) }));
  graph.output({ name: 'boxes', kind: 'float', shape: ['N', 'rows', 4] }, graph.add('Mul', [box, scale]));
  graph.output({ name: 'scores', kind: 'float', shape: ['N', 'rows'] }, score);
  return await save(graph, { names: "{0: 'a', 1: 'b', 2: 'c'}" });
}

/** In bus.jpg: the bus, the people in front of it, and half a person at the left edge. */
const FIVE_THINGS = [
  { classId: 5, x1: 15, y1: 231, x2: 801, y2: 745 },
  { classId: 0, x1: 50, y1: 395, x2: 222, y2: 900 },
  { classId: 0, x1: 219, y1: 403, x2: 347, y2: 857 },
  { classId: 0, x1: 680, y1: 400, x2: 810, y2: 874 },
  { classId: 0, x1: 0, y1: 550, x2: 63, y2: 873 },
];

describe('algo/onnx/families/detr: whole models', () => {
  it('80 classes have the names of COCO, boxes are in pixels of the picture', async () => {
    const logits = new Array<number>(80).fill(-5);
    logits[5] = 40;
    const path = await saveQueries(logits, 80);
    const { family, labelsFrom, classes } = await inspectModel(path);
    assert.deepEqual({ family, labelsFrom, classes }, { family: 'detr', labelsFrom: 'coco', classes: 80 });
    const algo = await openModel(path);
    assert.deepEqual(await detectIn(algo, WHITE), [{ label: 'bus', score: 1, box: { xmin: 75, ymin: 0, xmax: 125, ymax: 50 }, classId: 5 }]);
    await algo.close();
  });

  it('boxes that overlap are all kept, best first, at most maxDetections', async () => {
    const algo = await openModel(await saveQueries([1, 3, 2, -9], 1), { maxDetections: 2, iouThreshold: 0 });
    assert.deepEqual((await detectIn(algo, WHITE)).map(({ score }) => score), [0.95257, 0.8808]);
    algo.set({ scoreThreshold: 0.9 });
    assert.equal((await detectIn(algo, WHITE)).length, 1);
    await algo.close();
  });

  it('logits of NaN are nothing', async () => {
    const algo = await openModel(await saveQueries([NaN, NaN], 2), { scoreThreshold: 0 });
    assert.deepEqual(await detectIn(algo, WHITE), []);
    await algo.close();
  });

  for (const order of ['width first', 'height first'] as const) {
    for (const provider of ['cpu', 'wasm']) {
      it(`a size input that means ${order}, on ${provider}: the box is where it is`, async () => {
        const algo = await openModel(await saveFinished(order), { executionProviders: [provider] });
        assert.equal(algo.description['input'], '32x64');
        assert.deepEqual(await detectIn(algo, WHITE), [{ label: 'c', score: 0.75, box: { xmin: 50, ymin: 50, xmax: 100, ymax: 75 }, classId: 2 }]);
        await algo.close();
      });
    }
  }

  it('variants/yolox_nano_rtdetr_fmt.onnx: the five things of the picture, once what overlaps is left out', async () => {
    const algo = await openModel('variants/yolox_nano_rtdetr_fmt.onnx', { classNames: dataPath('coco80.json') });
    assert.equal(algo.description['family'], 'detr');
    const found = await detectIn(algo, picture('images/bus.jpg'));
    await algo.close();
    // It is a YOLOX that only looks like a DETR: of its 300 rows several are of one thing.
    const boxes = found.map((detection) => ({ ...boxOf(detection), score: detection.score, classId: detection.classId }));
    const kept = nms(boxes, { iouThreshold: 0.45, mode: 'per-class', maxDetections: 300 });
    assert.ok(found.length > kept.length && found.every(({ label, classId }) => label === (classId === 5 ? 'bus' : 'person')));
    assert.equal(kept.length, FIVE_THINGS.length);
    for (const thing of FIVE_THINGS) {
      const overlap = Math.max(...kept.filter(({ classId }) => classId === thing.classId).map((box) => iou(box, thing)));
      assert.ok(overlap >= 0.7, `no class ${thing.classId} at ${thing.x1}, ${thing.y1} (best overlap ${overlap.toFixed(2)})`);
    }
  });
});
