import assert from 'node:assert/strict';

import { RealtimeCadence } from '../../../dist/runtime/schedule/index.js';

describe('realtime cadence', () => {
  it('is due at once, then on a grid of its interval', () => {
    const cadence = new RealtimeCadence(1);
    assert.ok(cadence.isDue(0.4));
    cadence.take(0.4);
    assert.ok(!cadence.isDue(1.39));
    assert.ok(cadence.isDue(1.4));
  });

  it('does not drift when turns start late', () => {
    const cadence = new RealtimeCadence(1);
    let turns = 0;
    for (let now = 0; now < 3600; now += 0.033) {
      if (!cadence.isDue(now)) continue;
      cadence.take(now);
      turns += 1;
    }
    assert.equal(turns, 3600);
  });

  it('a turn comes with the frame of its very time, though 0.2 + 0.2 + 0.2 is more than 0.6', () => {
    const cadence = new RealtimeCadence(0.2);
    const due: number[] = [];
    for (let frame = 0; frame <= 250_000; frame++) {
      if (!cadence.isDue(frame / 25)) continue;
      cadence.take(frame / 25);
      due.push(frame);
    }
    assert.deepEqual(due, Array.from({ length: 50_001 }, (_, i) => 5 * i));
  });

  it('a turn comes with the first frame from its time on; times that passed without one are none', () => {
    const cadence = new RealtimeCadence(1);
    cadence.take(0);
    assert.ok(!cadence.isDue(0.99));
    cadence.take(1.9);
    assert.ok(cadence.isDue(2), 'the one of second 1 came late, that of second 2 does not');
    cadence.take(5.2);
    assert.ok(!cadence.isDue(5.9), 'nothing came in seconds 2 to 4');
    assert.ok(cadence.isDue(6));
  });

  it('without an interval every frame brings a turn', () => {
    const cadence = new RealtimeCadence(0);
    cadence.take(1);
    assert.ok(cadence.isDue(1.04));
    cadence.take(100);
    assert.ok(cadence.isDue(100.04));
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
