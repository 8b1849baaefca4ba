import assert from 'node:assert/strict';

import { z } from 'zod';

import { check, hidePassword, MAX_RESULT_BYTES, MAX_RESULT_DEPTH, MAX_RESULT_VALUES, plainCopy } from '../../../dist/runtime/base/index.js';

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);

/** Of the limits, what is just taken and what is one too much. */
const EDGES: readonly (readonly [string, unknown, unknown, RegExp])[] = [
  ['values', Array.from({ length: MAX_RESULT_VALUES - 1 }, () => 0), Array.from({ length: MAX_RESULT_VALUES }, () => 0), /more than 1048576 values/],
  ['depth', nested(MAX_RESULT_DEPTH), nested(MAX_RESULT_DEPTH + 1), /nested more than 64 deep/],
  ['binary data', new Uint8Array(MAX_RESULT_BYTES), new Uint8Array(MAX_RESULT_BYTES + 1), /more than 64 MiB/],
  ['text', 'x'.repeat(MAX_RESULT_BYTES), 'x'.repeat(MAX_RESULT_BYTES + 1), /more than 64 MiB/],
];

describe('a text of megabytes', () => {
  it('is refused, and searched for passwords, in no time that grows with its square', () => {
    const long = 'x'.repeat(2 ** 20);
    assert.throws(() => check(z.object({ location: z.string().max(4096) }), { location: long }), { code: 'OPTION_INVALID', message: /^location: .{1,200}$/ });
    assert.equal(hidePassword(long), long);
    assert.equal(hidePassword(`${long} rtsp://me:secret@host/`), `${long} rtsp://me:***@host/`);
  });
});

describe('a copy of plain data', () => {
  for (const [what, taken, refused, says] of EDGES) {
    it(`takes as much as the limit says and no more: ${what}`, () => {
      assert.deepEqual(plainCopy(taken), taken);
      assert.throws(() => plainCopy(refused), { code: 'ALGO_RUN_FAILED', message: says });
    });
  }

  it('is none of what goes in a circle, of a list with a giant hole, or of what is deep inside of a map or a set', () => {
    const circle: unknown[] = [];
    circle.push({ again: circle });
    const hole: unknown[] = [];
    hole.length = 2 ** 32 - 1;
    assert.throws(() => plainCopy(circle), { code: 'ALGO_RUN_FAILED', message: /or in a circle/ });
    assert.throws(() => plainCopy(hole), { code: 'ALGO_RUN_FAILED', message: /values/ });
    for (const inner of [new Map([['a', nested(64)]]), new Set([nested(64)])]) assert.throws(() => plainCopy(inner), /nested/);
  });

  it('keeps what is strange but data: NaN, big numbers, undefined', () => {
    const strange = { nan: NaN, big: 2n ** 70n, none: undefined, map: new Map([[1, new Set([2])]]) };
    assert.deepEqual(plainCopy(strange), strange);
    assert.equal(plainCopy(undefined), null);
  });

  it('names the part that is no data', () => {
    assert.throws(() => plainCopy({ boxes: [{ draw: () => 1 }] }), /^Error: result\.boxes\[0\]\.draw is no plain data/);
  });
});
