import assert from 'node:assert/strict';

import { type Letterbox, placeLetterbox, type TensorSpec } from '../../../dist/runtime/vision/index.js';

function spec(width: number, height: number, fit: TensorSpec['fit']): TensorSpec {
  return { width, height, fit, pad: 114, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
}

type Size = { readonly width: number; readonly height: number };
const size = (width: number, height: number): Size => ({ width, height });

const ROWS: readonly { why: string; spec: TensorSpec; source: Size; stage?: Size; expected: Letterbox }[] = [
  {
    why: 'wide picture, centred: bars above and below',
    spec: spec(640, 640, 'letterbox-center'), source: size(1920, 1080),
    expected: { scaleX: 1 / 3, scaleY: 1 / 3, padX: 0, padY: 140, width: 640, height: 360 },
  },
  {
    why: 'tall picture, centred: bars left and right',
    spec: spec(416, 416, 'letterbox-center'), source: size(810, 1080),
    expected: { scaleX: 312 / 810, scaleY: 416 / 1080, padX: 52, padY: 0, width: 312, height: 416 },
  },
  {
    why: 'top left: all padding right and below',
    spec: spec(416, 416, 'letterbox-topleft'), source: size(810, 1080),
    expected: { scaleX: 312 / 810, scaleY: 416 / 1080, padX: 0, padY: 0, width: 312, height: 416 },
  },
  {
    why: 'stretch: each side for itself',
    spec: spec(512, 512, 'stretch'), source: size(1280, 720),
    expected: { scaleX: 0.4, scaleY: 512 / 720, padX: 0, padY: 0, width: 512, height: 512 },
  },
  {
    why: 'a rounded side has the scale of its whole pixels (425 × 0.65 = 276.25)',
    spec: spec(416, 416, 'letterbox-center'), source: size(640, 425),
    expected: { scaleX: 0.65, scaleY: 276 / 425, padX: 0, padY: 70, width: 416, height: 276 },
  },
  {
    why: 'an odd rest: the bar above is the smaller one ((416 − 277) / 2 = 69.5)',
    spec: spec(416, 416, 'letterbox-center'), source: size(640, 426),
    expected: { scaleX: 0.65, scaleY: 277 / 426, padX: 0, padY: 69, width: 416, height: 277 },
  },
  {
    why: 'a half pixel rounds up (333 × 0.5 = 166.5)',
    spec: spec(320, 320, 'letterbox-topleft'), source: size(640, 333),
    expected: { scaleX: 0.5, scaleY: 167 / 333, padX: 0, padY: 0, width: 320, height: 167 },
  },
  {
    why: 'a small picture is made larger',
    spec: spec(640, 640, 'letterbox-center'), source: size(64, 48),
    expected: { scaleX: 10, scaleY: 10, padX: 0, padY: 80, width: 640, height: 480 },
  },
  {
    why: 'a picture that fits stays as it is',
    spec: spec(640, 480, 'letterbox-center'), source: size(640, 480),
    expected: { scaleX: 1, scaleY: 1, padX: 0, padY: 0, width: 640, height: 480 },
  },
  {
    why: 'a line is kept one pixel high',
    spec: spec(416, 416, 'letterbox-topleft'), source: size(8000, 1),
    expected: { scaleX: 0.052, scaleY: 1, padX: 0, padY: 0, width: 416, height: 1 },
  },
  {
    why: "the producer's size decides the aspect, the source's size the scale",
    spec: spec(640, 640, 'letterbox-center'), source: size(1920, 1080), stage: size(640, 480),
    expected: { scaleX: 640 / 1920, scaleY: 480 / 1080, padX: 0, padY: 80, width: 640, height: 480 },
  },
  {
    why: 'stretch takes no notice of the producer',
    spec: spec(512, 256, 'stretch'), source: size(1024, 1024), stage: size(100, 50),
    expected: { scaleX: 0.5, scaleY: 0.25, padX: 0, padY: 0, width: 512, height: 256 },
  },
];

describe('vision/letterbox', () => {
  for (const { why, spec: given, source, stage, expected } of ROWS) {
    it(why, () => {
      assert.deepEqual(placeLetterbox(given, source, stage), expected);
    });
  }

  it('the corners of the source are the corners of the picture in the tensor, whatever the sizes', () => {
    for (const fit of ['letterbox-center', 'letterbox-topleft', 'stretch'] as const) {
      for (const source of [size(1, 1), size(3, 4000), size(1919, 1079), size(853, 480), size(7680, 4320)]) {
        const place = placeLetterbox(spec(416, 288, fit), source);
        assert.ok(Math.abs(source.width * place.scaleX - place.width) < 1e-9);
        assert.ok(Math.abs(source.height * place.scaleY - place.height) < 1e-9);
        assert.ok(place.padX + place.width <= 416 && place.padY + place.height <= 288, `${fit} ${source.width}×${source.height} stays within the tensor`);
      }
    }
  });
});
