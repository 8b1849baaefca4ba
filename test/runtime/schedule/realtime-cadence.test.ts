import assert from 'node:assert/strict';

import { RealtimeCadence } from '../../../dist/runtime/schedule/index.js';

describe('realtime cadence', () => {
  it('is due at once, then on a grid of its interval', () => {
    const cadence = new RealtimeCadence(1);
    assert.ok(cadence.isDue(0.4));
    assert.equal(cadence.take(0.4), 0);
    assert.ok(!cadence.isDue(1.39));
    assert.ok(cadence.isDue(1.4));
  });

  it('does not drift when turns start late', () => {
    const cadence = new RealtimeCadence(1);
    let turns = 0;
    for (let now = 0; now < 3600; now += 0.033) {
      if (!cadence.isDue(now)) continue;
      assert.equal(cadence.take(now), 0);
      turns += 1;
    }
    assert.equal(turns, 3600);
  });

  it('counts the turns that were missed, not the one that is late', () => {
    const cadence = new RealtimeCadence(1);
    cadence.take(0);
    assert.equal(cadence.take(1.9), 0, 'the turn of second 1 starts late');
    assert.equal(cadence.take(5.2), 3, 'the turns of seconds 2, 3 and 4 are gone, that of second 5 starts');
    assert.ok(!cadence.isDue(5.9));
    assert.ok(cadence.isDue(6));
  });

  it('without an interval is due at any time and misses nothing', () => {
    const cadence = new RealtimeCadence(0);
    assert.equal(cadence.take(1), 0);
    assert.ok(cadence.isDue(1));
    assert.equal(cadence.take(100), 0);
  });

  it('takes a new interval from the turn after the next', () => {
    const cadence = new RealtimeCadence(10);
    cadence.take(0);
    cadence.setInterval(1);
    assert.ok(!cadence.isDue(9));
    cadence.take(10);
    assert.ok(cadence.isDue(11));
  });

  it('starts anew after a reset', () => {
    const cadence = new RealtimeCadence(60);
    cadence.take(100);
    cadence.reset();
    assert.ok(cadence.isDue(0));
  });
});
