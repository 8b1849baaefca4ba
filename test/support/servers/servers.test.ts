import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { dataPath, hasData } from '../data.js';
import { startHttpServer, startRtmpServer, startRtspServer } from './index.js';

const run = promisify(execFile);

/** Frames that the ffmpeg program reads from `url`. */
async function frames(url: string, ...options: string[]): Promise<number> {
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', ...options, '-i', url, '-frames:v', '5', '-f', 'framemd5', '-']);
  return stdout.split('\n').filter((line) => /^0,/.test(line)).length;
}

describe('servers for tests', function () {
  before(function () { if (!hasData) this.skip(); });

  it('rtsp: file and live picture, tcp and udp, password', async () => {
    const server = await startRtspServer({ file: dataPath('oracle/videos/v360_30_short.mp4'), auth: { username: 'admin', password: 'secret' } });
    try {
      const withPassword = (url: string): string => url.replace('://', '://admin:secret@');
      assert.equal(await frames(withPassword(server.url), '-rtsp_transport', 'tcp'), 5);
      assert.equal(await frames(withPassword(server.testUrl), '-rtsp_transport', 'udp'), 5);
      await assert.rejects(frames(server.url, '-rtsp_transport', 'tcp'), /401/);
    } finally {
      await server.stop();
    }
  });

  it('http: files with ranges, hls, mjpeg, status, password, stall', async () => {
    const server = await startHttpServer({ folder: dataPath('videos/odd') });
    try {
      assert.equal(await frames(`${server.url}/hevc_8bit.mp4`), 5);
      assert.equal(await frames(`${server.url}/hls/index.m3u8`), 5);
      assert.equal(await frames(`${server.url}/mjpeg`), 5);
      assert.equal(await frames(`${server.url}/auth/hevc_8bit.mp4`.replace('://', '://viewer:secret@')), 5);
      assert.equal((await fetch(`${server.url}/auth/hevc_8bit.mp4`)).status, 401);
      assert.equal((await fetch(`${server.url}/nothing`)).status, 404);
      assert.equal((await fetch(`${server.url}/status/503`)).status, 503);
      const part = await fetch(`${server.url}/hevc_8bit.mp4`, { headers: { range: 'bytes=4-7' } });
      assert.equal(await part.text(), 'ftyp');
    } finally {
      await server.stop();
    }
  });

  it('rtmp: one client', async () => {
    const server = await startRtmpServer(dataPath('oracle/videos/v360_30_short.mp4'));
    try {
      assert.equal(await frames(server.url), 5);
    } finally {
      await server.stop();
    }
  });
});
