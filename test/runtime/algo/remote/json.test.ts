import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LaneAlgo, LaneFrame } from '../../../../dist/runtime/algo/index.js';
import { AnyServer, openRemote, smallFrame } from '../../../support/remote.js';

const { signal } = new AbortController();

/** A frame of 32 × 16 pixels, left half red, right half blue. */
function twoColours(): LaneFrame {
  const data = new Uint8Array(32 * 16 * 3);
  for (let i = 0; i < 32 * 16; i += 1) data[i * 3 + (i % 32 < 16 ? 0 : 2)] = 255;
  const info = { index: 7, sourceIndex: 12, ptsUs: 1_500_000, width: 64, height: 32 };
  return { kind: 'pixels', info, width: 32, height: 16, format: 'rgb24', data: data.buffer };
}

/** Red, green and blue of a JPEG's pixel, decoded by the ffmpeg program. */
function pixel(jpeg: Buffer, x: number, y: number): number[] {
  const file = join(mkdtempSync(join(tmpdir(), 'jpeg-')), 'a.jpg');
  writeFileSync(file, jpeg);
  const rgb = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  assert.equal(rgb.length, 32 * 16 * 3);
  return [...rgb.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
}

function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.ok(found.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) < 12), `${wanted.join()}, got ${found.join()}`);
}

function assertTwoColours(jpeg: Buffer): void {
  const [left, right] = [pixel(jpeg, 4, 8), pixel(jpeg, 28, 8)];
  assertNear(left, [255, 0, 0]);
  assertNear(right, [0, 0, 255]);
}

const HEAD = { index: 7, sourceIndex: 12, pts: 1.5, width: 32, height: 16 };

describe('algo/remote: pictures posted, JSON back', () => {
  let server: AnyServer;
  let algo: LaneAlgo | undefined;
  let answer = '{}';
  beforeEach(async () => {
    answer = '{}';
    server = await AnyServer.start((_asked, response) => { response.end(answer); });
  });
  afterEach(async () => {
    await algo?.close();
    await server.stop();
  });

  async function run(plan: Record<string, unknown>, frames: LaneFrame[] = [twoColours()]): Promise<unknown> {
    algo = await openRemote({ url: `${server.url}/detect?key=1`, protocol: 'json', ...plan });
    return await algo.run(frames, signal);
  }

  it('json: every frame as base64 with what is known of it', async () => {
    answer = '{"found":[1,null,"x"]}';
    assert.deepEqual(await run({ frameCount: 2, token: 'secret', headers: { 'X-Site': 'gate' } }, [twoColours(), twoColours()]), { found: [1, null, 'x'] });
    const [{ method, path, headers, body }] = server.asked as [typeof server.asked[0]];
    assert.equal(`${method} ${path}`, 'POST /detect?key=1');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers.authorization, 'Bearer secret');
    assert.equal(headers['x-site'], 'gate');
    const { frames, ...about } = JSON.parse(body.toString()) as { frames: { image: string }[] };
    assert.deepEqual(about, { algo: 'far', stream: 'camera' });
    assert.equal(frames.length, 2);
    const { image, ...head } = frames[0] as { image: string };
    assert.deepEqual(head, HEAD);
    assertTwoColours(Buffer.from(image, 'base64'));
  });

  it('jpeg: the file as the body, what is known of it in headers; the token in a header of its own', async () => {
    assert.deepEqual(await run({ body: 'jpeg', token: 'secret', tokenHeader: 'X-API-Key' }), {});
    const [{ headers, body }] = server.asked as [typeof server.asked[0]];
    assert.equal(headers['content-type'], 'image/jpeg');
    assert.equal(headers['x-api-key'], 'secret');
    assert.equal(headers.authorization, undefined);
    assert.deepEqual([headers['x-frame-index'], headers['x-frame-pts'], headers['x-frame-width'], headers['x-frame-height']], ['7', '1.5', '32', '16']);
    assertTwoColours(body);
  });

  it('multipart: as a form with files', async () => {
    await run({ body: 'multipart', frameCount: 2 }, [twoColours(), twoColours()]);
    const [{ headers, body }] = server.asked as [typeof server.asked[0]];
    const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
    const parts = body.toString('latin1').split(`--${boundary}`).slice(1, -1).map((part) => {
      const end = part.indexOf('\r\n\r\n');
      return { head: part.slice(2, end), body: Buffer.from(part.slice(end + 4, -2), 'latin1') };
    });
    assert.deepEqual(JSON.parse(parts[0]?.body.toString() ?? ''), { algo: 'far', stream: 'camera', frames: [HEAD, HEAD] });
    assert.deepEqual(parts.map(({ head }) => head.toLowerCase().split('\r\n')), [
      ['content-disposition: form-data; name="info"'],
      ['content-disposition: form-data; name="image"; filename="0.jpg"', 'content-type: image/jpeg'],
      ['content-disposition: form-data; name="image"; filename="1.jpg"', 'content-type: image/jpeg'],
    ]);
    assertTwoColours(parts[2]?.body ?? Buffer.of());
  });

  it('raw: the pixels as they are', async () => {
    await run({ body: 'raw' });
    const [{ headers, body }] = server.asked as [typeof server.asked[0]];
    assert.deepEqual([headers['content-type'], headers['x-frame-format'], headers['x-frame-width']], ['application/octet-stream', 'rgb24', '32']);
    const frame = twoColours();
    assert.deepEqual(new Uint8Array(body), new Uint8Array(frame.data));
  });

  const PATHS: readonly [path: string, answer: unknown, result: unknown][] = [
    ['', [1], [1]],
    ['predictions', { success: true, predictions: [{ label: 'cat' }] }, [{ label: 'cat' }]],
    ['data[0].boxes', { data: [{ boxes: [1, 2] }] }, [1, 2]],
    ['[1].a-b', [0, { 'a-b': null }], null],
  ];
  for (const [resultPath, given, result] of PATHS) {
    it(`resultPath "${resultPath}"`, async () => {
      answer = JSON.stringify(given);
      assert.deepEqual(await run({ body: 'raw', resultPath }, [smallFrame()]), result);
    });
  }

  it('nothing at resultPath is an error that shows what is there', async () => {
    answer = '{"error":"no","code":3}';
    await assert.rejects(run({ body: 'raw', resultPath: 'predictions.items' }), { code: 'REMOTE_ANSWER_INVALID', message: /nothing is at predictions\.items in \{ error, code \}/ });
    answer = '{"a":{"constructor":1}}';
    await assert.rejects(run({ body: 'raw', resultPath: 'a.toString' }), { code: 'REMOTE_ANSWER_INVALID' });
  });

  it('what is no JSON is an error that shows how it begins', async () => {
    answer = readFileSync(__filename, 'utf8');
    await assert.rejects(run({ body: 'raw' }), { code: 'REMOTE_ANSWER_INVALID', message: /gave no JSON: "import assert/ });
  });
});
