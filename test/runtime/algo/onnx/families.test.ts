import assert from 'node:assert/strict';

import { MODEL_FAMILIES } from '../../../../dist/runtime/base/plan.js';
import { chooseFamily } from '../../../../dist/runtime/algo/onnx/choose-family.js';
import { FAMILIES } from '../../../../dist/runtime/algo/onnx/families/index.js';
import type { ModelFacts, OutputTensor, TensorFact } from '../../../../dist/runtime/algo/onnx/index.js';
import type { ScoredBox } from '../../../../dist/runtime/vision/index.js';

type Shape = readonly (number | string)[];

function tensor(name: string, shape: Shape, dtype = 'float32'): TensorFact {
  return { name, dtype, shape };
}

function facts(input: Shape, outputs: readonly Shape[], more: Partial<ModelFacts> = {}): ModelFacts {
  return { inputs: [tensor('images', input)], outputs: outputs.map((shape, i) => tensor(`output${i}`, shape)), metadata: {}, ...more };
}

const PICTURE = [1, 3, 640, 640];
const ULTRALYTICS = { task: 'detect', stride: '32', names: "{0: 'a', 1: 'b'}" };

const YUNET: ModelFacts = {
  ...facts(['b', 3, 'h', 'w'], []),
  outputs: Object.entries({ kps: 10, cls: 1, obj: 1, bbox: 4 }).flatMap(([kind, values]) => [8, 16, 32].map((stride) => tensor(`${kind}_${stride}`, ['b', 'n', values]))),
};

