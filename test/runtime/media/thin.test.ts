import assert from 'node:assert/strict';

import { fractionOf } from '../../../dist/runtime/media/fraction.js';
import { deliveredFps, openThinner } from '../../../dist/runtime/media/thin.js';

/** The rule word for word: the k-th frame delivered is ceil(k × source / fps). */
function byRule(source: { num: number; den: number }, fps: number, count: number): number[] {
  const numerator = BigInt(source.num) * 1_000_000n;
  const denominator = BigInt(source.den) * BigInt(Math.round(fps * 1_000_000));
  return Array.from({ length: count }, (_, k) => Number((BigInt(k) * numerator + denominator - 1n) / denominator));
}

function delivered(source: { num: number; den: number }, fps: number | undefined, frames: number): number[] {
  const { isDelivered } = openThinner(source, fps);
  return Array.from({ length: frames }, (_, n) => n).filter(isDelivered);
}

describe('media/thin', () => {
  for (const [source, fps, first] of [
    [{ num: 30, den: 1 }, 10, [0, 3, 6, 9]],
    [{ num: 30, den: 1 }, 12, [0, 3, 5, 8, 10, 13]],
    [{ num: 30, den: 1 }, 24, [0, 2, 3, 4, 5, 7]],
    [{ num: 30, den: 1 }, 7.5, [0, 4, 8, 12]],
    [{ num: 30_000, den: 1001 }, 15, [0, 2, 4, 6]],
    [{ num: 60, den: 1 }, 29.97, [0, 3, 5, 7, 9]],
  ] as const) {
    it(`${source.num}/${source.den} to ${fps}`, () => {
      const numbers = delivered(source, fps, 100_000);
      assert.deepEqual(numbers.slice(0, first.length), first);
      assert.deepEqual(numbers, byRule(source, fps, numbers.length));
    });
  }

  it('30 to 25 is exact where adding up floats goes wrong', () => {
    assert.ok(delivered({ num: 30, den: 1 }, 25, 60).includes(42));
    assert.ok(!delivered({ num: 30, den: 1 }, 25, 60).includes(43));
  });

  for (const [name, source, fps] of [
    ['no fps', { num: 30, den: 1 }, undefined],
    ['the same fps', { num: 30, den: 1 }, 30],
    ['a higher fps', { num: 25, den: 2 }, 30],
    ['an unknown source rate', { num: 0, den: 1 }, 5],
    ['a broken source rate', { num: 0, den: 0 }, 5],
  ] as const) {
    it(`${name}: every frame`, () => {
      assert.equal(delivered(source, fps, 50).length, 50);
    });
  }

  it('says what is delivered a second', () => {
    assert.deepEqual(deliveredFps({ num: 60, den: 2 }, undefined), { num: 30, den: 1 });
    assert.deepEqual(deliveredFps({ num: 30, den: 1 }, 7.5), { num: 15, den: 2 });
    assert.deepEqual(deliveredFps({ num: 25, den: 1 }, 30), { num: 25, den: 1 });
    assert.deepEqual(deliveredFps({ num: 0, den: 1 }, 30), { num: 0, den: 1 });
  });

  it('reads decimals as they are written', () => {
    assert.deepEqual(fractionOf(29.97), { num: 2997, den: 100 });
    assert.deepEqual(fractionOf(0.1), { num: 1, den: 10 });
    assert.deepEqual(fractionOf(1000), { num: 1000, den: 1 });
  });
});
