import assert from 'node:assert/strict';

import { Throttle } from '../../../dist/runtime/dispatch/index.js';
import { FakeClock } from '../../support/fake-clock.js';

/** Moves the time on and lets everybody who waited for it run. */
async function advance(clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

function throttled(): { clock: FakeClock; given: number[]; throttle: Throttle<number> } {
  const clock = new FakeClock();
  const given: number[] = [];
  return { clock, given, throttle: new Throttle<number>({ intervalMs: 500, clock, emit: (value) => given.push(value) }) };
}

describe('dispatch/throttle', () => {
  it('lets the first value through at once and the last one of a burst after the interval', async () => {
    const { clock, given, throttle } = throttled();
    for (const value of [1, 2, 3]) throttle.push(value);
    assert.deepEqual(given, [1]);
    await advance(clock, 499);
    assert.deepEqual(given, [1]);
    await advance(clock, 1);
    assert.deepEqual(given, [1, 3]);
    await advance(clock, 5000);
    assert.deepEqual(given, [1, 3]);
  });

  it('a value at every frame of 25 a second comes through twice a second, the last one too', async () => {
    const { clock, given, throttle } = throttled();
    for (let value = 1; value <= 100; value++) {
      throttle.push(value);
      await advance(clock, 40);
    }
    assert.ok(given.length <= 9, `${given.length} in four seconds`);
    await advance(clock, 500);
    assert.equal(given.at(-1), 100);
  });

  it('flush lets through what waits, once', async () => {
    const { clock, given, throttle } = throttled();
    throttle.flush();
    throttle.push(1);
    throttle.push(2);
    throttle.flush();
    throttle.flush();
    await advance(clock, 1000);
    assert.deepEqual(given, [1, 2]);
  });

  it('clear forgets what waits', async () => {
    const { clock, given, throttle } = throttled();
    throttle.push(1);
    throttle.push(2);
    throttle.clear();
    await advance(clock, 1000);
    assert.deepEqual(given, [1]);
    throttle.push(3);
    assert.deepEqual(given, [1, 3]);
  });
});
