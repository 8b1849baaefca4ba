import assert from 'node:assert/strict';

import { placeLetterbox } from '../../../../dist/runtime/vision/index.js';
import { compareWithGolden, readGolden } from '../../../support/golden.js';
import { detectIn, openModel, picture, specOf } from '../../../support/onnx.js';
import { tensorNumbers } from '../../../support/pixels.js';

const GOLDENS = [
  { name: 'yolox_nano_416', family: 'yolox' },
  { name: 'yolox_nano_yolov8fmt', family: 'yolov8' },
  { name: 'nanodet_m_320', family: 'nanodet' },
];

for (const { name, family } of GOLDENS) {
  describe(`algo/onnx: golden ${name}`, () => {
    const golden = readGolden(name);

    it('wants the same input as the other implementation: place, numbers, mean', async () => {
      const algo = await openModel(golden.model.replace('models/', ''));
      const spec = specOf(algo);
      await algo.close();
      assert.equal(algo.description['family'], family);
      // The golden of yolov8 was made with the raw model, which takes BGR 0…255; the letterbox is the same.
      const compared = family === 'yolov8' ? { ...spec, channels: 'bgr' as const, scale: 1 } : spec;
      for (const image of golden.images) {
        const place = placeLetterbox(spec, image);
        assert.deepEqual([place.scaleX, place.scaleY, place.padX, place.padY], [...image.scale, ...image.offset], image.file);
        const numbers = tensorNumbers(picture(image.file), compared, place);
        assert.equal(numbers.length, image.input.n);
        const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
        // PNG: the very same pixels. JPEG: another decoder, that rounds otherwise here and there.
        const tolerance = (image.file.endsWith('.png') ? 0.0001 : 0.002) / (golden.input.std[0] ?? 1);
        assert.ok(Math.abs(mean - image.input.mean) <= tolerance, `${image.file}: mean ${mean}, golden ${image.input.mean}`);
        if (!image.file.endsWith('.png')) continue;
        for (const [i, value] of image.input.first8.entries()) assert.ok(Math.abs((numbers[i] ?? NaN) - value) < 1e-5, `${image.file}: number ${i}`);
      }
    });

    it('finds every stable box, scores within 0.02, and nothing else above the threshold + 0.1', async () => {
      const algo = await openModel(golden.model.replace('models/', ''), { scoreThreshold: golden.confidence, iouThreshold: golden.iou });
      let stable = 0;
      for (const image of golden.images) {
        const found = await detectIn(algo, picture(image.file));
        const { missing, extra, scoreDifference } = compareWithGolden(found, image);
        assert.deepEqual(missing.filter((box) => box.stable), [], `${image.file}: missing`);
        assert.deepEqual(extra.filter(({ score }) => score > golden.confidence + 0.1), [], `${image.file}: extra`);
        assert.ok(scoreDifference <= 0.02, `${image.file}: scores differ by ${scoreDifference}`);
        stable += image.detections.filter((box) => box.stable).length;
      }
      await algo.close();
      assert.ok(stable >= 40, `the golden has ${stable} stable boxes, too few to show anything`);
    });
  });
}
