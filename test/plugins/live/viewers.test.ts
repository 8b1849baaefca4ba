import assert from 'node:assert/strict';
import { connect } from 'node:net';

import { BEACH } from '../../support/flows.js';
import { startNodeRed, type NodeRed } from '../../support/node-red.js';

const TOKEN = 'open sesame!';

const at = { z: 'tab1', x: 100, y: 100 };
const flowOf = (token: string): readonly object[] => [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'shown', type: 'stream-engine', version: 1, name: 'for viewers', live: true, credentials: { liveToken: token } },
  { id: 'beach', type: 'stream-source', ...at, name: 'beach & sea', wires: [['small']], version: 1, location: BEACH, loop: true, start: 'deploy', engine: 'shown' },
  { id: 'small', type: 'stream-producer', ...at, wires: [['moves']], version: 1, width: '320', height: '', fps: '' },
  { id: 'moves', type: 'stream-algo', ...at, name: 'moves', wires: [[]], version: 1, kind: 'motion', interval: 0 },
  { id: 'hidden', type: 'stream-source', ...at, name: 'hidden', wires: [['hidden-moves']], version: 1, location: 'test:', start: 'deploy', engine: '' },
  { id: 'hidden-moves', type: 'stream-algo', ...at, name: 'hidden moves', wires: [[]], version: 1, kind: 'motion' },
];

describe('plugins/live: viewers by HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async () => {
    // flows are served below a path of their own
    nodeRed = await startNodeRed({ settings: { httpNodeRoot: '/api' } });
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(flowOf(TOKEN)) });
    while ((await see('beach.jpg')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  after(() => nodeRed.stop());

  const urlOf = (path: string, token: string): string => `${nodeRed.url}/api/stream-infer/live/${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
  const see = (path: string, { token = TOKEN, ...init }: RequestInit & { token?: string } = {}): Promise<Response> => fetch(urlOf(path, token), init);

  /** Parts of a moving picture as they come, until `enough` of them. */
  async function watch(response: Response, enough: number): Promise<readonly Buffer[]> {
    const [, boundary] = /boundary=(.+)$/.exec(response.headers.get('content-type') ?? '') ?? [];
    let bytes = Buffer.alloc(0);
    for await (const chunk of response.body ?? assert.fail('no body')) {
      bytes = Buffer.concat([bytes, chunk as Uint8Array]);
      const parts = bytes.toString('latin1').split(`--${boundary}\r\n`).slice(1, -1);
      if (parts.length >= enough) return parts.map((part) => Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4, -2), 'latin1'));
    }
    return assert.fail('it ended');
  }

  it('a single picture, by the name of the stream or the id of its source', async () => {
    for (const path of ['beach.jpg', `${encodeURIComponent('beach & sea')}.jpg`, 'beach.jpeg?width=100&draw=none', 'beach.jpg?draw=moves']) {
      const response = await see(path);
      assert.deepEqual([response.status, response.headers.get('content-type'), response.headers.get('cache-control')], [200, 'image/jpeg', 'no-store'], path);
      assert.deepEqual([...new Uint8Array(await response.arrayBuffer()).subarray(0, 3)], [0xff, 0xd8, 0xff]);
    }
  });

  it('a moving picture: whole JPEGs one after the other, each another one', async () => {
    const gone = new AbortController();
    const pictures = await watch(await see('beach.mjpg?width=160&fps=25', { signal: gone.signal }), 4);
    gone.abort();
    for (const jpeg of pictures) assert.deepEqual([jpeg.readUInt16BE(0), jpeg.readUInt16BE(jpeg.length - 2)], [0xffd8, 0xffd9]);
    assert.ok(new Set(pictures.map((jpeg) => jpeg.toString('latin1'))).size >= 3);
  });

  it('the token may come as a header', async () => {
    const response = await fetch(`${nodeRed.url}/api/stream-infer/live/beach.jpg`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  });

  it('without the token nothing is seen or learnt: the same answer for streams that are there and that are not', async () => {
    for (const token of ['', 'wrong', `${TOKEN}x`]) {
      const answers = await Promise.all(['beach.jpg', 'beach.mjpg', 'hidden.jpg', 'none.jpg'].map(async (path) => {
        const response = await see(path, { token });
        return `${response.status} ${await response.text()}`;
      }));
      assert.deepEqual(new Set(answers), new Set(['401 {"code":"STATE_INVALID","message":"token: missing or wrong"}']));
    }
  });

  it('with it only streams of its engine are seen', async () => {
    for (const path of ['hidden.jpg', 'none.jpg', 'beach', 'beach.png', '..%2f..%2fsettings.js', '__proto__.jpg']) assert.equal((await see(path)).status, 404, path);
  });

  it('what makes no sense is named', async () => {
    for (const [query, message] of [['width=5', /width/], ['width=1e9', /width/], ['width=a', /width/], ['fps=0', /fps/], ['draw=nobody', /no algo nobody; there are moves/], ['width=5&width=6', /width/]] as const) {
      const response = await see(`beach.jpg?${query}`);
      assert.equal(response.status, 400);
      assert.match(await response.text(), message);
    }
  });

  it('one who reads slowly gets fewer pictures, and holds up nobody', async () => {
    const url = new URL(urlOf('beach.mjpg?width=320&fps=25', TOKEN));
    const slow = connect(Number(url.port), url.hostname);
    slow.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
    slow.pause();
    const gone = new AbortController();
    await watch(await see('beach.mjpg?width=320&fps=25', { signal: gone.signal }), 10);
    gone.abort();
    slow.destroy();
  });

  it('a token that is changed ends what is watched with the old one', async () => {
    const response = await see('beach.mjpg?width=64&fps=25');
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(flowOf('a new one, longer')) });
    const reader = (response.body ?? assert.fail()).getReader();
    while (!(await reader.read()).done) { /* until it ends */ }
    // the answer to the deploy may come before the new flow plays
    while ((await see('beach.jpg', { token: 'a new one, longer' })).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await see('beach.jpg')).status, 401);
  });

  it('no more than so many at a time', async () => {
    const gone = new AbortController();
    const token = 'a new one, longer';
    const all = await Promise.all(Array.from({ length: 64 }, () => see('beach.mjpg?width=64', { token, signal: gone.signal })));
    assert.ok(all.every(({ status }) => status === 200));
    const refused = await see('beach.jpg', { token });
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
    gone.abort();
    while ((await see('beach.jpg', { token })).status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('a token that is too short is refused when the flows start', async () => {
    await nodeRed.admin('/flows', { method: 'POST', body: JSON.stringify(flowOf('short')) });
    while (!nodeRed.logs.some((line) => /liveToken: live pictures need a token of at least 8 characters/.test(line))) await new Promise((resolve) => setTimeout(resolve, 50));
  });
});
