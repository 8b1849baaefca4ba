import assert from 'node:assert/strict';
import { basename, dirname } from 'node:path';

import { fillPathTemplate, numberedPath, partPath, safeName } from '../../../dist/runtime/record/index.js';
import { FakeClock } from '../../support/fake-clock.js';

/** Local time, as a person would read it off the wall. */
const date = new FakeClock().date();
date.setFullYear(2026, 0, 31);
date.setHours(3, 5, 9);
const values = { stream: 'Front door', epoch: 2, date };

const baseFolder = '/data';

describe('record/path-template', () => {
  const rows: { path: string; filled: string }[] = [
    { path: 'clip', filled: '/data/clip.mp4' },
    { path: 'clip.mp4', filled: '/data/clip.mp4' },
    { path: 'clip.MP4', filled: '/data/clip.MP4' },
    { path: 'clip.avi', filled: '/data/clip.avi.mp4' },
    { path: 'sub/{stream}-{date}-{time}.mp4', filled: '/data/sub/Front door-2026-01-31-03-05-09.mp4' },
    { path: '{date}/{stream}/{epoch}', filled: '/data/2026-01-31/Front door/2.mp4' },
    { path: '/elsewhere/{stream}{stream}', filled: '/elsewhere/Front doorFront door.mp4' },
    { path: '{', filled: '/data/{.mp4' },
    { path: '.hidden', filled: '/data/.hidden.mp4' },
  ];
  for (const { path, filled } of rows) {
    it(`${path} is ${filled}`, () => {
      assert.equal(fillPathTemplate({ path, baseFolder }, values), filled);
    });
  }

  it('starts from the working directory without a base folder', () => {
    assert.equal(fillPathTemplate({ path: 'x' }, values), `${process.cwd()}/x.mp4`);
  });

  const wrong: { path: string; code: string; message: RegExp }[] = [
    { path: '{name}.mp4', code: 'OPTION_INVALID', message: /expected \{stream\}, \{date\}, \{time\} or \{epoch\}, got \{name\} in \{name\}\.mp4/ },
    { path: '{Stream}', code: 'OPTION_INVALID', message: /got \{Stream\}/ },
    { path: '{}', code: 'OPTION_INVALID', message: /got \{\}/ },
    { path: '{__proto__}', code: 'OPTION_INVALID', message: /got \{__proto__\}/ },
    { path: 'a\u0000b', code: 'OPTION_INVALID', message: /control characters/ },
    { path: 'a\nb', code: 'OPTION_INVALID', message: /control characters/ },
    { path: 'folder/', code: 'RECORD_OPEN_FAILED', message: /is a folder/ },
    { path: '..', code: 'RECORD_OPEN_FAILED', message: /is a folder/ },
    { path: 'a/.', code: 'RECORD_OPEN_FAILED', message: /is a folder/ },
  ];
  for (const { path, code, message } of wrong) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      assert.throws(() => fillPathTemplate({ path, baseFolder }, values), (error: Error & { code: string }) => error.code === code && message.test(error.message));
    });
  }

  const names: { given: string; safe: string }[] = [
    { given: 'Front door', safe: 'Front door' },
    { given: '入口 2', safe: '入口 2' },
    { given: 'été', safe: 'été' },
    { given: 'rtsp://cam.local:554/h264?x=1', safe: 'rtsp_cam.local_554_h264_x=1' },
    { given: '../../etc/passwd', safe: '__.._etc_passwd' },
    { given: '..', safe: '_' },
    { given: '.', safe: '_' },
    { given: '...', safe: '_' },
    { given: '.bashrc', safe: '_bashrc' },
    { given: '', safe: '_' },
    { given: '   ', safe: '_' },
    { given: 'a\u0000b\u001bc\u202ed', safe: 'a_b_c_d' },
    { given: 'ends with a dot.', safe: 'ends with a dot_' },
    { given: 'C:\\Windows', safe: 'C_Windows' },
    { given: 'CON', safe: '_CON' },
    { given: 'nul.txt', safe: '_nul.txt' },
    { given: 'com1', safe: '_com1' },
    { given: 'console', safe: 'console' },
    { given: '{date}', safe: '{date}' },
    { given: '\ud800x', safe: '_x' },
  ];
  for (const { given, safe } of names) {
    it(`${JSON.stringify(given)} is a file called ${safe}`, () => {
      assert.equal(safeName(given), safe);
    });
  }

  it('a stream’s name never leads out of its folder nor is filled in twice', () => {
    for (const { given } of names) {
      const filled = fillPathTemplate({ path: 'here/{stream}.mp4', baseFolder }, { ...values, stream: given });
      assert.equal(dirname(filled), '/data/here', given);
    }
    assert.equal(fillPathTemplate({ path: '{stream}', baseFolder }, { ...values, stream: '{nobody}' }), '/data/{nobody}.mp4');
  });

  it('a long name is cut between characters, and leaves room for the temporary name', () => {
    for (const stream of ['x'.repeat(10_000), '入'.repeat(10_000), '👩‍👩‍👧'.repeat(1000)]) {
      const filled = fillPathTemplate({ path: '{stream}-{date}-{time}.mp4', baseFolder }, { ...values, stream });
      assert.ok(Buffer.byteLength(basename(partPath(numberedPath(filled, 9999)))) <= 255);
      assert.ok(!filled.includes('\ufffd'), 'no half characters');
      assert.ok(Buffer.byteLength(basename(filled)) > 100);
    }
  });

  it('numbers files before their ending, and names the temporary one so that the final name can be read from it', () => {
    assert.equal(numberedPath('/a/clip.mp4', 1), '/a/clip.mp4');
    assert.equal(numberedPath('/a/clip.MP4', 12), '/a/clip-12.MP4');
    assert.equal(partPath('/a.b/clip.mp4'), '/a.b/.clip.mp4.part.mp4');
    assert.equal(partPath('/clip.mp4', 2), '/.clip.mp4.part-2.mp4');
  });
});
