import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { decodeArguments, encodeArguments } from '../../../../../dist/runtime/media/backends/ffmpeg/command.js';
import { openFrameStream } from '../../../../../dist/runtime/media/backends/ffmpeg/frame-stream.js';
import { findProgram } from '../../../../../dist/runtime/media/backends/ffmpeg/program.js';

const BUILT = resolve(__dirname, '../../../../../dist/runtime/media/backends/ffmpeg');

describe('media/ffmpeg: the program', () => {
  let folder: string;
  const saved = { ...process.env };
  before(() => { folder = mkdtempSync(join(tmpdir(), 'ffmpeg-program-')); });
  afterEach(() => { process.env = { ...saved }; });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  function fake(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho '${text}'\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('is the setting, then FFMPEG_BIN, then FFMPEG_PATH, then the PATH', async function () {
    if (process.platform === 'win32') this.skip();
    const [setting, bin, path] = [fake('a', 'ffmpeg version 6.1.1-static x'), fake('b', 'ffmpeg version 4.4 x'), fake('c', 'ffmpeg version n7.1-2 x')];
    process.env['FFMPEG_BIN'] = bin;
    process.env['FFMPEG_PATH'] = path;
    assert.deepEqual(await findProgram(setting), { path: setting, version: '6.1.1-static', release: 6.01 });
    assert.deepEqual(await findProgram(), { path: bin, version: '4.4', release: 4.04 });
    delete process.env['FFMPEG_BIN'];
    assert.deepEqual(await findProgram(), { path, version: 'n7.1-2', release: 7.01 });
    delete process.env['FFMPEG_PATH'];
    assert.match((await findProgram()).path, /ffmpeg/);
  });

  it('one that does not run, or is no ffmpeg, is passed over', async function () {
    if (process.platform === 'win32') this.skip();
    process.env['FFMPEG_BIN'] = join(folder, 'not-there');
    process.env['FFMPEG_PATH'] = fake('build', 'ffmpeg version N-118000-gabc x');
    const found = await findProgram(fake('no-ffmpeg', 'hello'));
    assert.deepEqual(found, { path: process.env['FFMPEG_PATH'], version: 'N-118000-gabc', release: Infinity });
  });

  it('none: BACKEND_MISSING tells what was tried and how to get one', async () => {
    process.env['PATH'] = folder;
    process.env['FFMPEG_BIN'] = join(folder, 'not-there');
    await assert.rejects(findProgram(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'BACKEND_MISSING');
      assert.match(error.message, /not-there \(FFMPEG_BIN\).*apt install ffmpeg.*FFMPEG_BIN/);
      return true;
    });
  });

  it('an old program gets the options of its time', () => {
    const command = { location: { kind: 'file', path: '/a' }, rtspTransport: 'tcp', threads: 0, hardware: 'none', realtime: false, learnSeconds: 1, position: 0, size: {} } as const;
    assert.ok(decodeArguments({ ...command, release: 4.04 }).includes('-vsync'));
    assert.ok(decodeArguments({ ...command, release: 5.01 }).includes('-fps_mode'));
    assert.ok(encodeArguments({ path: '/a', fps: { num: 25, den: 1 }, crf: 23, preset: 'fast', threads: 0, release: 5, keyFrameSeconds: 2 }).includes('-vsync'));
  });

  it('locations stand behind -i with their protocol in front', () => {
    const command = { rtspTransport: 'udp', threads: 2, hardware: 'none', realtime: true, learnSeconds: 1, position: 0, size: {}, release: 6 } as const;
    const file = decodeArguments({ ...command, location: { kind: 'file', path: '/x/-y foo.mp4' } });
    assert.equal(file[file.indexOf('-i') + 1], 'file:/x/-y foo.mp4');
    assert.equal(file[file.indexOf('-protocol_whitelist') + 1], 'file');
    const url = decodeArguments({ ...command, location: { kind: 'url', url: 'rtsp://h/x', protocol: 'rtsp', live: true } });
    assert.equal(url[url.indexOf('-rtsp_transport') + 1], 'udp');
    assert.equal(url[url.indexOf('-threads') + 1], '1', 'one thread mends what UDP loses');
    assert.ok(!url[url.indexOf('-protocol_whitelist') + 1]?.split(',').includes('file'));
  });

  it('frames come the same through the plain pipe of other systems', async () => {
    const args = ['-nostdin', '-loglevel', 'repeat+level+verbose', '-nostats', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=1',
      '-vf', 'scale,format=yuv420p,settb=1/1000000,metadata=mode=add:key=frame:value=1,metadata=mode=print:key=frame:direct=1:file=pipe\\\\:3', '-f', 'rawvideo', 'pipe:1'];
    const seen: string[][] = [];
    for (const platform of ['linux', 'win32'] as const) {
      const stream = await openFrameStream({ program: 'ffmpeg', args, platform }, 'test');
      const frames: string[] = [];
      for (;;) {
        const frame = stream.take();
        if (frame) frames.push(`${frame.timeUs} ${Buffer.from(frame.memory).toString('base64')}`);
        else if (stream.end) break;
        else await stream.changed();
      }
      await stream.close();
      seen.push(frames);
    }
    assert.equal(seen[0]?.length, 25);
    assert.deepEqual(seen[0], seen[1]);
  });

  it('a slow reader makes the program wait: no more than a few frames are read ahead', async function () {
    if (process.platform !== 'linux') this.skip();
    const args = ['-nostdin', '-loglevel', 'repeat+level+verbose', '-nostats', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=20',
      '-vf', 'scale,format=yuv420p,settb=1/1000000,metadata=mode=add:key=frame:value=1,metadata=mode=print:key=frame:direct=1:file=pipe\\\\:3', '-f', 'rawvideo', 'pipe:1'];
    const stream = await openFrameStream({ program: 'ffmpeg', args }, 'test');
    while (!stream.take()) await stream.changed();
    const before = process.memoryUsage().arrayBuffers;
    // as long as the same work takes without waiting, and more
    const free = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=20', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-y', '/dev/null'];
    await once(spawn('ffmpeg', free, { stdio: 'ignore' }), 'close');
    assert.ok(process.memoryUsage().arrayBuffers - before < 10 * 1.4e6, 'memory');
    assert.equal(stream.end, undefined);
    await stream.close();
  });

  it('the program ends with the process that started it', async function () {
    if (process.platform !== 'linux') this.skip();
    const script = `const { startProgram } = require(${JSON.stringify(join(BUILT, 'child.js'))});
      const child = startProgram({ program: 'sleep', args: ['1000'], stdio: ['ignore', 'ignore', 'pipe'], onLine() {} });
      process.stdout.write(String(child.process.pid), () => process.exit(3));`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let pid = '';
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (pid += text));
    await once(parent, 'close');
    assert.match(pid, /^\d+$/);
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : ') Z';
    assert.match(state, /\) [ZX]/, 'gone, or waiting to be buried');
  });

  it('fluent-ffmpeg is known to one file', () => {
    const found = execFileSync('grep', ['-rlE', 'from .fluent-ffmpeg|require\\(.fluent-ffmpeg', 'src'], { encoding: 'utf8', cwd: resolve(__dirname, '../../../../..') });
    assert.deepEqual(found.trim().split('\n'), ['src/runtime/media/backends/ffmpeg/command.ts']);
  });
});
