import assert from 'node:assert/strict';

import { Lateness, MissingFrames } from '../../../dist/runtime/schedule/index.js';
import { FakeClock } from '../../support/fake-clock.js';

/** A camera of 25 frames a second whose frames come `wayMs` after they were taken. */
class Camera {
  readonly clock = new FakeClock();
  readonly lateness = new Lateness(this.clock);
  #frame = 0;

  /** The next frame comes when it should, or as soon as all before it have; says by how many ms it is late, and whether it is used. */
  next(wayMs = 0): { lateMs: number; isInTime: boolean } {
    const atMs = this.#frame * 40 + wayMs;
    if (atMs > this.clock.now()) this.clock.advance(atMs - this.clock.now());
    return this.lateness.take(40_000 * this.#frame++);
  }

  /** Plays for `seconds`; gives how many frames were used, and how late the latest of them was. */
  play(seconds: number, wayMs: (second: number) => number = () => 0): { used: number; latestMs: number } {
    let used = 0;
    let latestMs = 0;
    for (let i = 0; i < seconds * 25; i++) {
      const { lateMs, isInTime } = this.next(wayMs(i / 25));
      if (!isInTime) continue;
      used += 1;
      latestMs = Math.max(latestMs, lateMs);
    }
    return { used, latestMs };
  }
}

describe('lateness of a live source', () => {
  it('frames that come as evenly as they were taken are in time, however long their way', () => {
    const { used, latestMs } = new Camera().play(60, () => 900);
    assert.deepEqual({ used, latestMs: Math.round(latestMs) }, { used: 1500, latestMs: 0 });
  });

  it('an uneven network is no backlog', () => {
    assert.equal(new Camera().play(60, (second) => (second % 3 < 1 ? 400 : 0)).used, 1500);
  });

  for (const seconds of [2, 30]) {
    it(`after ${seconds} s in which nothing was read, only what is fresh is used`, () => {
      const camera = new Camera();
      camera.play(8);
      camera.clock.advance(seconds * 1000);
      const { used, latestMs } = camera.play(seconds);
      assert.equal(used, 13, 'the last half a second');
      assert.ok(latestMs <= 500, String(latestMs));
      assert.equal(camera.play(4).used, 100, 'and all that follows');
    });
  }

  it('a clock that runs apart is followed', () => {
    // a camera whose second is 1 ms too short: in an hour its stamps are 3.6 s behind
    const { used, latestMs } = new Camera().play(3600, (second) => second);
    assert.equal(used, 90_000);
    assert.ok(latestMs <= 10.5, String(latestMs));
  });

  it('a way that became longer for good is found out within ten seconds; until then there is a glimpse each second', () => {
    const camera = new Camera();
    camera.play(8);
    const { used } = camera.play(10, () => 1500);
    assert.ok(used >= 5 && used < 150, String(used));
    assert.equal(camera.play(10, () => 1500).used, 250);
  });

  it('is behind when it has been late for two seconds and does not catch up', () => {
    const camera = new Camera();
    camera.play(8);
    const slower = (second: number): number => 600 + second * 500;
    camera.play(1.2, slower);
    assert.equal(camera.lateness.isBehind, false);
    const { used } = camera.play(3, (second) => slower(1.2 + second));
    assert.equal(camera.lateness.isBehind, true);
    assert.ok(used >= 2 && used <= 5, `${used} glimpses`);
    camera.play(8);
    assert.equal(camera.lateness.isBehind, false);
  });

  it('a single frame from the future makes no other late', () => {
    const camera = new Camera();
    camera.play(2);
    assert.ok(camera.lateness.take(9_000_000).lateMs < -6000);
    assert.equal(camera.play(2).used, 50);
  });

  it('tells a frame that is quicker than all before it', () => {
    const camera = new Camera();
    for (let i = 0; i < 5; i++) camera.next(300);
    assert.equal(camera.lateness.take(5_000_000).lateMs < -1000, true);
  });
});

describe('missing frames', () => {
  /** How many are missing before each frame, where there are any: `[number, missing]`. */
  function missing(timesMs: readonly number[]): [number, number][] {
    const counter = new MissingFrames();
    return timesMs.map((ms, i): [number, number] => [i, counter.before(ms * 1000).frames]).filter(([, count]) => count > 0);
  }
  const even = (count: number, stepMs: number, fromMs = 0): number[] => Array.from({ length: count }, (_, i) => fromMs + i * stepMs);
  const without = (times: readonly number[], ...gone: readonly number[]): number[] => times.filter((_, i) => !gone.includes(i));

  const rows: readonly [why: string, timesMs: readonly number[], found: readonly [number, number][]][] = [
    ['none of a constant rate', even(100, 40), []],
    ['one and five in a row', without(even(100, 40), 30, 60, 61, 62, 63, 64), [[30, 1], [59, 5]]],
    ['every fifth is found, one by one', without(even(50, 40), 20, 25, 30), [[20, 1], [24, 1], [28, 1]]],
    ['stamps that are uneven by a tenth of a step', without(even(60, 40).map((ms, i) => ms + (i % 2) * 4), 40), [[40, 1]]],
    ['nothing is told of a rate that is not constant', even(100, 40).map((ms, i) => ms + ((i * 37) % 7) * 12), []],
    ['nor before the rate is known', without(even(12, 40), 6), []],
  ];
  for (const [why, timesMs, found] of rows) {
    it(why, () => { assert.deepEqual(missing(timesMs), found); });
  }

  it('a rate that halves counts as loss only until it is known', () => {
    const found = missing([...even(40, 40), ...even(80, 80, 1640)]);
    assert.ok(found.reduce((sum, [, count]) => sum + count, 0) <= 15, JSON.stringify(found));
  });
});
