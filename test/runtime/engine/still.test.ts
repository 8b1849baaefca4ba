import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { producerSchema, sourceSchema } from '../../../dist/runtime/base/plan.js';
import { type Still, takeStill } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { startHttpServer } from '../../support/servers/index.js';

function stillOf(source: object, producer: object = {}): Promise<Still> {
  return takeStill({ source: sourceSchema.parse(source), producer: producerSchema.parse(producer), width: 64 });
}

/** The JPEG as another program reads it: rgb24. */
function pixelsOf({ jpeg }: Still): Uint8Array {
  const run = spawnSync('ffmpeg', ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], { input: jpeg });
  assert.equal(run.status, 0, run.stderr.toString());
  return run.stdout;
}

describe('a picture of a source', function () {
  this.timeout(60_000);

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: a JPEG in the aspect of the source`, async () => {
      const still = await stillOf({ location: 'test:?width=320&height=180' }, { backend });
      const pixels = pixelsOf(still);
      assert.deepEqual([still.width, still.height, pixels.length], [64, 36, 64 * 36 * 3]);
      const [left = [], right = []] = [4, 60].map((x) => [...pixels.subarray((30 * 64 + x) * 3, (30 * 64 + x) * 3 + 3)]);
      assert.ok((left[0] ?? 0) > (left[2] ?? 0) && (right[2] ?? 0) > (right[0] ?? 0), `red on the left, blue on the right: ${left.join()} ${right.join()}`);
    });
  }

  it('has the aspect that the producer gives', async () => {
    assert.equal((await stillOf({ location: 'test:?width=320&height=180' }, { width: 100, height: 100 })).height, 64);
  });

  it('is given up when nobody wants it any more', async () => {
    const server = await startHttpServer({ folder: dataPath('images') });
    try {
      const gone = new AbortController();
      const still = takeStill({ source: sourceSchema.parse({ location: `${server.url}/stall/bus.jpg` }), producer: producerSchema.parse({}), width: 64 }, { signal: gone.signal });
      while (!server.requests.includes('/stall/bus.jpg')) await new Promise((done) => { setTimeout(done, 20); });
      gone.abort(new Error('nobody looks'));
      await assert.rejects(still, /nobody looks/);
    } finally {
      await server.stop();
    }
  });

  it('is taken from the position on', async () => {
    const location = dataPath('videos/synthetic_crossing.mp4');
    const [first, later] = await Promise.all([stillOf({ location }), stillOf({ location, position: 5 })]);
    assert.notDeepEqual(later.jpeg, first.jpeg);
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
