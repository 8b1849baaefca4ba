import assert from 'node:assert/strict';

import { Backoff, Pacer } from '../../../dist/runtime/schedule/index.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('pacer', () => {
  it('shows the first frame at once and the others when their time comes', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    assert.equal(pacer.wait(500_000), 0);
    assert.equal(pacer.wait(540_000), 40);
    clock.advance(100);
    assert.equal(pacer.wait(540_000), -60, 'too late');
  });

  it('does not drift over an hour', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.wait(0);
    for (let frame = 1; frame <= 3600 * 25; frame++) {
      clock.advance(Math.max(0, pacer.wait(frame * 40_000)) + (frame % 2));
    }
    assert.ok(Math.abs(clock.now() - 3_600_000) <= 1, String(clock.now()));
  });

  it('stands still while paused', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.wait(0);
    pacer.pause();
    clock.advance(5000);
    pacer.resume();
    assert.equal(pacer.wait(40_000), 40);
  });

  it('starts anew after a reset', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.wait(0);
    clock.advance(9000);
    pacer.reset();
    assert.equal(pacer.wait(77_000_000), 0);
  });
});

describe('back-off', () => {
  it('grows from half a second to half a minute, a quarter of it by chance', () => {
    const longest = new Backoff(() => 1);
    assert.deepEqual(Array.from({ length: 8 }, () => longest.next()), [0.5, 1, 2, 4, 8, 16, 30, 30]);
    const shortest = new Backoff(() => 0);
    assert.equal(shortest.next(), 0.375);
    assert.equal(shortest.tries, 1);
    shortest.reset();
    assert.equal(shortest.next(), 0.375);
  });
});
