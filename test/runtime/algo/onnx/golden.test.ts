import assert from 'node:assert/strict';

import { placeLetterbox } from '../../../../dist/runtime/vision/index.js';
import { compareWithGolden, readGolden } from '../../../support/golden.js';
import { detectIn, openModel, picture, specOf } from '../../../support/onnx.js';
import { tensorNumbers } from '../../../support/pixels.js';
import { assertFits } from '../../../support/schemas.js';

const GOLDENS: readonly { readonly name: string; readonly family: string; /** Of the same weights in another layout. */ readonly model?: string }[] = [
  { name: 'yolox_nano_416', family: 'yolox' },
  { name: 'yolox_nano_yolov8fmt', family: 'yolov8' },
  { name: 'yolox_nano_yolov8fmt', family: 'yolov5', model: 'variants/yolox_nano_yolov5fmt.onnx' },
  { name: 'nanodet_m_320', family: 'nanodet' },
  { name: 'FastestDet_352', family: 'fastestdet' },
  { name: 'yunet', family: 'yunet' },
  { name: 'yunet_n_320_320', family: 'yunet' },
  { name: 'scrfd', family: 'scrfd' },
  { name: 'ultraface', family: 'ultraface' },
  { name: 'ultraface_RFB-320', family: 'ultraface' },
  { name: 'blazeface', family: 'blazeface' },
];

for (const { name, family, model } of GOLDENS) {
  describe(`algo/onnx: golden ${name}, ${family}`, function () {
    // Decoding the pictures, for the first test of a process, takes seconds each on a busy machine.
    this.timeout(120_000);
    const golden = readGolden(name);
    const file = model ?? golden.model.replace('models/', '');

    it('wants the same input as the other implementation: place, numbers, mean', async () => {
      const algo = await openModel(file);
      const spec = specOf(algo);
      await algo.close();
      assert.equal(algo.description['family'], family);
      // The golden of yolov8 and yolov5 was made with the raw model, which takes BGR 0…255; the letterbox is the same.
      const compared = name === 'yolox_nano_yolov8fmt' ? { ...spec, channels: 'bgr' as const, scale: 1 } : spec;
      for (const image of golden.images) {
        const place = placeLetterbox(spec, image);
        assert.deepEqual([place.scaleX, place.scaleY, place.padX, place.padY], [...image.scale, ...image.offset], image.file);
        const numbers = tensorNumbers(picture(image.file), compared, place);
        assert.equal(numbers.length, image.input.n);
        const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
        // PNG: the very same pixels. JPEG: another decoder, that rounds otherwise here and there.
        const tolerance = (image.file.endsWith('.png') ? 0.0001 : 0.004) * (golden.input.scale / (golden.input.std[0] ?? 1)) + 1e-6;
        assert.ok(Math.abs(mean - image.input.mean) <= tolerance, `${image.file}: mean ${mean}, golden ${image.input.mean}`);
        if (!image.file.endsWith('.png')) continue;
        for (const [i, value] of image.input.first8.entries()) assert.ok(Math.abs((numbers[i] ?? NaN) - value) < 1e-5, `${image.file}: number ${i}`);
      }
    });

    it('finds every stable box, scores within 0.02, and nothing else above the threshold + 0.1', async () => {
      const algo = await openModel(file, { scoreThreshold: golden.confidence, iouThreshold: golden.iou });
      let stable = 0;
      for (const image of golden.images) {
        const found = await detectIn(algo, picture(image.file));
        assertFits('object-detection', found);
        const { missing, extra, scoreDifference, keypointDistance } = compareWithGolden(found, image);
        assert.deepEqual(missing.filter((box) => box.stable), [], `${image.file}: missing`);
        assert.deepEqual(extra.filter(({ score }) => score > golden.confidence + 0.1), [], `${image.file}: extra`);
        assert.ok(scoreDifference <= 0.02, `${image.file}: scores differ by ${scoreDifference}`);
        if (image.detections.some(({ keypoints }) => keypoints)) assert.ok(keypointDistance <= 0.02, `${image.file}: keypoints differ by ${keypointDistance} of the face`);
        stable += image.detections.filter((box) => box.stable).length;
      }
      await algo.close();
      assert.ok(stable >= (golden.images.length < 10 ? 4 : 40), `the golden has ${stable} stable boxes, too few to show anything`);
    });
  });
}
