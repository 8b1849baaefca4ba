import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { parseLocation } from '../../../dist/runtime/media/location.js';

describe('media/location', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'location-'));
    mkdirSync(join(folder, 'images'));
    mkdirSync(join(folder, 'nothing'));
    for (const name of ['10.png', '2.png', '1.JPG', 'notes.txt']) writeFileSync(join(folder, 'images', name), 'x');
    writeFileSync(join(folder, 'clip #1 [x].mp4'), 'x');
    writeFileSync(join(folder, 'empty.mp4'), '');
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  const files = (location: string): string[] => {
    const parsed = parseLocation({ location });
    assert.ok(parsed.kind === 'images');
    return parsed.files.map((file) => basename(file));
  };

  it('a path is a file, signs of globs and URLs in its name or not', () => {
    const path = join(folder, 'clip #1 [x].mp4');
    assert.deepEqual(parseLocation({ location: path }), { kind: 'file', path });
    assert.deepEqual(parseLocation({ location: pathToFileURL(path).href }), { kind: 'file', path });
  });

  it('a folder, a glob and a single image are images in natural order', () => {
    assert.deepEqual(files(join(folder, 'images')), ['1.JPG', '2.png', '10.png']);
    assert.deepEqual(files(join(folder, 'images', '*.png')), ['2.png', '10.png']);
    assert.deepEqual(files(join(folder, 'images', '10.png')), ['10.png']);
  });

  it('what is not there is SOURCE_NOT_FOUND and named, what is empty SOURCE_OPEN_FAILED', () => {
    const missing = ['gone.mp4', 'nothing', 'images/*.tiff', 'no/*/at/all.png', 'images/notes.txt/x.mp4', `${'x'.repeat(300)}.mp4`];
    for (const name of missing) {
      assert.throws(() => parseLocation({ location: join(folder, name) }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'SOURCE_NOT_FOUND');
        assert.ok(error.message.includes(name), error.message);
        return true;
      });
    }
    assert.throws(() => parseLocation({ location: join(folder, 'empty.mp4') }), { code: 'SOURCE_OPEN_FAILED', message: /is empty/ });
  });

  for (const [location, protocol, live] of [
    ['rtsp://camera/1', 'rtsp', true],
    ['RTSP://camera/1', 'rtsp', true],
    ['rtmp://host/live/x', 'rtmp', true],
    ['srt://host:9000', 'srt', true],
    ['udp://239.0.0.1:1234', 'udp', true],
    ['https://host/a.m3u8', 'https', undefined],
  ] as const) {
    it(`${location} is ${protocol}`, () => {
      const parsed = parseLocation({ location });
      assert.ok(parsed.kind === 'url');
      assert.deepEqual([parsed.protocol, parsed.live, parsed.url], [protocol, live, location]);
    });
  }

  it('credentials go into the URL, percent-encoded', () => {
    const parsed = parseLocation({ location: 'rtsp://old:one@camera/1', username: 'me', password: 'a:b@c/d' });
    assert.ok(parsed.kind === 'url');
    assert.equal(parsed.url, 'rtsp://me:a%3Ab%40c%2Fd@camera/1');
  });

  for (const location of ['ftp://host/x', 'lavfi://testsrc', 'pipe://0', 'concat://x', 'http://', 'http://[bad', 'rtsp://a\nb/', 'device:', 'device: \t', 'test:x', 'a\0b', 'file://%zz']) {
    it(`${JSON.stringify(location)} is OPTION_INVALID`, () => {
      assert.throws(() => parseLocation({ location }), { code: 'OPTION_INVALID' });
    });
  }

  it('no password in an error', () => {
    assert.throws(() => parseLocation({ location: 'ftp://me:secret@host/x' }), (error: Error) => !error.message.includes('secret'));
  });

  it('devices by path and by name', () => {
    assert.deepEqual(parseLocation({ location: 'device:/dev/video0' }), { kind: 'device', device: '/dev/video0' });
    assert.deepEqual(parseLocation({ location: 'device:USB Camera' }), { kind: 'device', device: 'USB Camera' });
  });

  it('test: has defaults, is endless without seconds, and refuses what it does not know', () => {
    assert.deepEqual(parseLocation({ location: 'test:' }), { kind: 'test', width: 640, height: 360, fps: { num: 25, den: 1 } });
    assert.deepEqual(parseLocation({ location: 'test:?width=320&height=180&fps=29.97&seconds=10' }), { kind: 'test', width: 320, height: 180, fps: { num: 2997, den: 100 }, frames: 300 });
    for (const query of ['width=0', 'width=x', 'width=321', 'fps=0', 'fps=-1', 'fps=1e9', 'seconds=-1', 'colour=red', 'height=999999']) {
      assert.throws(() => parseLocation({ location: `test:?${query}` }), (error: Error & { code: string }) => error.code === 'OPTION_INVALID' && error.message.includes(query.split('=')[0] ?? ''));
    }
  });
});
