import assert from 'node:assert/strict';

import { OfflineSchedule } from '../../../dist/runtime/schedule/index.js';

type Settings = { readonly frameCount: number; readonly frameStep: number; readonly interval: number };

function scheduleOf({ frameCount, frameStep, interval }: Settings, fps = 30): OfflineSchedule {
  const schedule = new OfflineSchedule({ frameCount, frameStep }, { interval, enabled: true });
  schedule.reset(fps);
  return schedule;
}

/** All frames up to `end` that runs use, found by walking from each answer to the next. */
function usedFrames(schedule: OfflineSchedule, end: number): number[] {
  const used: number[] = [];
  for (let count = schedule.nextUsed(1); count <= end; count = schedule.nextUsed(count + 1)) used.push(count);
  return used;
}

/** The same by the definition: the window of each frame that is due. */
function byDefinition({ frameCount, frameStep, interval }: Settings, end: number, fps = 30): number[] {
  const every = Math.max(1, Math.floor(interval * fps));
  const used = new Set<number>();
  for (let due = every; due <= end + frameCount * Math.max(1, frameStep); due += every) {
    for (let i = 0; i < frameCount; i += 1) used.add(due - i * Math.max(1, frameStep));
  }
  return [...used].filter((count) => count >= 1 && count <= end).sort((a, b) => a - b);
}

describe('offline schedule', () => {
  for (const settings of [
    { frameCount: 1, frameStep: 0, interval: 1 },
    { frameCount: 5, frameStep: 6, interval: 2 },
    { frameCount: 3, frameStep: 0, interval: 0.5 },
    { frameCount: 10, frameStep: 4, interval: 0.1 },
    { frameCount: 2, frameStep: 50, interval: 1 },
    { frameCount: 1, frameStep: 0, interval: 0 },
    { frameCount: 4, frameStep: 1, interval: 3.7 },
  ]) {
    it(`(${settings.frameCount}, ${settings.frameStep}, ${settings.interval} s): the frames used are those of its windows`, () => {
      assert.deepEqual(usedFrames(scheduleOf(settings), 400), byDefinition(settings, 400));
    });
  }

  it('an algo that is disabled uses nothing, until it is enabled from a frame on', () => {
    const schedule = new OfflineSchedule({ frameCount: 2, frameStep: 3 }, { interval: 1, enabled: false });
    schedule.reset(10);
    assert.equal(schedule.nextUsed(1), Infinity);
    schedule.change(25, { enabled: true });
    assert.deepEqual(usedFrames(schedule, 50), [27, 30, 37, 40, 47, 50]);
    assert.deepEqual([20, 30, 35].map((count) => schedule.isDue(count)), [false, true, false]);
  });

  it('another interval holds from its frame on, what was before stays', () => {
    const schedule = scheduleOf({ frameCount: 1, frameStep: 0, interval: 1 }, 10);
    schedule.change(31, { interval: 0.5 });
    assert.deepEqual(usedFrames(schedule, 50), [10, 20, 30, 35, 40, 45, 50]);
    schedule.change(41, { enabled: false });
    assert.deepEqual(usedFrames(schedule, 100), [10, 20, 30, 35, 40]);
    schedule.reset(10);
    assert.equal(schedule.nextUsed(1), Infinity, 'what holds last holds from the beginning of the next run');
  });

  it('a run that is asked for takes place once, where its whole window is still to come', () => {
    const schedule = scheduleOf({ frameCount: 3, frameStep: 2, interval: 100 }, 10);
    schedule.runFrom(11);
    schedule.runFrom(12);
    assert.deepEqual(usedFrames(schedule, 100), [11, 13, 15]);
    assert.deepEqual([14, 15, 15].map((count) => schedule.isDue(count)), [false, true, false]);
    assert.equal(schedule.nextUsed(1), 996);
  });

  it('frames of runs that are due before a given one are not used', () => {
    const schedule = new OfflineSchedule({ frameCount: 3, frameStep: 2 }, { interval: 1, enabled: true });
    schedule.reset(10);
    assert.deepEqual([1, 6, 7, 8, 36, 37, 38, 39, 41].map((count) => schedule.nextUsed(count, 31)), [36, 36, 36, 36, 36, 38, 38, 40, 46]);
    assert.deepEqual([36, 40].map((count) => schedule.nextUsed(count, 40)), [36, 40], 'the one itself is');
  });
});
