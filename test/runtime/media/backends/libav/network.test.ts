import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MediaBackend } from '../../../../../dist/runtime/media/backend.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { type HttpServer, type RtspServer, startHttpServer, startRtmpServer, startRtspServer } from '../../../../support/servers/index.js';
import { decoderOptions, readAll, readBarcode, withDecoder } from '../ffmpeg/support.js';

const CLIP = 'oracle/videos/v360_30_short.mp4';
const AUTH = { username: 'admin', password: 's/e:c@ret' };

describe('media/libav: network', function () {
  let backend: MediaBackend;
  let http: HttpServer;
  let rtsp: RtspServer;
  /** Takes connections and never says a word. */
  let silent: Server;
  before(async function () {
    if (!hasData) this.skip();
    backend = await openLibavBackend();
    http = await startHttpServer({ folder: dataPath('') });
    rtsp = await startRtspServer({ file: dataPath('oracle/videos/v360_30.mp4'), auth: AUTH });
    silent = createServer(() => undefined);
    await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  });
  after(async () => {
    await (http as HttpServer | undefined)?.stop();
    await (rtsp as RtspServer | undefined)?.stop();
    (silent as Server | undefined)?.close();
  });

  const silentUrl = (scheme: string): string => {
    const address = silent.address();
    return `${scheme}://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/live/x`;
  };

  for (const rtspTransport of ['tcp', 'udp'] as const) {
    it(`rtsp over ${rtspTransport}: the frames of the file from the first on, live`, async () => {
      await withDecoder(backend, decoderOptions(rtsp.url, { source: { ...AUTH, rtspTransport }, realtime: true }), async (decoder) => {
        assert.deepEqual([decoder.info.live, decoder.info.duration, decoder.info.width, decoder.info.codec], [true, undefined, 640, 'h264']);
        const seen = await readAll(decoder, (picture) => [readBarcode(picture), picture.sourceIndex], 20);
        const first = seen[0]?.[0] ?? 0;
        assert.deepEqual(seen, Array.from({ length: 20 }, (_, n) => [first + n, n]));
        await assert.rejects(decoder.seek(1), { code: 'OPTION_INVALID' });
      });
    });
  }

  it('rtsp with a wrong password or none: SOURCE_AUTH_FAILED, and the password is not told', async () => {
    for (const source of [{ username: 'admin', password: 'wrong-one' }, {}]) {
      await assert.rejects(backend.openDecoder(decoderOptions(rtsp.url, { source })), (error: Error & { code: string }) => {
        assert.equal(error.code, 'SOURCE_AUTH_FAILED');
        assert.doesNotMatch(error.message, /wrong-one/);
        return true;
      });
    }
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

  it('nobody there: SOURCE_OPEN_FAILED', async () => {
    const gone = await startHttpServer();
    await gone.stop();
    for (const scheme of ['http', 'rtsp', 'rtmp']) {
      await assert.rejects(backend.openDecoder(decoderOptions(`${gone.url.replace('http', scheme)}/x`)), { code: 'SOURCE_OPEN_FAILED' }, scheme);
    }
  });

  it('nobody answers: SOURCE_TIMEOUT, and the thread is free meanwhile', async () => {
    let turns = 0;
    const spin = setInterval(() => { turns += 1; }, 5);
    for (const scheme of ['http', 'rtsp', 'rtmp']) {
      await assert.rejects(backend.openDecoder(decoderOptions(silentUrl(scheme), { source: { timeout: 0.5, ...AUTH } })), (error: Error & { code: string }) => {
        assert.equal(error.code, 'SOURCE_TIMEOUT', error.message);
        assert.doesNotMatch(error.message, /s%2Fe|s\/e/);
        return true;
      });
    }
    clearInterval(spin);
    assert.ok(turns > 20, `${turns} turns`);
  });

  it('http: a file with its duration, and seeking', async () => {
    await withDecoder(backend, decoderOptions(`${http.url}/${CLIP}`), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.duration, decoder.info.frameCount], [false, 0.5, 15]);
      assert.deepEqual(await readAll(decoder, readBarcode), Array.from({ length: 15 }, (_, n) => n));
      await decoder.seek(0.2);
      assert.deepEqual(await readAll(decoder, (picture) => [picture.sourceIndex, readBarcode(picture)], 2), [[6, 6], [7, 7]]);
    });
  });

  it('http: 404, 401, a right password, a page that is no video', async () => {
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/nothing.mp4`)), { code: 'SOURCE_NOT_FOUND' });
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/auth/${CLIP}`)), { code: 'SOURCE_AUTH_FAILED' });
    await assert.rejects(backend.openDecoder(decoderOptions(`${http.url}/MANIFEST.md`)), { code: 'SOURCE_OPEN_FAILED' });
    const source = { username: 'viewer', password: 'secret' };
    assert.deepEqual(await withDecoder(backend, decoderOptions(`${http.url}/auth/${CLIP}`, { source }), (decoder) => readAll(decoder, readBarcode, 3)), [0, 1, 2]);
  });

  it('http: a stream that stalls is SOURCE_TIMEOUT, one that breaks off is SOURCE_READ_FAILED', async () => {
    for (const [how, code] of [['stall', 'SOURCE_TIMEOUT'], ['cut', 'SOURCE_READ_FAILED']] as const) {
      await withDecoder(backend, decoderOptions(`${http.url}/${how}/videos/car-detection.mp4`, { source: { timeout: 1 } }), async (decoder) => {
        await assert.rejects(readAll(decoder, () => 0), { code }, how);
      });
    }
  });

  it('http: HLS that is a recording; MJPEG that is live, timed by its arrival', async () => {
    await withDecoder(backend, decoderOptions(`${http.url}/videos/odd/hls/index.m3u8`), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.container, decoder.info.duration], [false, 'hls', 6]);
      assert.equal((await readAll(decoder, () => 0)).length, 60);
    });
    await withDecoder(backend, decoderOptions(`${http.url}/mjpeg`, { realtime: true }), async (decoder) => {
      assert.deepEqual([decoder.info.live, decoder.info.width, decoder.info.codec, decoder.info.fps], [true, 320, 'mjpeg', { num: 0, den: 1 }]);
      const times = await readAll(decoder, ({ ptsUs }) => ptsUs, 12);
      assert.ok(times.every((us, n) => n === 0 ? us === 0 : us > (times[n - 1] ?? 0)), times.join(' '));
    });
  });

  it('a local playlist fetches nothing from the network', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'libav-network-'));
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

  it('interrupt, abort and close end what waits, long before its timeout', async () => {
    const waiting = { source: { timeout: 600 } };
    const abort = new AbortController();
    const open = backend.openDecoder(decoderOptions(silentUrl('rtsp'), { ...waiting, signal: abort.signal }));
    setImmediate(() => { abort.abort(new Error('enough')); });
    await assert.rejects(open, /enough/);
    for (const end of ['interrupt', 'close'] as const) {
      const decoder = await backend.openDecoder(decoderOptions(`${http.url}/stall/videos/car-detection.mp4`, waiting));
      const reading = readAll(decoder, () => setImmediate(() => undefined));
      setTimeout(() => void decoder[end](), 300);
      await assert.rejects(reading, (error: Error & { code: string }) => ['SOURCE_READ_FAILED', 'STATE_INVALID'].includes(error.code));
      await decoder.close();
    }
  });
});
