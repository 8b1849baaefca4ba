import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { findCameras, streamsOfCamera } from '../../../../dist/runtime/jobs/cameras/cameras.js';
import { type OnvifCamera, type OnvifCameraOptions, startOnvifCamera } from '../../../support/servers/onvif.js';

const AUTH = { username: 'viewer', password: 's3cret <&"' };
const YARD: OnvifCameraOptions = {
  name: 'Yard Ä', hardware: 'SX-10', auth: AUTH,
  profiles: [
    { token: 'main', name: 'Main stream', uri: 'rtsp://127.0.0.1:8554/main?a=1&b=2', size: [1920, 1080], fps: 25 },
    { token: 'sub', name: '', uri: 'rtsp://viewer:in-clear@127.0.0.1:8554/sub', codec: 'JPEG', size: [640, 360], fps: 5 },
  ],
};

const isCode = (code: string, message = /./) => (error: unknown): boolean => {
  const { code: found, message: said } = error as { code: string; message: string };
  assert.equal(found, code, said);
  assert.match(said, message);
  assert.doesNotMatch(said, /s3cret/);
  return true;
};

describe('jobs/cameras', function () {
  this.timeout(60_000);
  const started: OnvifCamera[] = [];
  const start = async (options: Partial<OnvifCameraOptions> = {}): Promise<OnvifCamera> => {
    const camera = await startOnvifCamera({ ...YARD, ...options });
    started.push(camera);
    return camera;
  };
  afterEach(async () => { for (const camera of started.splice(0)) await camera.stop(); });

  describe('findCameras', () => {
    it('finds those that answer, with the names that they give themselves', async () => {
      const [yard, door] = [await start(), await start({ name: 'Door', hardware: 'Door' })];
      const found = await findCameras({ seconds: 1 });
      const of = (name: string): string | undefined => found.find((one) => one.name === name)?.address;
      assert.equal(of('Yard Ä SX-10'), yard.address);
      assert.equal(of('Door'), door.address);
      assert.equal(found.filter(({ name }) => name === 'Door').length, 1, 'one camera that answers by several networks is told once');
    });

    it('takes the place that an answer came from, wherever that answer points', async () => {
      await start({ name: 'Liar', hardware: 'Liar', xaddrs: 'http://10.99.99.99:8080/onvif/device_service ftp://127.0.0.1/ not-a-url' });
      const found = await findCameras({ seconds: 1 });
      assert.equal(found.find(({ name }) => name === 'Liar')?.address, 'http://127.0.0.1:8080/onvif/device_service');
    });

    const hostile: readonly (readonly [what: string, answer: string])[] = [
      ['nothing of the kind', 'hello'],
      ['XML that ends early', '<s:Envelope><s:Body>'],
      ['another message', '<s:Envelope xmlns:s="x"><s:Body><other/></s:Body></s:Envelope>'],
      ['a match without anything', '<s:Envelope xmlns:s="x"><s:Body><d:ProbeMatches><d:ProbeMatch/></d:ProbeMatches></s:Body></s:Envelope>'],
      ['entities that grow', `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}">]><s:Envelope><s:Body>&c;</s:Body></s:Envelope>`],
      ['60 kB', `<s:Envelope xmlns:s="x"><s:Body>${'<a>'.repeat(15_000)}</s:Body></s:Envelope>`],
      ['bytes that are no text', '\0\u0001\ufffd'.repeat(1000)],
    ];
    for (const [what, answer] of hostile) {
      it(`is not kept from the others by ${what}`, async () => {
        await start();
        const socket = createSocket({ type: 'udp4', reuseAddr: true });
        socket.on('message', (_probe, { port, address }) => { for (let n = 0; n < 3; n += 1) socket.send(answer, port, address); });
        socket.bind(3702);
        await once(socket, 'listening');
        socket.addMembership('239.255.255.250', '127.0.0.1');
        try {
          const found = await findCameras({ seconds: 1 });
          assert.ok(found.some(({ name }) => name === 'Yard Ä SX-10'), JSON.stringify(found));
        } finally {
          socket.close();
        }
      });
    }

    it('stops when it is told to', async () => {
      const abort = new AbortController();
      const finding = findCameras({ seconds: 60, signal: abort.signal });
      abort.abort(new Error('enough'));
      await assert.rejects(finding, /enough/);
    });
  });

  describe('streamsOfCamera', () => {
    it('tells the streams, with their addresses, which hold no password', async () => {
      const { address } = await start();
      assert.deepEqual(await streamsOfCamera({ address, ...AUTH }), { streams: [
        { name: 'Main stream', location: 'rtsp://127.0.0.1:8554/main?a=1&b=2', codec: 'H264', width: 1920, height: 1080, fps: 25 },
        { name: 'sub', location: 'rtsp://127.0.0.1:8554/sub', codec: 'JPEG', width: 640, height: 360, fps: 5 },
      ] });
    });

    it('takes a host and port as well', async () => {
      const { address } = await start({ profiles: YARD.profiles.slice(0, 1) });
      const { host } = new URL(address);
      assert.equal((await streamsOfCamera({ address: host, ...AUTH })).streams.length, 1);
    });

    it('of a camera whose clock is wrong, too', async () => {
      const { address } = await start({ clockAheadMs: 3 * 86_400_000 });
      assert.equal((await streamsOfCamera({ address, ...AUTH })).streams.length, 2);
    });

    it('says that the password is refused, and why that may be', async () => {
      const { address } = await start();
      await assert.rejects(streamsOfCamera({ address, username: 'viewer', password: 'wrong' }), isCode('SOURCE_AUTH_FAILED', /user or password is refused.*clock/));
      await assert.rejects(streamsOfCamera({ address }), isCode('SOURCE_AUTH_FAILED'));
    });

    it('says when there is no stream for us', async () => {
      const { address } = await start({ profiles: [{ token: 'web', name: 'web', uri: 'http://127.0.0.1/cam.cgi' }] });
      await assert.rejects(streamsOfCamera({ address, ...AUTH }), isCode('SOURCE_NO_VIDEO', /names no RTSP stream/));
    });

    it('says when nobody listens there', async () => {
      const { address } = await start();
      await started.pop()?.stop();
      await assert.rejects(streamsOfCamera({ address, ...AUTH }), isCode('SOURCE_OPEN_FAILED', /nothing listens there/));
    });

    for (const address of ['', 'ftp://camera', 'http://user:pw@camera', 'a b', 'http://']) {
      it(`refuses the address "${address}"`, async () => {
        await assert.rejects(streamsOfCamera({ address }), isCode('OPTION_INVALID', /address: expected that of a camera/));
      });
    }

    const answers: readonly (readonly [what: string, answer: string])[] = [
      ['nothing', ''],
      ['a web page', '<!doctype html><html><body>Login</body></html>'],
      ['XML without what was asked for', '<s:Envelope xmlns:s="x"><s:Body><other/></s:Body></s:Envelope>'],
      ['entities that grow', `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}">]><s:Envelope xmlns:s="x"><s:Body>&b;&b;</s:Body></s:Envelope>`],
      ['deep XML', `<s:Envelope xmlns:s="x"><s:Body>${'<a>'.repeat(200_000)}</s:Body></s:Envelope>`],
    ];
    for (const [what, answer] of answers) {
      it(`fails with a clear error where it is answered with ${what}`, async () => {
        const { address } = await start({ answer: () => answer });
        await assert.rejects(streamsOfCamera({ address, ...AUTH }), isCode('SOURCE_OPEN_FAILED'));
      });
    }

    describe('by a server that', () => {
      let server: Server;
      const sockets = new Set<Socket>();
      const serve = async (onConnect: (socket: Socket) => void): Promise<string> => {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => undefined);
          onConnect(socket);
        });
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        return `127.0.0.1:${(server.address() as AddressInfo).port}`;
      };
      afterEach(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });

      it('never answers: a time-out', async () => {
        const address = await serve(() => undefined);
        await assert.rejects(streamsOfCamera({ address, ...AUTH }), isCode('SOURCE_TIMEOUT', /no answer within/));
      });

      it('never ends its answer: no more memory than is allowed', async () => {
        const chunk = Buffer.alloc(1 << 20, 'a');
        const address = await serve((socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/soap+xml\r\n\r\n');
          const more = (): void => { while (socket.writable && socket.write(chunk)); };
          socket.on('drain', more);
          more();
        });
        await assert.rejects(streamsOfCamera({ address, ...AUTH }), isCode('SOURCE_OPEN_FAILED', /more than 512 MiB/));
      });
    });
  });
});
