import assert from 'node:assert/strict';

import { jpegQuantiser, openBackend } from '../../../dist/runtime/media/index.js';
import { decodeJpeg, type RgbPicture as Picture } from '../../support/pixels.js';

/** Left to right red, green, blue, white and grey, each a smooth field that 4:2:0 leaves as it is. */
function fields(width: number, height: number): Picture {
  const colours = [[200, 30, 30], [30, 200, 30], [30, 30, 200], [250, 250, 250], [90, 90, 90]];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.set(colours[Math.floor((x * 5) / width)] as number[], (y * width + x) * 3);
  }
  return { width, height, data };
}

describe('media, JPEGs', () => {
  for (const name of ['libav', 'ffmpeg'] as const) {
    describe(name, () => {
      for (const [width, height] of [[640, 360], [321, 181], [2, 2], [1001, 3]] as const) {
        it(`${width}×${height} has the colours of its pixels`, async () => {
          const { backend } = await openBackend({ backend: name });
          const encoder = backend.openJpegEncoder();
          const picture = fields(width, height);
          const back = await decodeJpeg(await encoder.encode(picture, 95));
          encoder.close();
          encoder.close();
          assert.deepEqual([back.width, back.height], [width, height]);
          if (width < 100) return;
          for (let field = 0; field < 5; field += 1) {
            const at = (Math.floor(height / 2) * width + Math.floor(((field + 0.5) * width) / 5)) * 3;
            for (const channel of [0, 1, 2]) {
              const [is, was] = [back.data[at + channel] ?? NaN, picture.data[at + channel] ?? NaN];
              assert.ok(Math.abs(is - was) <= 4, `field ${field}, channel ${channel}: ${is} for ${was}`);
            }
          }
        });
      }

      it('better quality is bigger, another size in between changes nothing', async () => {
        const { backend } = await openBackend({ backend: name });
        const encoder = backend.openJpegEncoder();
        const noise = { width: 64, height: 48, data: Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7919) % 251) };
        const [low, high, other, again] = [await encoder.encode(noise, 10), await encoder.encode(noise, 90), await encoder.encode(fields(10, 10), 90), await encoder.encode(noise, 90)];
        encoder.close();
        assert.ok(low.length < high.length / 2, `${low.length} and ${high.length} bytes`);
        assert.deepEqual(again, high);
        for (const jpeg of [low, high, other]) assert.deepEqual([...jpeg.subarray(0, 2), ...jpeg.subarray(-2)], [0xff, 0xd8, 0xff, 0xd9]);
      });
    });
  }

  it('what the ffmpeg program says of a picture that is none is told', async () => {
    const { backend } = await openBackend({ backend: 'ffmpeg' });
    await assert.rejects(backend.openJpegEncoder().encode({ width: 0, height: 0, data: new Uint8Array() }, 50), { code: 'ALGO_RUN_FAILED', message: /encode a JPEG of 0×0: / });
  });

  it('quality goes from FFmpeg\'s worst quantiser to its best', () => {
    assert.deepEqual([1, 50, 85, 100].map(jpegQuantiser), [31, 17, 6, 2]);
  });
});
