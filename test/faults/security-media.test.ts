import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { producerSchema, sourceSchema } from '../../dist/runtime/base/plan.js';
import type { Decoder, MediaBackend } from '../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../dist/runtime/media/backends/ffmpeg/index.js';
import { openLibavBackend } from '../../dist/runtime/media/backends/libav/index.js';
import { processTree } from '../support/processes.js';
import { type HostileAnswer, type HostileServer, type RtspServer, startHostileServer, startInnerService, startRtspServer } from '../support/servers/index.js';

const PASSWORD = `s3/e:c@r'e\\t "x"`;
const AUTH = { username: 'viewer', password: PASSWORD };

/** A playlist of segments. */
const hls = (...segments: readonly string[]): string => `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n${segments.map((segment) => `#EXTINF:2,\n${segment}\n`).join('')}#EXT-X-ENDLIST\n`;

/** Closed at the end of the block. */
function closing(decoder: Decoder): { next: Decoder['next']; [Symbol.asyncDispose]: Decoder['close'] } {
  return { next: () => decoder.next(), [Symbol.asyncDispose]: () => decoder.close() };
}

describe('media that attacks', function () {
  this.timeout(60_000);
  const backends: { readonly name: string; readonly open: () => Promise<MediaBackend> }[] = [
    { name: 'libav', open: openLibavBackend },
    { name: 'ffmpeg', open: () => openFfmpegBackend() },
  ];
  let folder: string;
  let uploads: string;
  let secretTs: string;
  let clip: Buffer;
  let segment: Buffer;
  before(() => {
    // its name stands in the files: a `G` in it, MPEG-TS's sync byte, would have FFmpeg guess another kind of file
    folder = join(tmpdir(), `security-media-${randomUUID()}`);
    mkdirSync(folder);
    uploads = join(folder, 'uploads');
    mkdirSync(uploads);
    secretTs = join(folder, 'secret.ts');
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10:duration=2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10', join(uploads, 'clip.mp4')]);
    execFileSync('ffmpeg', ['-v', 'error', '-i', join(uploads, 'clip.mp4'), '-c', 'copy', '-f', 'mpegts', secretTs]);
    copyFileSync(secretTs, join(uploads, 'part.ts'));
    writeFileSync(join(folder, 'secret.txt'), 'root:x:0:0\n'.repeat(2000));
    copyFileSync(join(folder, 'secret.txt'), join(uploads, 'text.txt'));
    clip = readFileSync(join(uploads, 'clip.mp4'));
    segment = readFileSync(secretTs);
  });
  after(() => { rmSync(folder, { recursive: true }); });

  for (const { name, open } of backends) {
    describe(name, () => {
      let backend: MediaBackend;
      before(async () => { backend = await open(); });

      /** Frames that come of a location, at most three, or the code of the error before the first. */
      async function played(location: string, source: object = {}, look: () => void = () => undefined): Promise<number | string> {
        const options = { source: sourceSchema.parse({ location, timeout: 5, ...source }), producer: producerSchema.parse({}), threads: 1, realtime: false };
        try {
          await using decoder = closing(await backend.openDecoder(options));
          for (let frames = 0; frames < 3; frames += 1) {
            const picture = await decoder.next();
            if (picture === undefined) return frames;
            picture.release();
          }
          look();
          return 3;
        } catch (error) {
          return (error as { code: string }).code;
        }
      }
      const failure = async (location: string): Promise<string> => {
        const options = { source: sourceSchema.parse({ location, timeout: 5 }), producer: producerSchema.parse({}), threads: 1, realtime: false };
        return backend.openDecoder(options).then(async (decoder) => { await decoder.close(); return 'opened'; }, (error: unknown) => (error as Error).message);
      };

      describe('a file', () => {
        const disguises: readonly (readonly [string, () => string | Buffer])[] = [
          ['a list of FFmpeg called clip', () => 'ffconcat version 1.0\nfile part.ts\n'],
          ['a list of FFmpeg that leads elsewhere', () => `ffconcat version 1.0\nfile ${secretTs}\n`],
          ['a playlist of the next file', () => hls('part.ts')],
          ['a playlist of a file elsewhere', () => hls(`file://${secretTs}`)],
          ['a playlist of a text', () => hls(`file://${join(folder, 'secret.txt')}`)],
          ['a DASH manifest', () => `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1000"><BaseURL>file://${secretTs}</BaseURL></Representation></AdaptationSet></Period></MPD>`],
          ['a session description', () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n'],
          ['a picture that draws others', () => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="file://${join(uploads, 'x.png')}" width="64" height="64"/></svg>`],
          ['a text', () => readFileSync(join(folder, 'secret.txt'))],
        ];
        for (const [what, content] of disguises) {
          // the program takes a tenth of a second to start
          for (const extension of name === 'libav' ? ['.mp4', '.ts', '.avi', '.jpg', ''] : ['.mp4', '.jpg']) {
            it(`${what}, by the name of clip${extension}, is not played`, async () => {
              const path = join(uploads, `disguise${extension}`);
              writeFileSync(path, content());
              assert.equal(await played(path), 'SOURCE_OPEN_FAILED');
            });
          }
        }

        it('a playlist that says so by its name plays its own folder', async () => {
          writeFileSync(join(uploads, 'list.m3u8'), hls('part.ts'));
          writeFileSync(join(uploads, 'list.ffconcat'), 'ffconcat version 1.0\nfile part.ts\n');
          assert.deepEqual([await played(join(uploads, 'list.m3u8')), await played(join(uploads, 'list.ffconcat'))], [3, 3]);
        });

        it('and draws no text, fetches nothing, opens no chain of protocols', async () => {
          const inner = await startInnerService();
          for (const target of ['text.txt', `tcp://127.0.0.1:${inner.port}/a.ts`, `http://127.0.0.1:${inner.port}/a.ts`, `concat:${secretTs}`, `subfile,,start,0,end,0,,:${secretTs}`, 'pipe:0']) {
            writeFileSync(join(uploads, 'list.m3u8'), hls(target));
            writeFileSync(join(uploads, 'list.ffconcat'), `ffconcat version 1.0\nfile '${target}'\n`);
            for (const path of ['list.m3u8', 'list.ffconcat']) assert.match(String(await played(join(uploads, path))), /^SOURCE_|^0$/, `${path} ${target}`);
          }
          assert.equal(inner.visits(), 0);
          await inner.stop();
        });

        it('by a name full of options is only a file, and a device is only a device', async () => {
          for (const odd of ['-i.mp4', '-f lavfi.mp4', 'a;touch evil.mp4', '$(touch evil).mp4', 'x\n-y.mp4', "' -vf x.mp4", '%s%n.mp4', '--help']) {
            copyFileSync(join(uploads, 'clip.mp4'), join(uploads, odd));
            assert.equal(await played(join(uploads, odd)), 3, odd);
          }
          for (const device of ['-version', 'lavfi', '/etc/passwd', 'x:y -f lavfi', 'concat:a|b', join(uploads, 'clip.mp4')]) assert.match(String(await played(`device:${device}`)), /^SOURCE_/, device);
          assert.ok(!existsSync('evil') && !existsSync(join(uploads, 'evil')));
        });
      });

      describe('a server', () => {
        let inner: Awaited<ReturnType<typeof startInnerService>>;
        let server: HostileServer;
        const redirect = (to: string): HostileAnswer => (_request, response) => { response.writeHead(302, { location: to }).end(); };
        const targets = (): Record<string, string> => ({
          'a file': `file://${secretTs}`, 'a path': secretTs, 'a chain': `concat:file://${secretTs}`, 'a part of a file': `subfile,,start,0,end,0,,:${secretTs}`, 'a decrypted file': `crypto:file://${secretTs}`, 'a decrypted path': `crypto+file://${secretTs}`,
          'a pipe': 'pipe:0', 'a socket': `unix://${join(folder, 'socket')}`, 'gopher': `gopher://127.0.0.1:${inner.port}/a.ts`, 'a cache': `cache:file://${secretTs}`, 'async': `async:file://${secretTs}`,
        });
        before(async () => {
          inner = await startInnerService();
          const answers: Record<string, HostileAnswer> = { '/part.ts': segment, '/clip.mp4': clip, '/good.m3u8': hls('part.ts'), '/moved.mp4': redirect('/clip.mp4') };
          for (const [what, target] of Object.entries(targets())) {
            const path = `/${what.replaceAll(' ', '-')}`;
            answers[`${path}.m3u8`] = hls(target);
            answers[`${path}-master.m3u8`] = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\n${target}\n`;
            answers[`${path}-key.m3u8`] = hls('part.ts').replace('#EXTINF', `#EXT-X-KEY:METHOD=AES-128,URI="${target}"\n#EXTINF`);
            answers[`${path}-map.m3u8`] = hls('part.ts').replace('#EXTINF', `#EXT-X-MAP:URI="${target}"\n#EXTINF`);
            answers[`${path}.ffconcat`] = `ffconcat version 1.0\nfile '${target}'\n`;
            answers[`${path}.mpd`] = `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1000"><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`;
            answers[`${path}-redirect.mp4`] = redirect(target);
            answers[`${path}-redirect.m3u8`] = hls(`${path.slice(1)}-redirect.mp4`);
          }
          answers['/sdp.sdp'] = `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n`;
          answers['/text.mp4'] = 'root:x:0:0\n'.repeat(2000);
          server = await startHostileServer(answers);
        });
        after(async () => {
          await (server as HostileServer | undefined)?.stop();
          await (inner as typeof inner | undefined)?.stop();
        });

        it('that means well is played: playlist and redirect', async () => {
          assert.deepEqual([await played(`${server.url}/good.m3u8`), await played(`${server.url}/moved.mp4`)], [3, 3]);
        });
        for (const form of ['.m3u8', '-master.m3u8', '-key.m3u8', '-map.m3u8', '.ffconcat', '.mpd', '-redirect.mp4', '-redirect.m3u8']) {
          it(`whose ${form} leads to a file, a port, a chain of protocols gets nothing`, async () => {
            for (const what of Object.keys(targets()).slice(0, name === 'libav' ? undefined : 4)) {
              const before = server.requests.length;
              const outcome = await played(`${server.url}/${what.replaceAll(' ', '-')}${form}`);
              assert.ok(server.requests.length > before, 'it was asked');
              // a key that is not got and a head that is not got may leave a segment that is played as it is: it is the server's own
              if (!/key|map/.test(form)) assert.match(String(outcome), /^SOURCE_|^0$/, `${what}${form}`);
            }
            assert.equal(inner.visits(), 0, 'no port was visited');
          });
        }
        it('that leads to a bare port has it connected to at most: nothing is said there, nothing is played', async () => {
          const target = `tcp://127.0.0.1:${inner.port}/a.ts`;
          const evil = await startHostileServer({
            '/a.m3u8': hls(target), '/b.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\n${target}\n`, '/c.ffconcat': `ffconcat version 1.0\nfile '${target}'\n`, '/d.mp4': redirect(target),
          });
          for (const path of ['/a.m3u8', '/b.m3u8', '/c.ffconcat', '/d.mp4']) assert.match(String(await played(evil.url + path)), /^SOURCE_|^0$/, path);
          assert.equal(inner.heard(), 0);
          await evil.stop();
        });
        it('whose answer is a text or a session description is not drawn', async () => {
          for (const path of ['/text.mp4', '/sdp.sdp']) assert.equal(await played(server.url + path), 'SOURCE_OPEN_FAILED', path);
        });
        it('is asked through the guard, segments and redirects too: it tells who was not reached', async () => {
          const closed = await startInnerService();
          await closed.stop();
          const evil = await startHostileServer({ '/list.m3u8': hls(`http://127.0.0.1:${closed.port}/a.ts`), '/away.mp4': redirect(`http://127.0.0.1:${closed.port}/a.mp4`) });
          for (const path of ['/list.m3u8', '/away.mp4']) assert.match(await failure(evil.url + path), new RegExp(`127\\.0\\.0\\.1:${closed.port}: connect ECONNREFUSED`), path);
          await evil.stop();
        });
      });

      describe('passwords', () => {
        let rtsp: RtspServer;
        let web: HostileServer;
        before(async () => {
          rtsp = await startRtspServer({ file: join(uploads, 'clip.mp4'), auth: AUTH });
          web = await startHostileServer({
            '/basic.mp4': basic, '/digest.mp4': digest, '/again.mp4': (request, response) => { if (isBasic(request)) response.writeHead(302, { location: `${web.url}/basic.mp4` }).end(); else basic(request, response); },
            '/basic.m3u8': (request, response) => { if (isBasic(request)) response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(hls('basic.ts')); else basic(request, response); },
            '/basic.ts': (request, response) => { if (isBasic(request)) response.end(segment); else basic(request, response); },
            '/token.mp4?user=viewer&password=hunter2': clip,
            '/elsewhere.mp4': (request, response) => { if (isBasic(request)) response.writeHead(302, { location: `${other.url}/clip.mp4` }).end(); else basic(request, response); },
          });
          other = await startHostileServer({ '/clip.mp4': (request, response) => { told.push(request.headers.authorization); response.end(clip); } });
        });
        after(async () => {
          await (rtsp as RtspServer | undefined)?.stop();
          await (web as HostileServer | undefined)?.stop();
          await (other as HostileServer | undefined)?.stop();
        });
        let other: HostileServer;
        const told: (string | undefined)[] = [];
        const isBasic = ({ headers }: IncomingMessage): boolean => headers.authorization === `Basic ${Buffer.from(`viewer:${PASSWORD}`).toString('base64')}`;
        function basic(request: IncomingMessage, response: ServerResponse): void {
          if (isBasic(request)) response.end(clip);
          else response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
        }
        function digest({ headers, method = '' }: IncomingMessage, response: ServerResponse): void {
          const field = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(headers.authorization ?? '')?.[1] ?? '';
          const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
          const wanted = md5([md5(`viewer:cam, one:${PASSWORD}`), 'n0nce', field('nc'), field('cnonce'), 'auth', md5(`${method}:${field('uri')}`)].join(':'));
          if (/^Digest /.test(headers.authorization ?? '') && field('response') === wanted) response.end(clip);
          else response.writeHead(401, { 'www-authenticate': 'Digest realm="cam, one", nonce="n0nce", qop="auth,auth-int", opaque="o", algorithm=MD5' }).end();
        }

        const places: readonly (readonly [string, () => string, object])[] = [
          ['rtsp', () => rtsp.url, AUTH],
          ['rtsp over udp', () => rtsp.testUrl, { ...AUTH, rtspTransport: 'udp' }],
          ['http, Basic', () => `${web.url}/basic.mp4`, AUTH],
          ['http, Digest', () => `${web.url}/digest.mp4`, AUTH],
          ['http, a redirect to itself', () => `${web.url}/again.mp4`, AUTH],
          ['http, a playlist', () => `${web.url}/basic.m3u8`, AUTH],
          ['http, in the query', () => `${web.url}/token.mp4?user=viewer&password=hunter2`, {}],
        ];
        for (const [what, url, source] of places) {
          it(`${what}: plays, and no process shows it`, async function () {
            if (process.platform !== 'linux') this.skip();
            let seen: ReturnType<typeof processTree> = [];
            assert.equal(await played(url(), source, () => { seen = processTree(process.pid); }), 3);
            const shown = seen.filter(({ command }) => !command.includes('rtsp-server.py')); // the camera of the test
            if (name === 'ffmpeg') assert.ok(shown.some(({ command }) => / -i /.test(command)), 'the program was seen');
            for (const { command, environmentIsPrivate } of shown) {
              assert.doesNotMatch(command, /s3\/e:c|s3%2F|hunter2|guard:/);
              assert.ok(environmentIsPrivate);
            }
          });
        }
        it('that a server sends elsewhere does not go with it', async () => {
          assert.equal(await played(`${web.url}/elsewhere.mp4`, AUTH), 3);
          assert.deepEqual(told.filter((header) => header !== undefined), []);
        });
        it('that is wrong is in no error', async () => {
          for (const url of [rtsp.url, `${web.url}/basic.mp4`, `${web.url}/digest.mp4`]) {
            const options = { source: sourceSchema.parse({ location: url, username: 'viewer', password: 'hunter2' }), producer: producerSchema.parse({}), threads: 1, realtime: false };
            await assert.rejects(backend.openDecoder(options), (error: Error & { code: string }) => error.code === 'SOURCE_AUTH_FAILED' && !error.message.includes('hunter2'), url);
          }
        });
      });
    });
  }

  it('a path of the program is no line for a shell', async () => {
    const marker = join(folder, 'marker');
    for (const path of [`ffmpeg; touch ${marker}`, `$(touch ${marker})`, `| touch ${marker}`, '-version']) await openFfmpegBackend({ ffmpegPath: path });
    assert.ok(!existsSync(marker));
  });

  it('a link in an uploaded folder of pictures leads to no text', async () => {
    symlinkSync(join(folder, 'secret.txt'), join(uploads, 'zz.png'));
    for (const { open } of backends) {
      const options = { source: sourceSchema.parse({ location: join(uploads, 'zz.png') }), producer: producerSchema.parse({}), threads: 1, realtime: false };
      await assert.rejects((await open()).openDecoder(options), { code: 'SOURCE_OPEN_FAILED' });
    }
  });
});
