import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { admit } from '../../../dist/nodes/shared/message-locations.js';

describe('a location that came by message', () => {
  let root: string;
  let folder: string;
  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'message-')));
    folder = join(root, 'user');
    mkdirSync(join(folder, 'videos'), { recursive: true });
    mkdirSync(join(root, 'user2'));
    for (const file of ['secret.mp4', 'user2/a.mp4', 'user/a.mp4', 'user/videos/b [1].mp4', 'user/list.m3u8', 'user/list.ffconcat', 'user/a,b.mp4']) writeFileSync(join(root, file), 'x');
    symlinkSync(join(root, 'secret.mp4'), join(folder, 'link.mp4'));
    symlinkSync(root, join(folder, 'out'), 'dir');
    symlinkSync(join(folder, 'list.m3u8'), join(folder, 'innocent.mp4'));
    symlinkSync(join(folder, 'a.mp4'), join(folder, 'alias.mp4'));
  });
  after(() => { rmSync(root, { recursive: true }); });

  const refuses = async (location: string, allowed: readonly string[] = []): Promise<void> => {
    await assert.rejects(async () => { await admit({ location, allowed, folder }); }, (error: Error & { code: string }) => {
      assert.equal(error.code, 'OPTION_INVALID');
      assert.match(error.message, /^payload\.location: .* may not be played by message, only .*: allow it in the stream-engine, "Locations by message"$/s);
      return true;
    });
  };
  const takes = async (location: string, allowed: readonly string[] = []): Promise<void> => { await admit({ location, allowed, folder }); };

  describe('where nothing is set up', () => {
    const paths = ['/etc/passwd', '/dev/video0', '/proc/self/environ', '../secret.mp4', 'videos/../../secret.mp4', '../user2/a.mp4', 'link.mp4', 'out/secret.mp4', 'out', '..',
      '{..,videos}/*.jpg', 'videos/[.][.]/x/*.png', '../*.jpg', 'list.m3u8', 'list.ffconcat', 'innocent.mp4', 'file:///etc/passwd', 'FILE:///etc/passwd', 'file://host/share/a.mp4', 'file:%2fetc/passwd'];
    const urls = ['concat:a.mp4|/etc/passwd', 'subfile:,,start,0,end,0,,:/etc/passwd', 'data:video/mp4;base64,AAAA', 'pipe:0', 'x1:../../../etc/a.mp4', 'crypto:file:///etc/passwd', 'tcp://10.0.0.1:22', 'udp://0.0.0.0:5000', 'gopher://10.0.0.1/',
      'device:/dev/video0', 'DEVICE:0', 'ftp://10.0.0.1/a.mp4', 'unix:///var/run/docker.sock', 'a.mp4\n', 'rtsp://cam\r\nX: y/', 'http://cam\\@127.0.0.1/x', 'http://example.com\\@127.0.0.1/x', 'http://exa mple.com/x', 'http://[::1/x'];
    for (const location of [...paths, ...urls]) it(`refuses ${JSON.stringify(location)}`, () => refuses(location));

    const here = ['http://127.0.0.1:1880/flows', 'http://localhost/', 'http://LOCALHOST./', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/', 'https://[::1]:1880/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/',
      'http://0.0.0.0/', 'http://[::]/', 'http://169.254.169.254/latest/meta-data/', 'http://[fe80::1]/', 'http://１２７.0.0.1/'];
    for (const location of here) it(`refuses ${location}, which is here`, () => refuses(location));
    it("refuses this machine's own addresses", async function () {
      const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).find(({ family, internal }) => family === 'IPv4' && !internal);
      if (own === undefined) this.skip();
      await refuses(`http://${own.address}:1880/`);
    });

    for (const location of ['a.mp4', 'alias.mp4', 'videos', 'videos/b [1].mp4', 'none.mp4', 'a,b.mp4', 'test:', 'test:?seconds=1', 'rtsp://192.168.1.20/stream1', 'RTSP://cam:8554/x', 'rtsp://127.0.0.1:8554/x', 'rtmps://media.example/live', 'srt://10.0.0.9:9000',
      'http://192.0.2.7/mjpeg', 'https://192.0.2.7/a.m3u8', 'http://[2001:db8::1]/x', 'http://nobody.invalid/x.mp4']) {
      it(`takes ${location}`, () => takes(location));
    }
    it('takes a file: URL of the folder', () => takes(pathToFileURL(join(folder, 'a.mp4')).href));
    it('shows no password of a URL', async () => {
      await assert.rejects(async () => { await admit({ location: 'tcp://me:hunter2@h:1/?password=hunter3', allowed: [], folder }); }, (error: Error) => !/hunter/.test(error.message));
    });
  });

  describe('where a list is set up, only what it names', () => {
    const list = ['videos', '../secret.mp4', 'list.m3u8', 'https://media.example/clips/', 'http://localhost:1984/api', 'rtsp:', 'device:/dev/video0'];
    for (const location of ['a.mp4', '/etc/passwd', 'list.ffconcat', 'test:', 'https://media.example/', 'https://media.example/clips/../x', 'https://media.example/clips/%2e%2e/x', 'https://media.example:8443/clips/a', 'http://media.example/clips/a', 'https://media.example.evil/clips/a',
      'https://sub.media.example/clips/a', 'http://localhost:1984/apix', 'http://localhost:1880/api', 'rtsps://cam/1', 'rtmp://cam/1', 'device:/dev/video1', 'http://192.0.2.7/x']) {
      it(`refuses ${location}`, () => refuses(location, list));
    }
    for (const location of ['videos/b [1].mp4', 'link.mp4', 'list.m3u8', 'innocent.mp4', 'https://media.example/clips/a/b.mp4', 'https://media.example:443/clips/a', 'HTTPS://MEDIA.example/clips/a', 'http://localhost:1984/api', 'http://localhost:1984/api?src=1', 'rtsp://any/1', 'device:/dev/video0']) {
      it(`takes ${location}`, () => takes(location, list));
    }
    for (const location of ['/etc/passwd', 'device:0', 'http://localhost/', 'udp://0.0.0.0:1']) it(`* takes ${location}`, () => takes(location, ['*']));
    it('http: alone is other machines still', async () => {
      await refuses('http://localhost/', ['http:']);
      await takes('http://192.0.2.7/', ['http:']);
    });
    it('device: is every camera', () => takes('device:USB Camera', ['device:']));
  });
});
