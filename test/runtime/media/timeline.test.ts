import assert from 'node:assert/strict';

import { Timeline } from '../../../dist/runtime/media/timeline.js';

const MS = { num: 1, den: 1000 };
const FPS = { num: 10, den: 1 };

function places(ticks: readonly (number | undefined)[], clockMayJump = false): number[] {
  const timeline = new Timeline({ timeBase: MS, fps: FPS, clockMayJump });
  return ticks.map((tick) => timeline.next(tick === undefined ? undefined : BigInt(tick)) / 1000);
}

describe('media/libav: timeline', () => {
  for (const [name, ticks, expected, jumps] of [
    ['starts at 0 wherever the stream starts', [1600, 1700, 1800], [0, 100, 200]],
    ['keeps a variable rate', [0, 300, 310, 5000], [0, 300, 310, 5000]],
    ['fills in what is missing at the rate', [0, undefined, undefined, 300], [0, 100, 200, 300]],
    ['fills in a missing first', [undefined, 700, 800], [0, 100, 200]],
    ['puts a repeated time between its neighbours', [0, 100, 100, 200], [0, 100, 150, 200]],
    ['never goes back', [0, 100, 40, 200], [0, 100, 150, 200]],
    ['keeps a long pause where clocks do not jump', [0, 100, 500_000], [0, 100, 500_000]],
    ['takes a jump of the clock out', [0, 100, 500_000, 500_100], [0, 100, 200, 300], true],
    ['takes a jump backwards out', [900_000, 900_100, 50, 150], [0, 100, 200, 300], true],
  ] as const) {
    it(name, () => { assert.deepEqual(places(ticks, jumps), expected); });
  }

  it('after a jump of ours times may go back, and count from the same start', () => {
    const timeline = new Timeline({ timeBase: MS, fps: FPS, clockMayJump: false });
    timeline.next(500n);
    timeline.next(900n);
    timeline.jump();
    assert.equal(timeline.next(600n), 100_000);
    assert.equal(timeline.ticksAt(100_000), 600n);
  });

  it('without a rate a missing time counts 40 ms', () => {
    const timeline = new Timeline({ timeBase: MS, fps: { num: 0, den: 1 }, clockMayJump: false });
    assert.deepEqual([timeline.next(undefined), timeline.next(undefined)], [0, 40_000]);
  });
});
