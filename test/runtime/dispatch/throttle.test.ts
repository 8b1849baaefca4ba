import assert from 'node:assert/strict';

import { Throttle } from '../../../dist/runtime/dispatch/index.js';

/** A clock that stands still until told to go on. */
class FakeClock {
  #now = 1000;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  date(): never {
    throw new Error('no date is needed');
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(new Error('aborted'));
      });
    });
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
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
    await clock.advance(499);
    assert.deepEqual(given, [1]);
    await clock.advance(1);
    assert.deepEqual(given, [1, 3]);
    await clock.advance(5000);
    assert.deepEqual(given, [1, 3]);
  });

  it('a value at every frame of 25 a second comes through twice a second, the last one too', async () => {
    const { clock, given, throttle } = throttled();
    for (let value = 1; value <= 100; value++) {
      throttle.push(value);
      await clock.advance(40);
    }
    assert.ok(given.length <= 9, `${given.length} in four seconds`);
    await clock.advance(500);
    assert.equal(given.at(-1), 100);
  });

  it('flush lets through what waits, once', async () => {
    const { clock, given, throttle } = throttled();
    throttle.flush();
    throttle.push(1);
    throttle.push(2);
    throttle.flush();
    throttle.flush();
    await clock.advance(1000);
    assert.deepEqual(given, [1, 2]);
  });

  it('clear forgets what waits', async () => {
    const { clock, given, throttle } = throttled();
    throttle.push(1);
    throttle.push(2);
    throttle.clear();
    await clock.advance(1000);
    assert.deepEqual(given, [1]);
    throttle.push(3);
    assert.deepEqual(given, [1, 3]);
  });
});
