import assert from 'node:assert/strict';

import { sourceSchema } from '../../../dist/runtime/base/plan.js';
import { openBackend, probe } from '../../../dist/runtime/media/index.js';
import { dataPath, hasData } from '../../support/data.js';

describe('media/open-backend', () => {
  it('auto takes libav where it loads', async () => {
    const { backend, fallbackReason } = await openBackend({ backend: 'auto' });
    assert.deepEqual([backend.name, fallbackReason], ['libav', undefined]);
    assert.match(backend.version, /^FFmpeg \d/);
  });

  it('the program when it is asked for', async () => {
    const { backend } = await openBackend({ backend: 'ffmpeg' });
    assert.equal(backend.name, 'ffmpeg');
  });

  it('BACKEND_MISSING with the reason where none works', async () => {
    const { PATH, FFMPEG_BIN, FFMPEG_PATH } = process.env;
    Object.assign(process.env, { PATH: '', FFMPEG_BIN: '', FFMPEG_PATH: '' });
    try {
      await assert.rejects(openBackend({ backend: 'ffmpeg', ffmpegPath: '/no/such/ffmpeg' }), { code: 'BACKEND_MISSING', message: /\/no\/such\/ffmpeg/ });
    } finally {
      Object.assign(process.env, { PATH, FFMPEG_BIN: FFMPEG_BIN ?? '', FFMPEG_PATH: FFMPEG_PATH ?? '' });
    }
  });

  it('probe tells what is in a source, and why not', async function () {
    if (!hasData) this.skip();
    const info = await probe(sourceSchema.parse({ location: dataPath('oracle/videos/v360_2997.mp4') }), { backend: 'auto' });
    assert.deepEqual([info.width, info.height, info.fps, info.frameCount, info.live], [640, 360, { num: 30_000, den: 1001 }, 600, false]);
    await assert.rejects(probe(sourceSchema.parse({ location: '/no/such/file.mp4' }), { backend: 'auto' }), { code: 'SOURCE_NOT_FOUND' });
  });
});
