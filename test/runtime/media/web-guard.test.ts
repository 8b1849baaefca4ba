import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

import type { Reach } from '../../../dist/runtime/base/index.js';
import { WebGuard } from '../../../dist/runtime/media/web-guard.js';
import { type HostileAnswer, type HostileServer, startHostileServer } from '../../support/servers/index.js';

/** Linux's loopback has many addresses: one stands for the world, one for the private network, one is this machine. */
const PUBLIC = '127.0.0.2';
const PRIVATE = '127.0.0.3';
const HERE = '127.0.0.1';
const reach = (address: string): Reach => (address === PUBLIC ? 'public' : address === PRIVATE ? 'private' : 'here');

describe('media: a source on the web', function () {
  this.timeout(60_000);
  const servers: HostileServer[] = [];
  const start = async (address: string, answers: Readonly<Record<string, HostileAnswer>>): Promise<HostileServer> => {
    const server = await startHostileServer(answers, address);
    servers.push(server);
    return server;
  };
  let guard: WebGuard;
  async function guardOf(url: string): Promise<WebGuard> {
    guard = (await WebGuard.open(url, reach)) ?? assert.fail('no guard: http_proxy is set');
    return guard;
  }
  before(function () { if (process.platform !== 'linux') this.skip(); });
  afterEach(async () => {
    (guard as WebGuard | undefined)?.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  /** FFmpeg itself, which follows whatever it is told to follow. */
  const ffmpeg = (url: string): Promise<void> => new Promise((resolve) => {
    execFile('ffmpeg', ['-v', 'error', '-nostdin', '-rw_timeout', '5000000', '-i', url, '-f', 'null', '-'], { env: { ...process.env, http_proxy: guard.proxy, no_proxy: '' } }, () => { resolve(); });
  });
  /** What the guard answers to a request of its own kind. */
  const ask = (path: string, { method = 'GET', password }: { readonly method?: string; readonly password?: string } = {}): Promise<{ readonly status: number; readonly text: string }> => {
    const { port, username, password: own } = new URL(guard.proxy);
    return new Promise((resolve, reject) => {
      const headers = { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password ?? own}`).toString('base64')}` };
      httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => { resolve({ status: response.statusCode ?? 0, text }); });
      }).on('error', reject).end();
    });
  };

  const playlist = (segment: string): string => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${segment}\n#EXT-X-ENDLIST\n`;
  const leads: readonly (readonly [string, string, 'asked' | 'left alone'])[] = [
    [PUBLIC, HERE, 'left alone'], [PUBLIC, PRIVATE, 'left alone'], [PRIVATE, HERE, 'left alone'],
    [PUBLIC, PUBLIC, 'asked'], [PRIVATE, PUBLIC, 'asked'], [PRIVATE, PRIVATE, 'asked'], [HERE, PRIVATE, 'asked'], [HERE, HERE, 'asked'],
  ];
  for (const [from, to, what] of leads) {
    it(`a redirect, a segment, a key and a variant of ${reach(from)} may lead to ${reach(to)}: it is ${what}`, async () => {
      const victim = await start(to, {});
      const evil = await start(from, {
        '/away.mp4': (_request, response) => { response.writeHead(302, { location: `${victim.url}/redirect` }).end(); },
        '/list.m3u8': playlist(`${victim.url}/segment.ts`),
        '/key.m3u8': playlist(`${victim.url}/other.ts`).replace('#EXTINF', `#EXT-X-KEY:METHOD=AES-128,URI="${victim.url}/key"\n#EXTINF`),
        '/master.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${victim.url}/variant.m3u8\n`,
      });
      for (const path of ['/away.mp4', '/list.m3u8', '/key.m3u8', '/master.m3u8']) {
        await guardOf(evil.url + path);
        await ffmpeg(guard.url);
        assert.ok(evil.requests.includes(path), path);
        const before = victim.requests.length;
        if (what === 'asked') assert.ok(before > 0, path);
        else assert.match(guard.failure ?? '', new RegExp(`^${to.replaceAll('.', '\\.')}:\\d+: a source must not lead to `), path);
        guard.close();
      }
      if (what === 'left alone') assert.deepEqual(victim.requests, []);
    });
  }

  it('over https too, and by a name that means this machine', async () => {
    await guardOf(`http://${PUBLIC}/list.m3u8`);
    const { port, username, password } = new URL(guard.proxy);
    const proof = Buffer.from(`${username}:${password}`).toString('base64');
    for (const target of ['127.0.0.1:443', 'localhost:443', '169.254.169.254:443', '[::1]:443']) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => { socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${proof}\r\n\r\n`); });
        let text = '';
        socket.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('close', () => { resolve(text); });
      });
      assert.match(answer, /^HTTP\/1\.1 502 /, target);
    }
    for (const url of ['http://localhost:1/', 'http://127.1:1/', 'http://2130706433:1/', 'http://0x7f000001:1/', 'http://[::ffff:127.0.0.1]:1/']) {
      assert.equal((await ask(url)).status, 502, url);
      assert.match(guard.failure ?? '', /a source must not lead to/, url);
    }
  });

  it('is no proxy for others: it wants its password, and does nothing but get', async () => {
    const home = await start(HERE, { '/a': 'bytes' });
    await guardOf(`${home.url}/a`);
    assert.deepEqual(await ask(`${home.url}/a`), { status: 200, text: 'bytes' });
    assert.equal((await ask(`${home.url}/a`, { password: 'x' })).status, 407);
    assert.equal((await ask(`${home.url}/a`, { password: '' })).status, 407);
    for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await ask(`${home.url}/a`, { method })).status, 400, method);
    for (const path of ['/a', 'https://127.0.0.1/a', 'file:///etc/passwd', 'http://']) assert.equal((await ask(path)).status, 400, path);
    assert.deepEqual(home.requests, ['/a']);
  });

  it('of a URL with secrets shows none, and asks for the whole', async () => {
    const home = await start(HERE, { '/a?x=1&token=hunter2': 'bytes' });
    await guardOf(`${home.url.replace('//', '//me:hunter3@')}/a?x=1&token=hunter2#part`);
    assert.equal(guard.url, `${home.url}/a?x=1&token=***`);
    assert.deepEqual(await ask(guard.url), { status: 200, text: 'bytes' });
    for (const [url, shown] of [['https://u:p@192.0.2.1/x', 'http://192.0.2.1:443/x'], ['https://192.0.2.1/x', 'https://192.0.2.1/x']] as const) {
      guard.close();
      assert.equal((await guardOf(url)).url, shown);
    }
  });

  it('a server that never ends its answer ends with the guard', async () => {
    const home = await start(HERE, { '/a': (_request, response) => { response.write('bytes'); } });
    await guardOf(`${home.url}/a`);
    const asked = ask(`${home.url}/a`).then(() => 'ended', () => 'cut');
    await new Promise<void>((resolve) => { const look = (): void => { if (home.requests.length > 0) resolve(); else setImmediate(look); }; look(); });
    guard.close();
    assert.match(await asked, /ended|cut/);
  });
});