const RECOGNISED: readonly { why: string; facts: ModelFacts; family: string; classes?: number | undefined }[] = [
  { why: 'rows for each cell of three grids', facts: facts([1, 3, 416, 416], [[1, 3549, 85]]), family: 'yolox', classes: 80 },
  { why: 'one class', facts: facts([1, 3, 192, 192], [[1, 756, 6]]), family: 'yolox', classes: 1 },
  { why: 'two classes: rows of 7, but as many as cells', facts: facts([1, 3, 192, 192], [[1, 756, 7]]), family: 'yolox', classes: 2 },
  { why: 'not square', facts: facts([1, 3, 384, 640], [[1, 5040, 85]]), family: 'yolox', classes: 80 },
  { why: 'free size', facts: facts(['batch', 3, 'height', 'width'], [['batch', 'anchors', 85]]), family: 'yolox', classes: 80 },
  { why: 'YOLOv5, v7: three anchors a cell', facts: facts(PICTURE, [[1, 25200, 85]]), family: 'yolov5', classes: 80 },
  { why: 'four grids, three anchors a cell', facts: facts([1, 3, 1280, 1280], [[1, 102000, 85]]), family: 'yolov5', classes: 80 },
  { why: 'tiny: two grids', facts: facts([1, 3, 416, 416], [[1, 2535, 85]]), family: 'yolov5', classes: 80 },
  { why: 'the raw heads behind', facts: facts(PICTURE, [[1, 25200, 6], [1, 3, 80, 80, 6], [1, 3, 40, 40, 6], [1, 3, 20, 20, 6]]), family: 'yolov5', classes: 1 },
  { why: 'rows as YOLOX, but metadata as YOLOv5 writes it', facts: facts([1, 3, 416, 416], [[1, 3549, 85]], { metadata: { names: '{}', stride: '32' } }), family: 'yolov5', classes: 80 },
  { why: 'free size, metadata as YOLOv5 writes it', facts: facts(['b', 3, 'h', 'w'], [['b', 'anchors', 6]], { metadata: { names: '{}', stride: '32' } }), family: 'yolov5', classes: 1 },
  { why: 'rows of values by anchors', facts: facts(PICTURE, [[1, 84, 8400]]), family: 'yolov8', classes: 80 },
  { why: 'one class, values by anchors', facts: facts(PICTURE, [[1, 5, 8400]]), family: 'yolov8', classes: 1 },
  { why: 'free anchors', facts: facts([1, 3, 'height', 'width'], [[1, 84, 'anchors']]), family: 'yolov8', classes: 80 },
  { why: 'P6: four grids', facts: facts([1, 3, 1280, 1280], [[1, 84, 34000]]), family: 'yolov8', classes: 80 },
  { why: 'odd grids, but the metadata says detect', facts: facts(PICTURE, [[1, 6, 5000]], { metadata: ULTRALYTICS }), family: 'yolov8', classes: 2 },
  { why: 'NMS inside, Ultralytics', facts: facts(PICTURE, [[1, 300, 6]], { metadata: { ...ULTRALYTICS, args: "{'nms': True}" } }), family: 'end2end', classes: undefined },
  { why: 'YOLOv10', facts: facts(PICTURE, [[1, 300, 6]], { metadata: ULTRALYTICS }), family: 'end2end', classes: undefined },
  { why: 'YOLOv10 of any size', facts: facts(['batch', 3, 'height', 'width'], [['batch', 'anchors', 6]], { metadata: ULTRALYTICS }), family: 'end2end', classes: undefined },
  { why: 'YOLO26', facts: facts(PICTURE, [[1, 300, 6]], { metadata: { ...ULTRALYTICS, end2end: 'True' } }), family: 'end2end', classes: undefined },
  { why: 'YOLO26 without its one-to-one head', facts: facts(PICTURE, [[1, 84, 8400]], { metadata: { ...ULTRALYTICS, end2end: 'False' } }), family: 'yolov8', classes: 80 },
  { why: 'end to end without metadata', facts: facts(PICTURE, [[1, 300, 6]]), family: 'end2end', classes: undefined },
  { why: 'rows of six without batch', facts: facts(PICTURE, [['boxes', 6]]), family: 'end2end', classes: undefined },
  { why: 'YOLOv7: rows of seven, any number', facts: facts(PICTURE, [['Concatoutput_dim_0', 7]]), family: 'end2end', classes: undefined },
  { why: 'rows of seven with batch', facts: facts(PICTURE, [[1, 100, 7]]), family: 'end2end', classes: undefined },
  { why: 'metadata outweighs the number of rows', facts: facts([1, 3, 192, 192], [[1, 756, 6]], { metadata: { end2end: 'True' } }), family: 'end2end', classes: undefined },
  {
    why: 'pairs of outputs, in any order, with any names',
    facts: facts([1, 3, 320, 320], [[1, 1600, 32], [1, 400, 32], [1, 100, 32], [1, 1600, 80], [1, 400, 80], [1, 100, 80]]),
    family: 'nanodet',
    classes: 80,
  },
  {
    why: 'PicoDet: four strides, the last with half a cell',
    facts: facts([1, 3, 416, 416], [[1, 2704, 3], [1, 676, 3], [1, 169, 3], [1, 49, 3], [1, 2704, 32], [1, 676, 32], [1, 169, 32], [1, 49, 32]]),
    family: 'nanodet',
    classes: 3,
  },
  { why: 'joined, of COCO: 112 values are 80 classes, not 107', facts: facts([1, 3, 320, 320], [[1, 2100, 112]]), family: 'nanodet', classes: 80 },
  { why: 'joined, four strides, any number of classes', facts: facts([1, 3, 416, 416], [[1, 3598, 35]]), family: 'nanodet', classes: 3 },
  { why: 'one grid of stride 16', facts: facts([1, 3, 352, 352], [[1, 85, 22, 22]]), family: 'fastestdet', classes: 80 },
  { why: 'a grid of free size', facts: facts([1, 3, 'h', 'w'], [[1, 85, 'r', 'c']]), family: 'fastestdet', classes: 80 },
  { why: 'one class, not square', facts: facts([1, 3, 192, 320], [[1, 6, 12, 20]]), family: 'fastestdet', classes: 1 },
  { why: 'two maps of one grid', facts: facts([1, 512, 512, 3], [[1, 128, 128, 4], [1, 128, 128, 80]]), family: 'centernet', classes: 80 },
  { why: 'two maps, the other way round', facts: facts([1, 512, 512, 3], [[1, 128, 128, 7], [1, 128, 128, 4]]), family: 'centernet', classes: 7 },
  { why: 'boxes and scores of the same anchors, as coco-ssd', facts: facts([1, 300, 300, 3], [[1, 1917, 1, 4], [1, 1917, 90]]), family: 'ssd', classes: 90 },
  { why: 'the other way round, with a background', facts: facts([1, 300, 300, 3], [[1, 1917, 91], [1, 1917, 4]]), family: 'ssd', classes: 90 },
  { why: 'free anchors', facts: facts([1, 'h', 'w', 3], [[1, 'a', 4], [1, 'b', 7]]), family: 'ssd', classes: 7 },
  { why: 'four classes, told apart by name', facts: { ...facts([1, 64, 64, 3], []), outputs: [tensor('scores', [1, 9, 4]), tensor('boxes', [1, 9, 4])] }, family: 'ssd', classes: 4 },
  { why: 'RT-DETR of Ultralytics: a box and as many scores as names', facts: facts(PICTURE, [[1, 300, 9]], { metadata: { ...ULTRALYTICS, names: "['a', 'b', 'c', 'd', 'e']" } }), family: 'detr', classes: 5 },
  { why: 'RT-DETR of two classes, by its description', facts: facts(PICTURE, [[1, 300, 6]], { metadata: { ...ULTRALYTICS, description: 'Ultralytics RT-DETR-l model' } }), family: 'detr', classes: 2 },
  { why: 'names of the object detection API', facts: { ...facts([1, 'h', 'w', 3], []), outputs: [tensor('detection_classes', [1, 100]), tensor('num_detections', [1]), tensor('detection_boxes', [1, 100, 4]), tensor('detection_scores', [1, 100])] }, family: 'tfod', classes: undefined },
  {
    why: 'names with :0, free sides, raw scores that tell the classes',
    facts: { ...facts(['n', 'h', 'w', 3], []), outputs: [tensor('detection_boxes:0', ['n', 'k', 4]), tensor('detection_scores:0', ['n', 'k']), tensor('detection_classes:0', ['n', 'k']), tensor('raw_detection_scores:0', ['n', 1917, 91])] },
    family: 'tfod',
    classes: 90,
  },
  { why: 'its names', facts: YUNET, family: 'yunet', classes: 1 },
  { why: 'nine outputs of two anchors a cell', facts: facts(PICTURE, [1, 4, 10].flatMap((values) => [12800, 3200, 800].map((rows) => [1, rows, values]))), family: 'scrfd', classes: 1 },
  { why: 'no batch, no landmarks, any order', facts: facts([1, 3, 320, 320], [4, 1].flatMap((values) => [200, 3200, 800].map((rows) => [rows, values]))), family: 'scrfd', classes: 1 },
  { why: 'free sizes', facts: facts([1, 3, '?', '?'], [1, 4, 10].flatMap((values) => [0, 1, 2].map(() => ['?', values]))), family: 'scrfd', classes: 1 },
  { why: 'its anchors, whatever the names', facts: facts([1, 3, 240, 320], [[1, 4420, 2], [1, 4420, 4]]), family: 'ultraface', classes: 1 },
  { why: 'larger, the other way round', facts: facts([1, 3, 480, 640], [[1, 17640, 4], [1, 17640, 2]]), family: 'ultraface', classes: 1 },
  { why: 'SSD of jetson-inference, by the names', facts: { ...facts([1, 3, 300, 300], []), outputs: [tensor('scores', [1, 3000, 21]), tensor('boxes', [1, 3000, 4])] }, family: 'ultraface', classes: 20 },
  { why: 'four parts', facts: facts([1, 256, 256, 3], [[1, 512, 1], [1, 384, 1], [1, 512, 16], [1, 384, 16]]), family: 'blazeface', classes: 1 },
  { why: 'one output each', facts: facts([1, 3, 128, 128], [[1, 896, 16], [1, 896, 1]]), family: 'blazeface', classes: 1 },
  { why: 'full range', facts: facts([1, 192, 192, 3], [[1, 2304, 16], [1, 2304, 1]]), family: 'blazeface', classes: 1 },
  { why: "a map of the picture's size, under Paddle's names", facts: { ...facts([], []), inputs: [tensor('x', ['n', 3, 'h', 'w'])], outputs: [tensor('sigmoid_0.tmp_0', ['n', 1, 'h', 'w'])] }, family: 'ppocr', classes: 1 },
  { why: 'the same of one size', facts: { ...facts([], []), inputs: [tensor('x', [1, 3, 640, 960])], outputs: [tensor('fetch_name_0', [1, 1, 640, 960])] }, family: 'ppocr', classes: 1 },
  { why: 'persons, twice as high as wide', facts: facts(['batch', 3, 256, 128], [['batch', 512]]), family: 'embed', classes: undefined },
  { why: 'faces of 112 × 112', facts: facts([1, 3, 112, 112], [[1, 512]]), family: 'embed', classes: undefined },
  { why: 'CLIP, by the name of one of its outputs', facts: { ...facts(['b', 3, 'h', 'w'], []), outputs: [tensor('last_hidden_state', ['b', 50, 768]), tensor('image_embeds', ['b', 512])] }, family: 'embed', classes: undefined },
  { why: 'ImageNet', facts: facts([1, 3, 224, 224], [[1, 1000]]), family: 'classify', classes: 1000 },
  { why: 'sides of 1 behind the classes', facts: facts([1, 3, 224, 224], [[1, 1000, 1, 1]]), family: 'classify', classes: 1000 },
  { why: 'six classes, no rows of boxes', facts: facts([1, 3, 224, 224], [[1, 6]]), family: 'classify', classes: 6 },
  { why: 'seven classes, any batch', facts: facts(['batch', 3, 224, 224], [['batch', 7]]), family: 'classify', classes: 7 },
  { why: 'gray pictures', facts: facts([1, 1, 28, 28], [[1, 10]]), family: 'classify', classes: 10 },
  { why: 'the metadata says so', facts: facts(['batch', 3, 'h', 'w'], [['batch', 512]], { metadata: { task: 'classify' } }), family: 'classify', classes: 512 },
];

