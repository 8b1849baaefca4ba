import assert from 'node:assert/strict';

import type { Detection } from '../../../../dist/runtime/base/index.js';
import { COCO_90_LABELS, COCO_LABELS } from '../../../../dist/runtime/algo/onnx/coco-labels.js';
import { iou, nms } from '../../../../dist/runtime/vision/index.js';
import { boxOf, compareWithGolden, type GoldenImage, readGolden, readGoldenFile } from '../../../support/golden.js';
import { classifyIn, detectIn, openModel, picture } from '../../../support/onnx.js';

/** One set of weights in other layouts finds the same, wherever it suppresses overlaps itself. */
const LAYOUTS: readonly { readonly model: string; readonly family: string; readonly golden: string; readonly toCoco?: (classId: number) => number; readonly overlaps?: boolean }[] = [
  { model: 'variants/yolox_nano_e2e_nms.onnx', family: 'end2end', golden: 'yolox_nano_yolov8fmt' },
  { model: 'variants/yolox_nano_tfod_uint8.onnx', family: 'tfod', golden: 'yolox_nano_stretched', toCoco: (classId) => COCO_LABELS.indexOf(COCO_90_LABELS[classId] ?? '') },
  // It is a YOLOX that only looks like a DETR: of its 300 rows several are of one thing.
  { model: 'variants/yolox_nano_rtdetr_fmt.onnx', family: 'detr', golden: 'yolox_nano_stretched', overlaps: true },
];

/** Best first of each class, without those that overlap a better one too much. */
function withoutOverlaps(found: readonly Detection[], iouThreshold: number): Detection[] {
  const boxes = found.map((detection) => ({ ...boxOf(detection), detection, score: detection.score, classId: detection.classId }));
  return nms(boxes, { iouThreshold, mode: 'per-class', maxDetections: 300 }).map(({ detection }) => detection);
}

/** A box that suppressing class by class (all classes of a row, not only its best) keeps beside a better one of another class. */
function isSecondClass({ box }: Detection, image: GoldenImage): boolean {
  return image.detections.some((golden) => iou({ x1: box.xmin, y1: box.ymin, x2: box.xmax, y2: box.ymax }, { x1: golden.box[0], y1: golden.box[1], x2: golden.box[2], y2: golden.box[3] }) > 0.7);
}

describe('algo/onnx: goldens in other layouts', function () {
  // Decoding the pictures, for the first test of a process, takes seconds each on a busy machine.
  this.timeout(120_000);

  for (const { model, family, golden: name, toCoco = (classId: number) => classId, overlaps = false } of LAYOUTS) {
    it(`${model} is ${family} and finds every stable box, scores within 0.02, and nothing else above the threshold + 0.1`, async () => {
      const golden = readGolden(name);
      const algo = await openModel(model, { scoreThreshold: golden.confidence });
      assert.equal(algo.description['family'], family);
      let stable = 0;
      for (const image of golden.images) {
        const found = (await detectIn(algo, picture(image.file))).map((detection) => ({ ...detection, classId: toCoco(detection.classId) }));
        const { missing, extra, scoreDifference } = compareWithGolden(overlaps ? withoutOverlaps(found, golden.iou) : found, image);
        assert.deepEqual(missing.filter((box) => box.stable), [], `${image.file}: missing`);
        assert.deepEqual(extra.filter((box) => box.score > golden.confidence + 0.1 && !isSecondClass(box, image)), [], `${image.file}: extra`);
        assert.ok(scoreDifference <= 0.02, `${image.file}: scores differ by ${scoreDifference}`);
        stable += image.detections.filter((box) => box.stable).length;
      }
      await algo.close();
      assert.ok(stable >= 40, `the golden has ${stable} stable boxes, too few to show anything`);
    });
  }

  it('cls/mobilenet_v2_quant.onnx: the shares of the five best classes', async () => {
    type ClassGolden = { readonly images: readonly { readonly file: string; readonly classes: readonly { readonly class: number; readonly score: number }[] }[] };
    const golden = readGoldenFile('mobilenet') as ClassGolden;
    const algo = await openModel('cls/mobilenet_v2_quant.onnx');
    assert.equal(algo.description['family'], 'classify');
    for (const { file, classes } of golden.images) {
      const found = await classifyIn(algo, picture(file));
      const tolerance = file.endsWith('.png') ? 0.001 : 0.03;
      for (const expected of classes) {
        const score = found.find(({ classId }) => classId === expected.class)?.score ?? 0;
        assert.ok(Math.abs(score - expected.score) <= tolerance, `${file}: class ${expected.class} ${score}, golden ${expected.score}`);
      }
    }
    await algo.close();
  });

  it('face/yunet_n_dynamic.onnx at the size of the static one finds the same faces; by default it takes 640 × 640', async () => {
    const golden = readGolden('yunet');
    const input = { width: 320, height: 320, fit: 'auto', layout: 'auto', channels: 'auto', range: 'auto' } as const;
    const algo = await openModel('face/yunet_n_dynamic.onnx', { scoreThreshold: golden.confidence, iouThreshold: golden.iou, input });
    assert.deepEqual([algo.description['family'], algo.description['input'], algo.description['labels']], ['yunet', '320x320', ['face']]);
    for (const image of golden.images) {
      const { missing, scoreDifference, keypointDistance } = compareWithGolden(await detectIn(algo, picture(image.file)), image);
      assert.deepEqual(missing.filter((box) => box.stable), [], image.file);
      assert.ok(scoreDifference <= 0.02 && keypointDistance <= 0.02, `${image.file}: ${scoreDifference}, ${keypointDistance}`);
    }
    await algo.close();
    const free = await openModel('face/yunet_n_dynamic.onnx');
    assert.equal(free.description['input'], '640x640');
    const [face] = await detectIn(free, picture('images/zidane.jpg'));
    assert.deepEqual([face?.label, face?.keypoints?.map(({ name }) => name)], ['face', ['right_eye', 'left_eye', 'nose', 'right_mouth', 'left_mouth']]);
    await free.close();
  });
});
