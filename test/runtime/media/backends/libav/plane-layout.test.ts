import assert from 'node:assert/strict';

import { planeLayouts } from '../../../../../dist/runtime/media/backends/libav/plane-layout.js';

const ROWS: readonly (readonly [string, string])[] = [
  ['yuv420p', '1 1/1,1 1/1,1'],
  ['yuvj422p', '1 1/1,0 1/1,0'],
  ['yuv420p10le', '2 2/1,1 2/1,1'],
  ['yuva444p12le', '2 2 2 2'],
  ['yuv410p', '1 1/2,2 1/2,2'],
  ['nv12', '1 2/1,1'],
  ['nv24', '1 2'],
  ['p010le', '2 4/1,1'],
  ['p216le', '2 4/1,0'],
  ['gbrp', '1 1 1'],
  ['gbrapf32le', '4 4 4 4'],
  ['gray', '1'],
  ['gray16le', '2'],
  ['grayf32le', '4'],
  ['yuyv422', '4/1,0'],
  ['bgr0', '4'],
];

describe('libav: planes of pixel formats', () => {
  for (const [format, wanted] of ROWS) {
    it(`${format}: bytes and, where pixels share samples, shifts of each plane`, () => {
      const planes = planeLayouts(format)?.map(({ bytes, shiftX, shiftY }) => (shiftX + shiftY === 0 ? `${bytes}` : `${bytes}/${shiftX},${shiftY}`));
      assert.equal(planes?.join(' '), wanted);
    });
  }

  for (const format of ['pal8', 'monob', 'rgb565le', 'xyz12le', 'bayer_rggb8', 'vaapi', '']) {
    it(`${format || 'no name'}: not known`, () => { assert.equal(planeLayouts(format), undefined); });
  }
});