const REFUSED: readonly { why: string; facts: ModelFacts; says: RegExp }[] = [
  { why: 'rows that are no grid', facts: facts(PICTURE, [[1, 25201, 85]]), says: /output0 float32\[1,25201,85\]/ },
  { why: 'a task that is not known', facts: facts(PICTURE, [[1, 56, 8400]], { metadata: { ...ULTRALYTICS, task: 'depth' } }), says: /task "depth"/ },
  { why: 'a third output beside those of a segmentation model', facts: facts(PICTURE, [[1, 116, 8400], [1, 32, 160, 160], [1, 5]]), says: /Understood are: yolox/ },
  { why: 'a vector, or classes', facts: facts([1, 3, 224, 224], [[1, 512]]), says: /family "classify" can be set by hand: .*vector that describes it/ },
  { why: 'a classifier that leaves the size of the picture', facts: facts(['n', 3, 'h', 'w'], [['n', 2]]), says: /size of the picture is free/ },
  { why: 'a map of one number a pixel, under other names: depth?', facts: facts(PICTURE, [[1, 1, 640, 640]]), says: /family "ppocr" can be set by hand: .*text, or depth/ },
  { why: 'a smaller map', facts: { ...facts([], []), inputs: [tensor('x', PICTURE)], outputs: [tensor('sigmoid_0.tmp_0', [1, 1, 160, 160])] }, says: /no family that is understood/ },
  { why: 'one number a picture', facts: facts([1, 3, 224, 224], [[1, 1]]), says: /no family that is understood/ },
  { why: 'two outputs of numbers', facts: facts([1, 3, 224, 224], [[1, 10], [1, 2]]), says: /no family that is understood/ },
  { why: 'boxes and scores with channels first, under no name and of no known anchors', facts: facts([1, 3, 240, 320], [[1, 99, 2], [1, 99, 4]]), says: /family "ultraface" can be set by hand/ },
  { why: 'anything: its tensors can be had as they are', facts: facts([1, 3, 32, 32], [[1, 7, 7, 7, 7]]), says: /family "raw" can be set by hand: its outputs are then given as they are/ },
  { why: 'four pictures at a time', facts: facts([4, 3, 640, 640], [[4, 84, 8400]]), says: /no input is the only one and a picture/ },
  { why: 'two inputs', facts: { ...facts(PICTURE, [[1, 84, 8400]]), inputs: [tensor('a', PICTURE), tensor('b', [1, 2])] }, says: /no input is the only one/ },
  { why: 'no inputs, no outputs', facts: { inputs: [], outputs: [], metadata: {} }, says: /no input is the only one/ },
  { why: 'whole numbers for pictures', facts: { ...facts(PICTURE, [[1, 84, 8400]]), inputs: [tensor('a', PICTURE, 'int64')] }, says: /a int64\[1,3,640,640\]/ },
  { why: 'text out', facts: { ...facts(PICTURE, []), outputs: [tensor('y', [1, 84, 8400], 'string')] }, says: /y string/ },
  { why: 'what is no tensor', facts: { ...facts(PICTURE, []), outputs: [tensor('y', [], 'none')] }, says: /y none\[\]/ },
  { why: 'all sides free', facts: facts(['a', 'b', 'c', 'd'], [['a', 'e', 'f']]), says: /no input is the only one/ },
];

