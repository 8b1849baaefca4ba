import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { chooseFamily } from '../../../../../dist/runtime/algo/onnx/choose-family.js';
import type { ModelFacts } from '../../../../../dist/runtime/algo/onnx/index.js';
import type { Detection } from '../../../../../dist/runtime/base/index.js';
import { resultJsonSchema, TASKS } from '../../../../../dist/runtime/index.js';
import { openModel, picture, runOn } from '../../../../support/onnx.js';
import { assertFits } from '../../../../support/schemas.js';

const PERSON = "{0: 'person'}";
const floats = (shapes: readonly (readonly (number | string)[])[], name: string): ModelFacts['inputs'] => shapes.map((shape, i) => ({ name: `${name}${i}`, dtype: 'float32', shape }));
const facts = (input: readonly number[], outputs: readonly (readonly (number | string)[])[], metadata: Record<string, string> = {}): ModelFacts => ({ inputs: floats([input], 'x'), outputs: floats(outputs, 'y'), metadata });

const CHW = [1, 3, 640, 640];
const RECOGNISED: { why: string; given: ModelFacts; family: string }[] = [
  { why: 'YOLO-seg by its prototypes alone', given: facts(CHW, [[1, 116, 8400], [1, 32, 160, 160]]), family: 'yolo-seg' },
  { why: 'a person with 17 keypoints without metadata', given: facts(CHW, [[1, 56, 8400]]), family: 'yolo-pose' },
  { why: 'other keypoints by the metadata', given: facts(CHW, [[1, 4 + 1 + 21 * 2, 8400]], { task: 'pose', kpt_shape: '[21, 2]', names: "{0: 'hand'}" }), family: 'yolo-pose' },
  { why: 'boxes at an angle by the metadata', given: facts(CHW, [[1, 20, 8400]], { task: 'obb' }), family: 'yolo-obb' },
  { why: 'without metadata the same rows are a detector', given: facts(CHW, [[1, 20, 8400]]), family: 'yolov8' },
  { why: 'one row more than names: an angle', given: facts(CHW, [[1, 6, 8400]], { names: PERSON }), family: 'yolo-obb' },
  { why: 'MoveNet', given: facts([1, 256, 256, 3], [[1, 1, 17, 3]]), family: 'movenet' },
  { why: 'logits of 19 classes, channels first', given: facts([1, 3, 512, 1024], [[1, 19, 64, 128]]), family: 'semantic' },
  { why: 'logits of two classes for each pixel', given: facts([1, 3, 256, 256], [[1, 2, 256, 256]]), family: 'semantic' },
  { why: 'class numbers: argmax in the graph', given: { ...facts([1, 3, 512, 512], []), outputs: [{ name: 'y', dtype: 'int64', shape: [1, 512, 512] }] }, family: 'semantic' },
];
const REFUSED: { why: string; given: ModelFacts }[] = [
  { why: 'a map of one number for each pixel may be anything', given: facts([1, 3, 256, 256], [[1, 256, 256]]) },
];

/** Rows of an output with a row for each anchor that is given. */
function columns(rows: number, anchors: readonly (readonly number[])[]): { name: string; shape: number[]; data: Float32Array } {
  const data = new Float32Array(rows * anchors.length);
  anchors.forEach((values, anchor) => { values.forEach((value, row) => { data[row * anchors.length + anchor] = value; }); });
  return { name: 'y0', shape: [1, rows, anchors.length], data };
}

describe('algo/onnx/tasks', () => {
  for (const task of TASKS) {
    it(`schemas/${task}.schema.json is the one of the code (npm run schemas)`, () => {
      const path = join(__dirname, `../../../../../schemas/${task}.schema.json`);
      assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), resultJsonSchema(task));
      const isList = !['image-feature-extraction', 'raw'].includes(task);
      if (isList) assertFits(task, []);
      assert.throws(() => { assertFits(task, [{ label: 'cat' }]); });
    });
  }

  for (const { why, given, family } of RECOGNISED) {
    it(`${family}: ${why}`, () => { assert.equal(chooseFamily(given).family.name, family); });
  }
  for (const { why, given } of REFUSED) {
    it(`of no family by itself: ${why}`, () => { assert.throws(() => chooseFamily(given), { code: 'MODEL_UNSUPPORTED' }); });
  }

  it('a pose model that lost its scores says so, and finds nothing', async () => {
    const algo = await openModel('pose-agpl/yolo11n-pose_int8.onnx');
    assert.match(algo.warning ?? '', /every score of the trial run is exactly 0.*quantised/);
    assert.deepEqual(await runOn(algo, picture('images/bus.jpg')), []);
    await algo.close();
    const fixed = await openModel('pose-agpl/yolo11n-pose_int8_fixed.onnx');
    assert.equal(fixed.warning, undefined);
    await fixed.close();
  });

  it('a detector fits the schema, too', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx');
    const found = (await runOn(algo, picture('images/bus.jpg'))) as Detection[];
    assert.ok(found.length > 0);
    assertFits('object-detection', found);
    await algo.close();
  });

  it('keypoints of the model’s own names; what is no number is left out', () => {
    const given = facts(CHW, [[1, 4 + 1 + 2 * 3, 'n']], { task: 'pose', kpt_shape: '(2, 3)', kpt_names: "{0: ['tip', 'end']}", names: "{0: 'stick'}" });
    const { family } = chooseFamily(given);
    assert.deepEqual(family.keypointNames?.(given), ['tip', 'end']);
    const raw = family.decode([columns(11, [[50, 50, 20, 20, 0.9, 45, 46, 0.8, NaN, 1, 0.5]])], { spec: family.inputSpec(given), facts: given, scoreThreshold: 0.3 });
    const letterbox = { scaleX: 0.5, scaleY: 0.5, padX: 10, padY: 0, width: 620, height: 640 };
    const placement = { spec: family.inputSpec(given), letterbox, frame: { width: 1240, height: 1280 } };
    const labels = { names: ['stick'], from: 'model' as const };
    assert.deepEqual(family.task.toResult(raw, { placement, labels, keypointNames: ['tip', 'end'], needsNms: 'yes', options: { iouThreshold: 0.5, nms: 'per-class', maxDetections: 10 } }), [
      { label: 'stick', score: 0.9, box: { xmin: 60, ymin: 80, xmax: 100, ymax: 120 }, classId: 0, keypoints: [{ name: 'tip', x: 70, y: 92, score: 0.8 }] },
    ]);
  });

  for (const { why, given } of RECOGNISED) {
    it(`outputs of another shape are refused: ${why}`, () => {
      const { family } = chooseFamily(given);
      const context = { spec: family.inputSpec(given), facts: given, scoreThreshold: 0.3 };
      for (const outputs of [[], [{ name: 'y', shape: [1, 3], data: new Float32Array(3) }], [{ name: 'y', shape: [1, 0, 0, 0], data: new Float32Array(0) }]]) {
        assert.throws(() => family.decode(outputs, context), { code: 'MODEL_UNSUPPORTED', message: /the model gave/ });
      }
    });
  }
});
