import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type MediaBackend } from '../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { openLibavBackend } from '../../../../dist/runtime/media/backends/libav/index.js';
import { finishMp4 } from '../../../../dist/runtime/media/mp4/index.js';
import { paintTestPattern } from '../../../../dist/runtime/media/test-pattern.js';
import { boxTypes, topBoxes } from '../../../support/mp4.js';
import { frameNumbers, frameTimes } from '../../../support/video-frames.js';

const SIZE = { width: 320, height: 180 };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Frames of each whole fragment of the bytes, by its index. */
function fragmentFrames(bytes: Buffer): number[] {
  const whole = topBoxes(bytes).filter(({ end }) => end <= bytes.length);
  return whole.flatMap(({ type, at }, i) => (type === 'moof' && whole[i + 1]?.type === 'mdat' ? [bytes.readUInt32BE(bytes.indexOf('trun', at) + 8)] : []));
}

const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);

describe('media/mp4: finishMp4', () => {
  const folder = mkdtempSync(join(tmpdir(), 'finish-mp4-'));
  const path = join(folder, 'torn.mp4');
  let torn: Buffer;
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  async function writeTorn(backend: MediaBackend, name: string): Promise<string> {
    const file = join(folder, name);
    const encoder = await backend.openEncoder({ path: file, ...SIZE, fps: { num: 25, den: 1 }, crf: 23, preset: 'veryfast', threads: 1 });
    const planes = { ...SIZE, planes: [new Uint8Array(320 * 180), new Uint8Array(160 * 90), new Uint8Array(160 * 90)] as const, strides: [320, 160, 160] as const };
    for (let n = 0; n < 160; n += 1) {
      paintTestPattern(n, planes);
      await encoder.write(planes, n * 40_000);
    }
    await encoder.destroy();
    return file;
  }

  before(async () => { torn = readFileSync(await writeTorn(await openLibavBackend(), 'libav.mp4')); });

  it('cut off at any byte, every whole fragment is kept, and the same bytes come whatever was behind it', async () => {
    const bounds = topBoxes(torn).flatMap(({ at }) => [at - 1, at, at + 1, at + 7, at + 8]);
    const cuts = [...new Set([...bounds, ...Array.from({ length: 400 }, (_, n) => Math.round((n * torn.length) / 399))])].filter((cut) => cut >= 0 && cut <= torn.length);
    const byFragments = new Map<number, Buffer>();
    for (const cut of cuts) {
      writeFileSync(path, torn.subarray(0, cut));
      const fragments = fragmentFrames(torn.subarray(0, cut));
      const finished = await finishMp4(path, 'torn');
      assert.deepEqual(finished, { frames: sum(fragments), isEmpty: fragments.length === 0 }, `cut at ${cut}`);
      const bytes = readFileSync(path);
      if (fragments.length === 0) assert.equal(bytes.length, cut, 'what holds nothing stays as it was');
      else assert.deepEqual(bytes, byFragments.get(fragments.length) ?? bytes, `cut at ${cut}`);
      byFragments.set(fragments.length, bytes);
    }
    assert.ok(byFragments.size > 5, `${byFragments.size} kinds of files`);
    for (const [fragments, bytes] of [...byFragments].filter(([count]) => count > 0)) {
      writeFileSync(path, bytes);
      const frames = sum(fragmentFrames(torn).slice(0, fragments));
      assert.deepEqual(boxTypes(path), ['ftyp', 'mdat', 'moov']);
      const numbers = frameNumbers(path, SIZE);
      // of the last ones, frames are stored before those between them
      assert.deepEqual([numbers.length, numbers.slice(0, -3)], [frames, upTo(frames - 3)], 'the first frames of all');
      assert.ok((numbers.at(-1) ?? 0) < frames + 3, String(numbers.slice(-3)));
      assert.deepEqual(frameTimes(path), numbers.map((n) => n / 25));
    }
  });

  it('the ffmpeg program writes what is finished likewise', async () => {
    const file = await writeTorn(await openFfmpegBackend(), 'program.mp4');
    const expected = sum(fragmentFrames(readFileSync(file)));
    assert.ok(expected > 50, `${expected} frames`);
    assert.deepEqual(await finishMp4(file, 'torn'), { frames: expected, isEmpty: false });
    assert.deepEqual(frameNumbers(file, SIZE), upTo(expected));
  });

  it('a crash while it is finished leaves a file that is finished the next time', async () => {
    writeFileSync(path, torn);
    await finishMp4(path, 'torn');
    const whole = readFileSync(path);
    const [, data, index] = topBoxes(whole);
    assert.ok(data && index);
    // the index is there, in part or all of it, the 16 bytes at the front are not
    for (const end of [index.at + 9, index.end - 1, index.end]) {
      const before = Buffer.from(whole.subarray(0, end));
      torn.copy(before, data.at, data.at, data.at + 16);
      writeFileSync(path, before);
      await finishMp4(path, 'torn');
      assert.deepEqual(readFileSync(path), whole);
    }
    assert.deepEqual(await finishMp4(path, 'torn'), { frames: sum(fragmentFrames(torn)), isEmpty: false }, 'it is finished already');
    assert.deepEqual(readFileSync(path), whole);
  });

  it('an end that was never written is cut off: zeros in place of frames', async () => {
    const data = topBoxes(torn).filter(({ type, end }) => type === 'mdat' && end <= torn.length);
    const [third, fourth] = data.slice(2);
    assert.ok(third && fourth);
    const bytes = Buffer.from(torn);
    bytes.fill(0, third.end - 700, third.end - 10);
    writeFileSync(path, bytes);
    assert.equal((await finishMp4(path, 'torn')).frames, sum(fragmentFrames(torn).slice(0, 2)));
    bytes.fill(0, third.at);
    writeFileSync(path, bytes);
    assert.equal((await finishMp4(path, 'torn')).frames, sum(fragmentFrames(torn).slice(0, 2)));
  });

  it('what is no recording, or is broken in its head, stays as it is', async () => {
    const noHead = Buffer.from(torn);
    noHead.fill(0, 0, 512);
    const wild = Buffer.from(torn);
    wild.writeUInt32BE(0xffff_fff0, topBoxes(torn).find(({ type }) => type === 'moov')?.at ?? 0);
    for (const [bytes, isEmpty] of [[noHead, false], [Buffer.from('not a video'.repeat(50)), false], [Buffer.alloc(0), true], [wild, true]] as const) {
      writeFileSync(path, bytes);
      assert.deepEqual(await finishMp4(path, 'torn'), { frames: 0, isEmpty });
      assert.deepEqual(readFileSync(path), bytes);
    }
  });

  it('broken at any place, it neither throws nor hangs, and keeps no more than was there', async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const indices = topBoxes(torn).filter(({ type }) => type === 'moov' || type === 'moof');
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(torn);
      const box = indices[random(indices.length)];
      assert.ok(box);
      for (let n = 0; n < 4; n += 1) bytes[box.at + random(Math.min(box.end, bytes.length) - box.at)] = random(256);
      writeFileSync(path, bytes);
      const { frames } = await finishMp4(path, 'torn');
      assert.ok(frames <= sum(fragmentFrames(torn)), `round ${round}`);
    }
  });

  it('a file over 4 GiB and of more than 71 minutes, which are 32 bits of microseconds, is found and timed to its end', async () => {
    const boxes = topBoxes(torn);
    const index = boxes.findIndex(({ type }) => type === 'moof');
    const [moof, data] = [boxes[index], boxes[index + 1]];
    assert.ok(moof && data);
    // the first fragment's box of data gets a hole of 5 GiB behind its frames; each one that follows comes half an hour later
    const head = Buffer.from(torn.subarray(0, data.at));
    const offsetAt = head.indexOf('trun', moof.at) + 12;
    head.writeUInt32BE(head.readUInt32BE(offsetAt) + 8, offsetAt);
    const dataHead = Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.from('mdat'), Buffer.alloc(8)]);
    dataHead.writeBigUInt64BE(BigInt(5 * 2 ** 30), 8);
    const rest = Buffer.from(torn.subarray(data.end));
    let laterUs = 0n;
    for (let at = rest.indexOf('tfdt'); at >= 0; at = rest.indexOf('tfdt', at + 4)) {
      laterUs += 1_800_000_000n;
      rest.writeBigUInt64BE(rest.readBigUInt64BE(at + 8) + laterUs, at + 8);
    }
    writeFileSync(path, Buffer.concat([head, dataHead, torn.subarray(data.at + 8, data.end)]));
    const file = openSync(path, 'r+');
    writeSync(file, rest, 0, rest.length, data.at + 5 * 2 ** 30);
    closeSync(file);
    const fragments = fragmentFrames(torn);
    const frames = sum(fragments);
    assert.ok(fragments.length > 4);
    assert.deepEqual(await finishMp4(path, 'torn'), { frames, isEmpty: false });
    assert.deepEqual(frameNumbers(path, SIZE), upTo(frames));
    assert.equal(frameTimes(path).at(-1), (frames - 1) / 25 + 1800 * (fragments.length - 1));
    rmSync(path);
  });
});