describe('algo/onnx/families: recognising', () => {
  it('the table has each family of the options, once', () => {
    assert.deepEqual(FAMILIES.map(({ name }) => name), [...MODEL_FAMILIES]);
  });
  for (const { why, facts: given, family, classes } of RECOGNISED) {
    it(`${family}: ${why}`, () => {
      const chosen = chooseFamily(given);
      assert.equal(chosen.family.name, family, chosen.recognition.why);
      assert.equal(chosen.recognition.classes, classes);
    });
  }
  for (const { why, facts: given, says } of REFUSED) {
    it(`MODEL_UNSUPPORTED: ${why}`, () => {
      assert.throws(() => chooseFamily(given), { code: 'MODEL_UNSUPPORTED', message: says });
    });
  }

  it('a family that is named overrules doubts, but not shapes', () => {
    const doubtful = facts([1, 3, 416, 416], [[1, 3549, 85]], { metadata: { names: '{}', stride: '32' } });
    assert.equal(chooseFamily(doubtful, 'yolox').family.name, 'yolox');
    assert.throws(() => chooseFamily(doubtful, 'centernet'), { code: 'MODEL_UNSUPPORTED', message: /cannot be read as centernet/ });
    assert.throws(() => chooseFamily(facts([1, 3, 224, 224], [[1, 1000]]), 'yolov8'), { code: 'MODEL_UNSUPPORTED' });
  });
});

