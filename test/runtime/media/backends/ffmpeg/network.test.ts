import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend } from '../../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { type HttpServer, type RtspServer, startHttpServer, startRtmpServer, startRtspServer } from '../../../../support/servers/index.js';
import { decoderOptions, readAll, readBarcode, withDecoder } from './support.js';

const CLIP = 'oracle/videos/v360_30_short.mp4';

describe('media/ffmpeg: network', function () {
  let backend: MediaBackend;
  let http: HttpServer;
  let rtsp: RtspServer;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openFfmpegBackend();
    http = await startHttpServer({ folder: dataPath('') });
    rtsp = await startRtspServer({ file: dataPath(CLIP), auth: { username: 'admin', password: 's/e:c@ret' } });
  });
  after(async () => {
    await (http as HttpServer | undefined)?.stop();
    await (rtsp as RtspServer | undefined)?.stop();
  });

  const auth = { username: 'admin', password: 's/e:c@ret' };

  it('rtsp over tcp: the frames of the file, live', async () => {
    await withDecoder(backend, decoderOptions(rtsp.url, { source: auth, realtime: true }), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.duration, decoder.info.width, decoder.info.codec], [true, undefined, 640, 'h264']);
      const numbers = await readAll(decoder, readBarcode, 10);
      assert.equal(numbers.length, 10);
      numbers.forEach((number, n) => { assert.equal(number, (numbers[0] ?? 0) + n); });
      await assert.rejects(decoder.seek(1), { code: 'OPTION_INVALID' });
    });
  });

  it('rtsp over udp', async () => {
    const times = await withDecoder(backend, decoderOptions(rtsp.testUrl, { source: { ...auth, rtspTransport: 'udp' }, realtime: true }), (decoder) =>
      readAll(decoder, ({ ptsUs }) => ptsUs, 5));
    assert.equal(times.length, 5);
    assert.equal(times[0], 0);
    assert.ok(times.every((us, n) => n === 0 || us > (times[n - 1] ?? 0)));
  });

  it('rtsp with a wrong password: SOURCE_AUTH_FAILED, and the password is not told', async () => {
    await assert.rejects(backend.openDecoder(decoderOptions(rtsp.url, { source: { username: 'admin', password: 'wrong-one' } })), (error: Error & { code: string }) => {
      assert.equal(error.code, 'SOURCE_AUTH_FAILED');
      assert.doesNotMatch(error.message, /wrong-one/);
      return true;
    });
    await assert.rejects(backend.openDecoder(decoderOptions(rtsp.url)), { code: 'SOURCE_AUTH_FAILED' });
  });

  it('rtsp server that goes away: the stream ends or fails, and does not hang', async () => {
    const server = await startRtspServer();
    await withDecoder(backend, decoderOptions(server.testUrl, { source: { timeout: 5 } }), async (decoder) => {
      (await decoder.next())?.release();
      await server.stop();
      const outcome = await readAll(decoder, () => 0).then(() => 'ended', (error: unknown) => (error as { code: string }).code);
      assert.ok(['ended', 'SOURCE_READ_FAILED', 'SOURCE_TIMEOUT'].includes(outcome), outcome);
    });
  });

  it('nobody there: SOURCE_OPEN_FAILED; nobody answers: SOURCE_TIMEOUT', async () => {
    const gone = await startHttpServer();
    await gone.stop();
    for (const scheme of ['http', 'rtsp', 'rtmp']) {
      await assert.rejects(backend.openDecoder(decoderOptions(`${gone.url.replace('http', scheme)}/x`)), { code: 'SOURCE_OPEN_FAILED' }, scheme);
    }
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/stall/${CLIP}`, { source: { timeout: 1 } })), { code: 'SOURCE_TIMEOUT' });
  });

  it('http: a file with its duration, and seeking', async () => {
    await withDecoder(backend, decoderOptions(`${http.url}/${CLIP}`), async (decoder) => {
      assert.equal(decoder.info.live, false);
      const all = await readAll(decoder, readBarcode);
      assert.deepEqual(all, all.map((_, n) => n));
      await decoder.seek(0.2);
      assert.deepEqual(await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture)], 2), [[6, 6], [7, 7]]);
    });
  });

  it('http: 404, 401 and a right password', async () => {
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/nothing.mp4`)), { code: 'SOURCE_NOT_FOUND' });
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/auth/${CLIP}`)), { code: 'SOURCE_AUTH_FAILED' });
    const source = { username: 'viewer', password: 'secret' };
    const numbers = await withDecoder(backend, decoderOptions(`${http.url}/auth/${CLIP}`, { source }), (decoder) => readAll(decoder, readBarcode, 3));
    assert.deepEqual(numbers, [0, 1, 2]);
  });

  it('http: a stream that stalls is SOURCE_TIMEOUT, one that breaks off is SOURCE_READ_FAILED', async () => {
    for (const [how, code] of [['stall', 'SOURCE_TIMEOUT'], ['cut', 'SOURCE_READ_FAILED']] as const) {
      await withDecoder(backend, decoderOptions(`${http.url}/${how}/videos/car-detection.mp4`, { source: { timeout: 2 } }), async (decoder) => {
        await assert.rejects(readAll(decoder, () => 0), { code }, how);
      });
    }
  });

  it('http: HLS that is a recording, MJPEG that is live', async () => {
    await withDecoder(backend, decoderOptions(`${http.url}/videos/odd/hls/index.m3u8`), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.container], [false, 'hls']);
      assert.equal((await readAll(decoder, () => 0)).length, 60);
    });
    await withDecoder(backend, decoderOptions(`${http.url}/mjpeg`, { realtime: true }), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.width, decoder.info.codec], [true, 320, 'mjpeg']);
      assert.equal((await readAll(decoder, () => 0, 5)).length, 5);
    });
  });

  it('a local playlist fetches nothing from the network', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ffmpeg-network-'));
    try {
      const path = join(folder, 'evil.m3u8');
      writeFileSync(path, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${http.url}/videos/odd/hls/seg0.ts\n#EXT-X-ENDLIST\n`);
      const before = http.requests.length;
      await assert.rejects(backend.openDecoder(decoderOptions(path)), { code: 'SOURCE_OPEN_FAILED' });
      assert.equal(http.requests.length, before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('rtmp', async () => {
    const server = await startRtmpServer(dataPath(CLIP));
    try {
      await withDecoder(backend, decoderOptions(server.url, { realtime: true }), async (decoder) => {
        assert.deepEqual([decoder.info.live, decoder.info.width], [true, 640]);
        assert.equal((await readAll(decoder, () => 0, 5)).length, 5);
      });
    } finally {
      await server.stop();
    }
  });

  it('an abort ends an open that waits', async () => {
    const abort = new AbortController();
    const opening = backend.openDecoder(decoderOptions(`${http.url}/stall/${CLIP}`, { signal: abort.signal }));
    const reason = new Error('enough');
    abort.abort(reason);
    await assert.rejects(opening, reason);
  });
});
