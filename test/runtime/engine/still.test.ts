import assert from 'node:assert/strict';

import { producerSchema, sourceSchema } from '../../../dist/runtime/base/plan.js';
import { type Still, takeStill } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';

function stillOf(source: object, producer: object = {}): Promise<Still> {
  return takeStill({ source: sourceSchema.parse(source), producer: producerSchema.parse(producer), width: 64 });
}

/** Blue, green and red of a pixel. */
function pixelOf({ bmp, width }: Still, x: number, y: number): number[] {
  return [...bmp.subarray(54 + (y * width + x) * 3, 54 + (y * width + x) * 3 + 3)];
}

describe('a picture of a source', function () {
  this.timeout(60_000);

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: a bitmap in the aspect of the source`, async () => {
      const still = await stillOf({ location: 'test:?width=320&height=180' }, { backend });
      const header = Buffer.from(still.bmp);
      assert.deepEqual([still.width, still.height, still.bmp.length], [64, 36, 54 + 64 * 36 * 3]);
      assert.deepEqual([header.toString('latin1', 0, 2), header.readUInt32LE(2), header.readInt32LE(18), header.readInt32LE(22), header.readUInt16LE(28)], ['BM', still.bmp.length, 64, -36, 24]);
      const [left, right] = [pixelOf(still, 4, 30), pixelOf(still, 60, 30)] as [number[], number[]];
      assert.ok((left[2] ?? 0) > (left[0] ?? 0) && (right[0] ?? 0) > (right[2] ?? 0), `red on the left, blue on the right: ${left.join()} ${right.join()}`);
    });
  }

  it('has the aspect that the producer gives', async () => {
    assert.equal((await stillOf({ location: 'test:?width=320&height=180' }, { width: 100, height: 100 })).height, 64);
  });

  it('is taken from the position on', async () => {
    const location = dataPath('videos/synthetic_crossing.mp4');
    const [first, later] = await Promise.all([stillOf({ location }), stillOf({ location, position: 5 })]);
    assert.notDeepEqual(later.bmp, first.bmp);
  });

  const wrong: readonly [string, object, string][] = [
    ['no file', { location: '/none/none.mp4' }, 'SOURCE_NOT_FOUND'],
    ['random bytes', { location: dataPath('videos/odd/random_bytes.mp4') }, 'SOURCE_OPEN_FAILED'],
    ['a server that is not there', { location: 'rtsp://127.0.0.1:9/x', timeout: 3 }, 'SOURCE_OPEN_FAILED'],
  ];
  for (const [what, source, code] of wrong) {
    it(`${what}: ${code}`, async () => { await assert.rejects(stillOf(source), { code }); });
  }
});