describe('algo/onnx/families: the input asked for', () => {
  it('size: what the model fixes, else imgsz, else a default; a multiple of 32', () => {
    const size = (input: Shape, metadata: Record<string, string> = {}): number[] => {
      const given = facts(input, [[1, 84, 'anchors']], { metadata });
      const { width, height } = chooseFamily(given).family.inputSpec(given);
      return [width, height];
    };
    assert.deepEqual(size([1, 3, 384, 640], { imgsz: '[320, 320]' }), [640, 384]);
    assert.deepEqual(size([1, 3, 'h', 'w'], { imgsz: '[384, 640]' }), [640, 384]);
    assert.deepEqual(size([1, 3, 'h', 'w'], { imgsz: '500' }), [512, 512]);
    assert.deepEqual(size([1, 3, 'h', 'w'], { imgsz: 'exit()' }), [640, 640]);
    assert.deepEqual(size([1, 3, 'h', 'w'], { imgsz: '99999' }), [4096, 4096]);
    assert.deepEqual(size([1, 3, 'h', 480]), [480, 640]);
  });

  it('layout, channels and numbers follow the model and the family', () => {
    const nhwc = facts([1, 512, 512, 3], [[1, 128, 128, 4], [1, 128, 128, 80]]);
    assert.deepEqual(chooseFamily(nhwc).family.inputSpec(nhwc), { width: 512, height: 512, fit: 'stretch', pad: 0, layout: 'NHWC', channels: 'rgb', dtype: 'float32', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] });
    const gray = { ...facts([], [[1, 6, 2100]]), inputs: [tensor('images', [1, 1, 320, 320], 'float16')] };
    assert.deepEqual(chooseFamily(gray).family.inputSpec(gray), { width: 320, height: 320, fit: 'letterbox-center', pad: 114, layout: 'NCHW', channels: 'gray', dtype: 'float16', scale: 1 / 255, mean: [0], std: [1] });
    const yolox = facts([1, 3, 416, 416], [[1, 3549, 85]]);
    assert.equal(chooseFamily(yolox).family.inputSpec(yolox).fit, 'letterbox-topleft');
    assert.equal(chooseFamily(yolox).family.inputSpec(yolox).channels, 'bgr');
  });
});

/** An output of zeros with some values set, by place. */
function output(name: string, shape: readonly number[], values: Readonly<Record<number, number>> = {}): OutputTensor {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  for (const [place, value] of Object.entries(values)) data[Number(place)] = value;
  return { name, shape, data };
}

function decode(given: ModelFacts, outputs: readonly OutputTensor[], scoreThreshold = 0.3): ScoredBox[] {
  const { family } = chooseFamily(given);
  return family.decode(outputs, { spec: family.inputSpec(given), facts: given, scoreThreshold }) as ScoredBox[];
}

function near(found: readonly ScoredBox[], expected: readonly ScoredBox[]): void {
  assert.equal(found.length, expected.length);
  for (const [i, box] of expected.entries()) {
    for (const [key, value] of Object.entries(box)) assert.ok(Math.abs((found[i]?.[key as keyof ScoredBox] ?? NaN) - value) < 1e-3, `${key} of ${i}: ${found[i]?.[key as keyof ScoredBox]}, expected ${value}`);
  }
}

