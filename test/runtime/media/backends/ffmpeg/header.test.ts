import assert from 'node:assert/strict';

import { StderrLog } from '../../../../../dist/runtime/media/backends/ffmpeg/failures.js';
import { type Header, HeaderReader } from '../../../../../dist/runtime/media/backends/ffmpeg/header.js';

/** What the program prints of an input with that stream line, and of the output. */
function headerOf(stream: string, more: readonly string[] = []): Header | undefined {
  const reader = new HeaderReader();
  const lines = [
    '[h264 @ 0x1] [verbose] Reinit context to 384x288, pix_fmt: yuv420p',
    "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:x.mp4':",
    '[info]   Metadata:',
    '[info]     title           : Stream #0:9: Video: fake, none, 1x1',
    '[info]   Duration: 01:02:03.50, start: 1.400000, bitrate: 90 kb/s',
    `[info]   Stream #0:0[0x1](und): Video: ${stream}`,
    '[info]   Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 69 kb/s (default)',
    '[info] Stream mapping:',
    '[info]   Stream #0:0 -> #0:0 (h264 (native) -> rawvideo (native))',
    ...more,
    "[info] Output #0, rawvideo, to 'pipe:1':",
    '[info]   Stream #0:0(und): Video: rawvideo (I420 / 0x30323449), yuv420p(tv, progressive, left), 320x180 (0x0) [SAR 1:1 DAR 16:9], q=2-31, 10 fps, 10 tbn',
  ];
  lines.forEach((line) => { reader.read(line); });
  return reader.header;
}

describe('media/ffmpeg: header', () => {
  it('everything that is printed', () => {
    const header = headerOf('h264 (High), 1 reference frame (avc1 / 0x31637661), yuv420p(tv, bt709, progressive, left), 1920x1080 [SAR 1:1 DAR 16:9], 85 kb/s, 29.97 fps, 29.97 tbr, 30k tbn (default)', [
      '[graph 0 input from stream 0:0 @ 0x1] [verbose] w:1920 h:1080 pixfmt:yuv420p tb:1/30000 fr:30000/1001 sar:0/1',
      '[Parsed_scale_0 @ 0x1] [verbose] w:1080 h:1920 fmt:yuv420p sar:0/1 -> w:320 h:180 fmt:yuv420p sar:0/1 flags:0x20',
    ]);
    assert.deepEqual(header, {
      container: 'mov,mp4,m4a,3gp,3g2,mj2', duration: 3723.5, startUs: 1_400_000, codec: 'h264', pixelFormat: 'yuv420p',
      width: 1080, height: 1920, rotation: 0, fps: { num: 30_000, den: 1001 }, hasAudio: true, streams: 2, isCover: false, output: { width: 320, height: 180 },
    });
  });

  const rates = [
    ['25 fps, 25 tbr', '25/1', 25, 1, 'whole'],
    ['23.98 fps, 23.98 tbr', '24000/1001', 24_000, 1001, 'the exact one of the graph'],
    ['59.94 fps, 59.94 tbr', undefined, 60_000, 1001, 'television rates without the graph'],
    ['12.50 fps, 12.50 tbr', undefined, 25, 2, 'two decimals'],
    ['4.26 fps, 10 tbr', '10/1', 213, 50, 'the average, not the base'],
    ['8.33 fps, 8.33 tbr', '25/3', 25, 3, 'a fraction of the graph'],
    ['25 tbr', '25/1', 25, 1, 'no average'],
    ['1k fps, 1k tbr', undefined, 1000, 1, 'thousands'],
    ['90k tbn', undefined, 0, 1, 'none at all'],
  ] as const;
  for (const [text, graph, num, den, why] of rates) {
    it(`rate ${text}: ${why}`, () => {
      const more = graph === undefined ? [] : [`[graph 0 input from stream 0:0 @ 0x1] [verbose] w:1 h:1 pixfmt:yuv420p tb:1/30000 fr:${graph} sar:0/1`];
      assert.deepEqual(headerOf(`h264, yuv420p, 384x288, ${text}`, more)?.fps, { num, den });
    });
  }

  it('a cover, and a stream without sizes', () => {
    assert.equal(headerOf('png, rgb24(pc), 300x300, 90k tbr, 90k tbn (attached pic)')?.isCover, true);
    const bare = headerOf('none (NOBO / 0x4F424F4E), none');
    assert.deepEqual([bare?.codec, bare?.width], ['none', 320]);
  });

  const errors = [
    ['[rtsp @ 0x1] [error] method DESCRIBE failed: 401 Unauthorized', 'SOURCE_AUTH_FAILED'],
    ['[https @ 0x1] [error] HTTP error 403 Forbidden', 'SOURCE_AUTH_FAILED'],
    ['[error] http://h/x: Server returned 404 Not Found', 'SOURCE_NOT_FOUND'],
    ['[error] rtsp://h/x: Connection timed out', 'SOURCE_TIMEOUT'],
    ['[error] tcp://h:9?timeout=0 failed: Connection refused', 'SOURCE_OPEN_FAILED'],
    ['[error] file:/videos/401 Unauthorized timed out.mp4: Invalid data found when processing input', 'SOURCE_OPEN_FAILED'],
    ['[fatal] Decoder (codec none) not found for input stream #0:0', 'SOURCE_CODEC_UNSUPPORTED'],
    ['[error] Output file #0 does not contain any stream', 'SOURCE_NO_VIDEO'],
    ['[warning] timed out', 'SOURCE_OPEN_FAILED'],
  ] as const;
  for (const [line, code] of errors) {
    it(`"${line}" is ${code}`, () => {
      const log = new StderrLog();
      log.read(line);
      assert.equal(log.openError('x').code, code);
    });
  }

  it('passwords in messages are hidden, the lines kept are few', () => {
    const log = new StderrLog();
    for (let n = 0; n < 100; n += 1) log.read(`[error] line ${n}`);
    assert.equal(log.reason(), 'line 80');
    const other = new StderrLog();
    other.read('[error] rtsp://admin:secret@host/x: Invalid data');
    const { message } = other.openError('rtsp://admin:secret@host/x');
    assert.match(message, /admin/);
    assert.doesNotMatch(message, /secret/);
  });

  it('damage and breaks are told apart', () => {
    const log = new StderrLog();
    log.read('[error] Error while decoding stream #0:0: Invalid data found when processing input');
    log.read('[h264 @ 0x1] [error] Error submitting packet to decoder: Invalid data found');
    assert.deepEqual([log.damaged, log.readFailure], [2, undefined]);
    log.read('[error] tcp://h: Connection reset by peer');
    assert.match(log.readFailure ?? '', /reset/);
  });
});
