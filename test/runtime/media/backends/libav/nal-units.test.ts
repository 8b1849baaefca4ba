import assert from 'node:assert/strict';

import { nalLengthBytes, nalUnits } from '../../../../../dist/runtime/media/backends/libav/nal-units.js';

function units(bytes: readonly number[], lengthBytes: number | undefined): number[][] {
  return [...nalUnits(Buffer.from(bytes), lengthBytes)].map((unit) => [...unit]);
}

describe('media/libav: NAL units', () => {
  const rows: readonly { why: string; bytes: readonly number[]; lengthBytes: number | undefined; given: readonly (readonly number[])[] }[] = [
    { why: 'lengths of four bytes', bytes: [0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41], lengthBytes: 4, given: [[0x65, 1], [0x41]] },
    { why: 'lengths of two bytes', bytes: [0, 1, 0x41, 0, 2, 0x06, 7], lengthBytes: 2, given: [[0x41], [0x06, 7]] },
    { why: 'start codes of three and four bytes', bytes: [0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x65, 9], lengthBytes: undefined, given: [[0x09, 0xf0], [0x65, 9]] },
    { why: 'nothing', bytes: [], lengthBytes: 4, given: [] },
    { why: 'no start code', bytes: [1, 2, 3, 4], lengthBytes: undefined, given: [] },
    { why: 'a length beyond the end', bytes: [0, 0, 0, 1, 0x41, 0xff, 0xff, 0xff, 0xff, 1], lengthBytes: 4, given: [[0x41]] },
    { why: 'a length of 0', bytes: [0, 0, 0, 0, 0, 0, 0, 1, 0x41], lengthBytes: 4, given: [] },
    { why: 'a length that is cut off', bytes: [0, 0, 0, 1, 0x41, 0, 0], lengthBytes: 4, given: [[0x41]] },
  ];
  for (const { why, bytes, lengthBytes, given } of rows) {
    it(why, () => { assert.deepEqual(units(bytes, lengthBytes), given); });
  }

  it('the record of the decoder tells how long lengths are; without one there are start codes', () => {
    assert.equal(nalLengthBytes(Buffer.from([1, 0x64, 0, 0x28, 0xff]), 4), 4);
    assert.equal(nalLengthBytes(Buffer.from([1, 0x64, 0, 0x28, 0xfd]), 4), 2);
    assert.equal(nalLengthBytes(Buffer.from([1]), 4), 4, 'cut off');
    assert.equal(nalLengthBytes(Buffer.from([0, 0, 0, 1, 0x67]), 4), undefined);
    assert.equal(nalLengthBytes(null, 4), undefined);
  });
});