const YOLOX = facts([1, 3, 64, 64], [[1, 84, 7]]);
const YOLOV5 = facts([1, 3, 64, 64], [[1, 252, 7]]);
const FASTESTDET = facts([1, 3, 64, 32], [[1, 7, 4, 2]]);
const TFOD: ModelFacts = { ...facts([1, 200, 100, 3], []), outputs: [tensor('detection_boxes', [1, 2, 4]), tensor('detection_scores', [1, 2]), tensor('detection_classes', [1, 2])] };
const YOLOV8 = facts([1, 3, 64, 64], [[1, 6, 84]]);
const ROWS6 = facts(PICTURE, [[1, 3, 6]]);
const ROWS7 = facts(PICTURE, [['n', 7]]);
const SSD = facts([1, 200, 100, 3], [[1, 3, 1, 4], [1, 3, 2]]);
const MAPS = facts([1, 32, 32, 3], [[1, 8, 8, 4], [1, 8, 8, 2]]);
const PAIRS = facts([1, 3, 64, 64], [[1, 64, 2], [1, 16, 2], [1, 4, 2], [1, 64, 32], [1, 16, 32], [1, 4, 32]]);

describe('algo/onnx/families: reading outputs', () => {
  it('yolox: cell and stride are put in, the better class wins, score is objectness × class', () => {
    // Row 64 + 4 × 1 + 2 = 70: second level (stride 16), row 1, column 2.
    const at = 70 * 7;
    const values = { [at]: 0.5, [at + 1]: 0.25, [at + 2]: Math.log(2), [at + 3]: 0, [at + 4]: 0.8, [at + 5]: 0.5, [at + 6]: 0.9 };
    near(decode(YOLOX, [output('o', [1, 84, 7], values)]), [{ x1: 40 - 16, y1: 20 - 8, x2: 40 + 16, y2: 20 + 8, score: 0.72, classId: 1 }]);
  });

  it('yolox: objectness above but score below the threshold is nothing', () => {
    assert.deepEqual(decode(YOLOX, [output('o', [1, 84, 7], { 4: 0.9, 5: 0.3 })]), []);
  });

  it('yolox: where the model put cell and stride in itself, boxes stay as they are', () => {
    const decoded = output('o', [1, 84, 7]);
    for (let row = 0; row < 84; row++) decoded.data[row * 7] = 32;
    decoded.data.set([40, 20, 32, 16, 0.8, 0.5, 0.9], 70 * 7);
    near(decode(YOLOX, [decoded]), [{ x1: 24, y1: 12, x2: 56, y2: 28, score: 0.72, classId: 1 }]);
  });

  it('yolov5: centre and sides in pixels, objectness × class; raw heads behind it are not read', () => {
    const values = { 700: 30, 701: 20, 702: 8, 703: 4, 704: 0.9, 705: 0.5, 706: 0.8 };
    const decoded = output('o', [1, 252, 7], values);
    const expected = [{ x1: 26, y1: 18, x2: 34, y2: 22, score: 0.72, classId: 1 }];
    near(decode(YOLOV5, [decoded]), expected);
    near(decode(YOLOV5, [output('raw', [1, 3, 8, 8, 7]), decoded]), expected);
  });

  it('fastestdet: tanh from the cell, sigmoid of the picture, powers of objectness and class', () => {
    // Cell 5 of 4 × 2 = row 2, column 1; values of one kind are 8 apart.
    const values = { 5: 0.5, 13: Math.atanh(0.5), 21: Math.atanh(-0.5), 37: -Math.log(3), 45: 0.2, 53: 0.8 };
    near(decode(FASTESTDET, [output('o', [1, 7, 4, 2], values)]), [{ x1: 24 - 8, y1: 24 - 8, x2: 24 + 8, y2: 24 + 8, score: 0.5 ** 0.6 * 0.8 ** 0.4, classId: 1 }]);
  });

  it('fastestdet: numbers below 0 are no score', () => {
    assert.deepEqual(decode(FASTESTDET, [output('o', [1, 7, 4, 2], { 5: -0.9, 53: -0.9 })]), []);
  });

  it('tfod: shares as top, left, bottom, right; classes count from 1; rows that fill up are none', () => {
    const outputs = [output('detection_boxes', [1, 2, 4], { 0: 0.25, 1: 0.5, 2: 0.75, 3: 1 }), output('detection_scores', [1, 2], { 0: 0.6 }), output('detection_classes', [1, 2], { 0: 3, 1: 1 })];
    const expected = [{ x1: 50, y1: 50, x2: 100, y2: 150, score: 0.6, classId: 2 }];
    near(decode(TFOD, outputs), expected);
    near(decode(TFOD, outputs, 0), expected);
  });

  it('yolov8: centre and sides in pixels, values of one kind together', () => {
    const values = { 10: 30, 94: 20, 178: 8, 262: 4, 346: 0.4, 430: 0.6 };
    near(decode(YOLOV8, [output('o', [1, 6, 84], values)]), [{ x1: 26, y1: 18, x2: 34, y2: 22, score: 0.6, classId: 1 }]);
  });

  it('yolov8: with a threshold of 0 each anchor is a box, the first class of equals', () => {
    const found = decode(YOLOV8, [output('o', [1, 6, 84])], 0);
    assert.equal(found.length, 84);
    assert.ok(found.every(({ classId, score }) => classId === 0 && score === 0));
  });

  it('end2end: rows of six; rows of zeros are none, even with a threshold of 0', () => {
    const rows = output('o', [1, 3, 6], { 0: 10, 1: 20, 2: 30, 3: 40, 4: 0.9, 5: 7, 6: 1, 7: 1, 8: 5, 9: 5, 10: 0.1, 11: 2 });
    near(decode(ROWS6, [rows]), [{ x1: 10, y1: 20, x2: 30, y2: 40, score: 0.9, classId: 7 }]);
    assert.equal(decode(ROWS6, [rows], 0).length, 2);
  });

  it('end2end: rows of seven have the batch first and the score last', () => {
    near(decode(ROWS7, [output('o', [1, 7], { 1: 10, 2: 20, 3: 30, 4: 40, 5: 7, 6: 0.9 })]), [{ x1: 10, y1: 20, x2: 30, y2: 40, score: 0.9, classId: 7 }]);
  });

  it('end2end: no rows at all', () => {
    assert.deepEqual(decode(ROWS7, [output('o', [0, 7])]), []);
  });

  it('centernet: only the peak of a class counts, other classes have their own', () => {
    // Class 0 peaks at column 3, row 2; its neighbour is lower. Class 1 peaks at the neighbour.
    const [peak, beside] = [2 * 8 + 3, 2 * 8 + 4];
    const heat = output('b', [1, 8, 8, 2], { [peak * 2]: 0.9, [beside * 2]: 0.8, [beside * 2 + 1]: 0.5 });
    const sides = output('a', [1, 8, 8, 4], { [peak * 4]: 1, [peak * 4 + 1]: 2, [peak * 4 + 2]: 3, [peak * 4 + 3]: 4 });
    near(decode(MAPS, [sides, heat]), [
      { x1: 11, y1: 6, x2: 15, y2: 12, score: 0.9, classId: 0 },
      { x1: 16, y1: 8, x2: 16, y2: 8, score: 0.5, classId: 1 },
    ]);
  });

  it('centernet: of equal neighbours the first is the peak; peaks in corners are found', () => {
    const heat = output('b', [1, 8, 8, 2], { 0: 0.7, 2: 0.7, 126: 0.6 });
    assert.deepEqual(decode(MAPS, [output('a', [1, 8, 8, 4]), heat]).map(({ x1, y1 }) => [x1, y1]), [[0, 0], [28, 28]]);
  });

  it('nanodet: a side is the mean of its bins, counted from the middle of the cell', () => {
    // Second level (stride 16), cell 5 = row 1, column 1; even bins mean 3.5, one strong bin is that bin.
    const sides = output('d16', [1, 16, 32], { [5 * 32 + 8 + 2]: 50 });
    const outputs = [output('c8', [1, 64, 2]), output('c16', [1, 16, 2], { 11: 0.6 }), output('c32', [1, 4, 2]), output('d8', [1, 64, 32]), sides, output('d32', [1, 4, 32])];
    near(decode(PAIRS, outputs), [{ x1: 24 - 56, y1: 24 - 32, x2: 24 + 56, y2: 24 + 56, score: 0.6, classId: 1 }]);
  });

  it('nanodet: joined outputs read as the pairs do', () => {
    const random = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7919) % 1000) / 1000);
    const cells = [1600, 400, 100];
    const pairs = cells.flatMap((count, level) => [
      { name: `cls${level}`, shape: [1, count, 80], data: random(count * 80) },
      { name: `dis${level}`, shape: [1, count, 32], data: random(count * 32) },
    ]);
    const joined = output('o', [1, 2100, 112]);
    let at = 0;
    for (const [level, count] of cells.entries()) {
      for (let cell = 0; cell < count; cell++, at += 112) {
        joined.data.set(pairs[level * 2]?.data.subarray(cell * 80, cell * 80 + 80) ?? [], at);
        joined.data.set(pairs[level * 2 + 1]?.data.subarray(cell * 32, cell * 32 + 32) ?? [], at + 80);
      }
    }
    const expected = decode(facts([1, 3, 320, 320], pairs.map(({ shape }) => shape)), pairs, 0.9);
    assert.ok(expected.length > 100);
    assert.deepEqual(decode(facts([1, 3, 320, 320], [[1, 2100, 112]]), [joined], 0.9), expected);
  });

  it('picodet: four strides in pairs, counted from the middle of the cell; RGB, stretched', () => {
    const levels = [64, 16, 4, 1];
    const shapes = [...levels.map((cells) => [1, cells, 2]), ...levels.map((cells) => [1, cells, 32])];
    const given = facts([1, 3, 64, 64], shapes);
    const outputs = shapes.map((shape, i) => output(`o${i}`, shape, i === 3 ? { 1: 0.5 } : {}));
    near(decode(given, outputs), [{ x1: 32 - 224, y1: 32 - 224, x2: 32 + 224, y2: 32 + 224, score: 0.5, classId: 1 }]);
    const { fit, channels, mean } = chooseFamily(given).family.inputSpec(given);
    assert.deepEqual({ fit, channels, mean }, { fit: 'stretch', channels: 'rgb', mean: [123.675, 116.28, 103.53] });
  });

  it('nanodet-plus: four strides, counted from the corner of the cell', () => {
    const plus = facts([1, 3, 64, 64], [[1, 85, 34]]);
    near(decode(plus, [output('o', [1, 85, 34], { [84 * 34 + 1]: 0.5 })]), [{ x1: -224, y1: -224, x2: 224, y2: 224, score: 0.5, classId: 1 }]);
  });

  it('ssd: shares of the picture as top, left, bottom, right; the best class of an anchor', () => {
    const boxes = output('o0', [1, 3, 1, 4], { 4: 0.25, 5: 0.5, 6: 0.75, 7: 1 });
    near(decode(SSD, [boxes, output('o1', [1, 3, 2], { 2: 0.4, 3: 0.6, 4: 0.29 })]), [{ x1: 50, y1: 50, x2: 100, y2: 150, score: 0.6, classId: 1 }]);
  });

  it('ssd: with 91 columns the first is the background, and no class', () => {
    const given = facts([1, 200, 100, 3], [[1, 1, 4], [1, 1, 91]]);
    const boxes = output('o0', [1, 1, 4], { 2: 1, 3: 1 });
    near(decode(given, [boxes, output('o1', [1, 1, 91], { 0: 0.9, 18: 0.5 })]), [{ x1: 0, y1: 0, x2: 100, y2: 200, score: 0.5, classId: 17 }]);
  });

  const ALL = [
    { name: 'yolox', facts: YOLOX, shapes: [[1, 84, 7]] },
    { name: 'yolov5', facts: YOLOV5, shapes: [[1, 252, 7]] },
    { name: 'yolov8', facts: YOLOV8, shapes: [[1, 6, 84]] },
    { name: 'fastestdet', facts: FASTESTDET, shapes: [[1, 7, 4, 2]] },
    { name: 'end2end', facts: ROWS6, shapes: [[1, 3, 6]] },
    { name: 'centernet', facts: MAPS, shapes: [[1, 8, 8, 4], [1, 8, 8, 2]] },
    { name: 'ssd', facts: SSD, shapes: [[1, 3, 1, 4], [1, 3, 2]] },
    { name: 'nanodet', facts: PAIRS, shapes: [[1, 64, 2], [1, 16, 2], [1, 4, 2], [1, 64, 32], [1, 16, 32], [1, 4, 32]] },
  ];
  for (const { name, facts: given, shapes } of ALL) {
    it(`${name}: outputs of NaN are nothing`, () => {
      const outputs = shapes.map((shape, i) => {
        const tensorOut = output(`output${i}`, shape);
        tensorOut.data.fill(NaN);
        return tensorOut;
      });
      assert.deepEqual(decode(given, outputs, 0), []);
    });

    it(`${name}: outputs of another shape than announced are MODEL_UNSUPPORTED`, () => {
      for (const outputs of [[], [output('o', [1, 2])], [output('o', [1, 5, 5, 5])]]) {
        assert.throws(() => decode(given, outputs), { code: 'MODEL_UNSUPPORTED', message: /the model gave/ });
      }
    });
  }
});
