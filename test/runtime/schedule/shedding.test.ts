import assert from 'node:assert/strict';

import { Shedding } from '../../../dist/runtime/schedule/index.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('shedding', () => {
  /** Seconds for which load is shed when the source is behind now, and not any more a moment later. */
  function shedFor(shedding: Shedding, clock: FakeClock): number {
    assert.equal(shedding.judge(true), true);
    let seconds = 0;
    for (; shedding.judge(false); seconds += 1) clock.advance(1000);
    return seconds;
  }

  it('a source that keeps up sheds nothing', () => {
    assert.equal(new Shedding(new FakeClock()).judge(false), false);
  });

  it('one that is behind sheds for a while, and for longer each time, up to two minutes', () => {
    const clock = new FakeClock();
    const shedding = new Shedding(clock, () => 1);
    assert.deepEqual(Array.from({ length: 8 }, () => shedFor(shedding, clock)), [2, 4, 8, 16, 32, 64, 120, 120]);
  });

  it('after a minute without it begins with the short ones again', () => {
    const clock = new FakeClock();
    const shedding = new Shedding(clock, () => 1);
    assert.deepEqual([shedFor(shedding, clock), shedFor(shedding, clock)], [2, 4]);
    clock.advance(60_001);
    assert.equal(shedding.judge(false), false);
    assert.equal(shedFor(shedding, clock), 2);
  });

  it('no two are alike', () => {
    const clock = new FakeClock();
    const [short, long] = [0, 1].map((chance) => {
      const shedding = new Shedding(clock, () => chance);
      for (let i = 0; i < 4; i += 1) shedFor(shedding, clock);
      return shedFor(shedding, clock);
    });
    assert.deepEqual([short, long], [24, 32]);
  });
});
