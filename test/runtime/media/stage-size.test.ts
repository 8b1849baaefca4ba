import assert from 'node:assert/strict';

import { producerSchema } from '../../../dist/runtime/base/plan.js';
import { stageOf } from '../../../dist/runtime/media/index.js';

describe('media/stage-size', () => {
  const rows: { why: string; given: { width?: number; height?: number }; source: [number, number]; size: [number, number] }[] = [
    { why: 'nothing given: the source’s', given: {}, source: [1921, 1081], size: [1921, 1081] },
    { why: 'both given: those, whatever the aspect', given: { width: 300, height: 300 }, source: [1920, 1080], size: [300, 300] },
    { why: 'a width: the aspect’s height', given: { width: 640 }, source: [1920, 1080], size: [640, 360] },
    { why: 'a height: the aspect’s width', given: { height: 240 }, source: [1920, 1080], size: [427, 240] },
    { why: 'an upright picture', given: { width: 100 }, source: [1080, 1920], size: [100, 178] },
    { why: 'never below two pixels', given: { width: 10 }, source: [10_000, 2], size: [10, 2] },
  ];
  for (const { why, given, source: [width, height], size } of rows) {
    it(why, () => {
      const stage = stageOf(producerSchema.parse({ ...given, format: 'rgba' }), { width, height });
      assert.deepEqual(stage, { width: size[0], height: size[1], format: 'rgba' });
    });
  }
});
