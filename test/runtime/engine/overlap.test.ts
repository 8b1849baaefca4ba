import assert from 'node:assert/strict';

import type { Frame } from '../../../dist/runtime/base/index.js';
import { playToEnd } from '../../support/engine.js';

const SOURCE = { location: 'test:?width=64&height=36&fps=10&seconds=3' };
/** The frame at which the first run of an algo of interval 0.5 s is due, at 10 fps. */
const DUE = 5;
/** Frames that may wait behind one whose run is under way. */
const MOST_WAITING = 8;

/** Whoever waits for a frame of that number, and the newest one seen. */
class Sight {
  newest = 0;
  #waiting: { readonly index: number; readonly resolve: () => void }[] = [];

  see(index: number): void {
    this.newest = Math.max(this.newest, index);
    for (const { index: wanted, resolve } of this.#waiting) if (wanted <= index) resolve();
    this.#waiting = this.#waiting.filter(({ index: wanted }) => wanted > index);
  }

  until(index: number): Promise<void> {
    return index <= this.newest ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ index, resolve }));
  }
}

describe('engine, offline, stages overlap', () => {
  it('a run that ends only when six later frames have been decoded and run on by another algo does end, and results keep their order', async () => {
    const sight = new Sight();
    const newestAtEnd: number[] = [];
    const slow = async ([frame]: readonly Frame[]): Promise<number> => {
      const index = frame?.index ?? 0;
      await sight.until(Math.min(30, index + 6));
      newestAtEnd.push(sight.newest - index);
      return index;
    };
    const { results, end } = await playToEnd(
      {
        source: SOURCE,
        algos: [{ id: 'slow', name: 'slow', kind: 'local', interval: DUE / 10, timeout: 20 }, { id: 'quick', name: 'quick', kind: 'local', interval: 0 }],
      },
      {
        localAlgos: new Map([
          ['slow', { run: slow }],
          ['quick', { run: ([frame]: readonly Frame[]) => { sight.see(frame?.index ?? 0); return frame?.index; } }],
        ]),
      },
    );
    assert.deepEqual(end.totals.algos, { slow: { runs: 6, skipped: {} }, quick: { runs: 30, skipped: {} } });
    const expected = Array.from({ length: 30 }, (_, i) => i + 1).flatMap((index) => (index % DUE === 0 ? [['slow', index], ['quick', index]] : [['quick', index]]));
    assert.deepEqual(results.map(({ algo, frame }) => [algo, frame.index]), expected);
    assert.ok(newestAtEnd.every((ahead) => ahead <= MOST_WAITING), `no more than the queue holds were decoded ahead: ${newestAtEnd.join()}`);
  });

  it('the frame before is processed for the recording while a run is under way: each of the two waits for the other', async () => {
    const begun = new Sight();
    const processed = new Sight();
    const { end } = await playToEnd(
      { source: SOURCE, process: true, algos: [{ id: 'slow', name: 'slow', kind: 'local', interval: DUE / 10, timeout: 20 }] },
      {
        localAlgos: new Map([['slow', {
          run: async ([frame]: readonly Frame[]) => {
            begun.see(frame?.index ?? 0);
            await processed.until((frame?.index ?? 0) - 1);
          },
        }]]),
        processHook: async (_id, { index }) => {
          if ((index + 1) % DUE === 0) await begun.until(index + 1);
          processed.see(index);
        },
      },
    );
    assert.deepEqual(end.totals.algos, { slow: { runs: 6, skipped: {} } });
    assert.equal(processed.newest, 30);
  });
});
