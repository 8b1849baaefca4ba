import assert from 'node:assert/strict';

import { type Picture, PictureWatch, type PictureWatchOptions } from '../../../dist/runtime/media/index.js';
import type { YuvPlanes } from '../../../dist/runtime/vision/index.js';

const SIZE = { width: 320, height: 180 };

/** A picture whose luma at pixel `i` is `luma(i)`. */
function picture(seconds: number, luma: (i: number) => number): Picture {
  const toYuv = ({ planes: [target] }: YuvPlanes): void => { target.forEach((_, i) => (target[i] = luma(i))); };
  return { ptsUs: seconds * 1e6, ...SIZE, toYuv } as unknown as Picture;
}

/** What is told of one picture every 40 ms. */
function told(options: Partial<PictureWatchOptions>, seconds: number, luma: (second: number, i: number) => number): string[] {
  const watch = new PictureWatch({ frozenAfter: 0, blackAfter: 0, ...options });
  const news: string[] = [];
  for (let n = 0; n <= seconds * 25; n += 1) {
    const at = n / 25;
    const change = watch.judge(picture(at, (i) => luma(at, i)), SIZE);
    if (change !== undefined) news.push(`${at}: ${change.state} ${change.seconds}`);
  }
  return news;
}

/** Noise of one level up or down, another in each picture. */
const noise = (at: number, i: number): number => ((i * 7919 + Math.round(at * 25) * 104_729) % 3) - 1;

describe('picture watch', () => {
  it('a picture that does not change is frozen after its time, and the end of that is told with its length', () => {
    assert.deepEqual(told({ frozenAfter: 10 }, 29, (at, i) => (at < 5 ? (i + at * 50) % 256 : at < 20 ? i % 256 : (i + 99) % 256)), ['15: frozen 10', '20: ok 15']);
  });

  it('a scene without motion is alive by the noise of its camera', () => {
    assert.deepEqual(told({ frozenAfter: 4 }, 20, (at, i) => 100 + noise(at, i)), []);
  });

  it('a clock in the corner is no motion', () => {
    assert.deepEqual(told({ frozenAfter: 4 }, 6, (at, i) => (i < 20 ? at * 10 : 100)), ['4: frozen 4']);
  });

  it('black is told as black, with the noise of night, and frozen as frozen where both hold', () => {
    assert.deepEqual(told({ frozenAfter: 4, blackAfter: 6 }, 12, (at) => (at < 10 ? 10 : 200)), ['4: frozen 4', '6: black 6', '10: ok 10']);
    assert.deepEqual(told({ blackAfter: 6 }, 8, (at, i) => 16 + 5 * noise(at, i)), ['6: black 6']);
    assert.deepEqual(told({ blackAfter: 6 }, 8, (_at, i) => (i % 20 === 0 ? 200 : 10)), [], 'one pixel in twenty is bright');
  });

  it('0 is never: no pixel is asked for', () => {
    const watch = new PictureWatch({ frozenAfter: 0, blackAfter: 0 });
    const pixelless = { ...picture(5, () => 0), toYuv: () => { throw new Error('asked'); } } as unknown as Picture;
    assert.equal(watch.judge(pixelless, SIZE), undefined);
    assert.equal(watch.reset(), undefined);
    assert.equal(watch.judge(pixelless, SIZE), undefined);
  });

  it('looks at no more than one picture a second', () => {
    let looks = 0;
    told({ frozenAfter: 10, blackAfter: 5 }, 10, (_at, i) => { looks += i === 0 ? 1 : 0; return i % 256; });
    assert.equal(looks, 11);
  });

  it('a source that begins anew is well until the contrary is seen', () => {
    const watch = new PictureWatch({ frozenAfter: 2, blackAfter: 0 });
    const seen = [0, 1, 2].map((at) => watch.judge(picture(at, (i) => i % 256), SIZE)?.state);
    assert.deepEqual(seen, [undefined, undefined, 'frozen']);
    assert.deepEqual(watch.trouble, { state: 'frozen', seconds: 2 });
    assert.deepEqual(watch.reset(), { state: 'ok', seconds: 2 });
    assert.equal(watch.judge(picture(0, (i) => i % 256), SIZE), undefined);
    assert.equal(watch.trouble, undefined);
  });
});
