import assert from 'node:assert/strict';

import { CropSchedule } from '../../../dist/runtime/schedule/index.js';

/** Seconds of the results at which it runs; `fps` frames a second, a result every `every` frames. */
function turns(schedule: CropSchedule, { fps, every, frames = 200 }: { fps: number; every: number; frames?: number }): number[] {
  const taken: number[] = [];
  for (let count = every; count <= frames; count += every) if (schedule.take(count, Math.round(((count - 1) * 1e6) / fps) / 1e6)) taken.push(count);
  return taken;
}

function opened(rule: { interval: number; enabled?: boolean }, fps = 25): CropSchedule {
  const schedule = new CropSchedule({ enabled: true, ...rule });
  schedule.reset(fps);
  return schedule;
}

const ROWS: readonly (readonly [what: string, interval: number, fps: number, every: number, first: readonly number[]])[] = [
  ['no interval: each result', 0, 25, 5, [5, 10, 15, 20]],
  ['the same interval: each result', 0.2, 25, 5, [5, 10, 15, 20]],
  ['a rate at which an interval is no whole number of frames: each result all the same', 1, 30000 / 1001, 29, [29, 58, 87, 116]],
  ['at most every second, of results at every frame', 1, 25, 1, [1, 26, 51, 76]],
  ['results do not fall on its grid: the next one after it', 1, 25, 6, [6, 36, 66, 96]],
  ['a frame too early is too early', 0.24, 25, 5, [5, 15, 25, 35]],
];

describe('when an algo on crops runs', () => {
  for (const [what, interval, fps, every, first] of ROWS) {
    it(what, () => { assert.deepEqual(turns(opened({ interval }, fps), { fps, every }).slice(0, first.length), first); });
  }

  it('the rate is not known: an interval is what it says', () => {
    const schedule = opened({ interval: 1 }, 0);
    assert.deepEqual([0, 0.99, 1, 1.5, 2].filter((at, i) => schedule.take(i, at)), [0, 1, 2]);
  });

  it('not enabled: never, but when it is asked for, and once', () => {
    const schedule = opened({ interval: 0, enabled: false });
    schedule.runFrom(20);
    assert.deepEqual(turns(schedule, { fps: 25, every: 6 }), [24]);
  });

  it('what is changed holds from a frame on', () => {
    const schedule = opened({ interval: 0 });
    schedule.change(50, { enabled: false });
    schedule.change(80, { enabled: true, interval: 2 });
    assert.deepEqual(turns(schedule, { fps: 25, every: 20 }), [20, 40, 100, 160]);
  });

  it('a run asked for does not put off the next', () => {
    const schedule = opened({ interval: 1 });
    schedule.runFrom(10);
    assert.deepEqual(turns(schedule, { fps: 25, every: 5, frames: 60 }), [5, 10, 30, 55]);
  });

  it('time jumps back: the next result, and what holds last holds', () => {
    const schedule = opened({ interval: 1 });
    schedule.change(150, { interval: 2 });
    turns(schedule, { fps: 25, every: 25 });
    schedule.reset(25);
    assert.deepEqual(turns(schedule, { fps: 25, every: 25 }), [25, 75, 125, 175]);
  });

  it('a result of before the jump comes after it: no long silence', () => {
    const schedule = opened({ interval: 1 });
    schedule.take(1, 500);
    assert.equal(schedule.take(2, 3), true);
  });
});
