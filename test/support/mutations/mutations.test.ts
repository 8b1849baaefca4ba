import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { dataPath, hasData } from '../data.js';
import { mutated } from './index.js';

describe('broken files', () => {
  for (const [name, path] of [['a.mp4', 'videos/odd/tiny_64x48.mp4'], ['a.ts', 'videos/odd/bframes.ts'], ['a.jpg', 'images/ocr/lplate.jpg'], ['a.png', 'images/ocr/ppocr-rec-test.png'], ['a.onnx', 'models/tiny/light_squeezenet.onnx']] as const) {
    it(`${name}: the same seed breaks it in the same way, others in others, and the good one stays`, function () {
      if (!hasData) this.skip();
      const good = readFileSync(dataPath(path));
      const before = Buffer.from(good);
      const broken = Array.from({ length: 60 }, (_, seed) => mutated(good, name, seed));
      assert.deepEqual(broken, Array.from({ length: 60 }, (_, seed) => mutated(good, name, seed)));
      assert.deepEqual(good, before);
      assert.ok(new Set(broken.map((bytes) => bytes.toString('latin1'))).size > 50);
    });
  }
});
