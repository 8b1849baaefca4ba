import assert from 'node:assert/strict';

import { EncodedRing, type RingFrame } from '../../../dist/runtime/record/encoded-ring.js';

/** Frame `index` at 10 a second, a key frame every second. */
function frameAt(index: number, bytes = 100): RingFrame {
  return { index, position: index / 10, ptsUs: index * 100_000, isKey: index % 10 === 0, data: Buffer.alloc(bytes) };
}

describe('record/encoded-ring', () => {
  it('reaches back as far as asked and at most a key frame more, and begins with a key frame', () => {
    const ring = new EncodedRing({ spanUs: 3_000_000, bytes: 1e9 });
    for (let index = 0; index < 500; index += 1) {
      ring.push(frameAt(index));
      const [first] = ring.frames;
      assert.ok(first?.isKey);
      const backUs = index * 100_000 - first.ptsUs;
      assert.ok(backUs >= Math.min(index * 100_000, 3_000_000) && backUs < 4_900_000, `${backUs} µs at ${index}`);
      assert.equal(ring.bytes, ring.frames.length * 100);
    }
    assert.equal(ring.isCut, false);
  });

  it('never holds more bytes than it may, whatever comes', () => {
    const ring = new EncodedRing({ spanUs: 60_000_000, bytes: 5000 });
    for (let index = 0; index < 1000; index += 1) {
      // a large frame now and then, alone too large once
      ring.push(frameAt(index, index === 555 ? 6000 : index % 10 === 0 ? 900 : 100));
      assert.ok(ring.bytes <= 5000, `${ring.bytes} bytes at ${index}`);
      assert.ok(ring.frames[0]?.isKey !== false);
    }
    assert.equal(ring.isCut, true);
    assert.ok(ring.frames.length > 0);
  });

  it('gives frames from the key frame at or before a time, and takes none before the first key frame', () => {
    const ring = new EncodedRing({ spanUs: 10_000_000, bytes: 1e9 });
    for (let index = 5; index < 45; index += 1) ring.push(frameAt(index));
    const from = (us: number): number | undefined => ring.from(us)[0]?.index;
    assert.deepEqual([from(-1), from(1_000_000), from(1_999_999), from(2_000_000), from(9e9)], [10, 10, 10, 20, 40]);
  });
});
